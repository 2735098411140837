import path from 'node:path'
import { sha256 } from '@aed/core'
import { exists, readBytes, writeAtomic } from '@aed/core/node'
import { groupFolds, officialFolds } from '@aed/datasets'
import { crossValidate, evaluate, nestedCrossValidate, poolScores, summarizeFolds, type CrossValidation, type Evaluation, type FoldStore, type FoldSummary, type NestedCrossValidation } from '@aed/eval-cliplevel'
import { createClipProcedure } from './clip-procedure.ts'
import { createDenseProcedure, leakySplits } from './dense-procedure.ts'
import type { SkippedClip } from './patches.ts'
import { scoresOf, type ClipScores, type RecipeCost, type RecipeInput, type RecipeScore } from './recipe-procedure.ts'
import type { Recipe } from './recipe.ts'
import type { RunContext } from './run-context.ts'
import type { Steps } from './steps.ts'

/** Version of {@link RecipeResult}. */
export const RECIPE_RESULT_SCHEMA = 'aed-recipe-result/1'

/** All test clips together, with an interval by recording. */
export type PooledFigure = Pick<Evaluation['clip'], 'accuracy' | 'interval'>

/** Of the float and of the int8 model, and of the latter on a device's arithmetic. */
export interface PooledFigures {
  readonly float: PooledFigure | null
  readonly int8: PooledFigure | null
  readonly device: PooledFigure | null
}

/** What a recipe is worth. */
export interface RecipeResult {
  readonly schema: typeof RECIPE_RESULT_SCHEMA
  readonly recipe: Recipe
  readonly data: { readonly name: string; readonly clips: number; readonly recordings: number; readonly skipped: readonly SkippedClip[] }
  readonly backbone: { readonly file: string; readonly sha256: string } | null
  readonly result: CrossValidation<RecipeScore> | NestedCrossValidation<RecipeScore>
  /** null for splits that hold a clip out more than once. */
  readonly pooled: PooledFigures & { /** At the test gains of the recipe. */ readonly atGains: readonly (PooledFigures & { readonly gainDb: number })[] }
  /** Random grouped splits: the mean of each, and of all. */
  readonly random: { readonly means: readonly number[]; readonly summary: FoldSummary } | null
  readonly cost: RecipeCost | null
}

/** Steps that {@link crossValidateRecipe} runs at most. */
export const STEPS_PER_RECIPE = 4

/**
 * Judges a recipe by cross-validation: features and statistics in the pool and in the cache, folds kept so that a run which was stopped goes on.
 * @throws AedError of data, recipe and folds: `SPLIT_INVALID` for a class that a fold cannot train, `MODEL_MISMATCH` for taps that do not exist, `INVALID_INPUT` for a clip without a patch
 */
export async function crossValidateRecipe(input: RecipeInput, context: RunContext, steps: Steps): Promise<RecipeResult> {
  const { recipe, dataset, backbone, options } = input
  const { clips } = dataset
  const { signal, pool, cache } = context
  const { procedure, variants, cost } = await (recipe.head === 'dense' ? createDenseProcedure : createClipProcedure)(input, context, steps)
  const settings = { clips, store: foldStore(path.join(cache.dir, 'folds-1')), concurrency: recipe.mode === 'head' ? pool.size : 1 } // training a network takes all cores by itself
  const leaky = recipe.protocol === 'leaky'
  const splits = leaky ? leakySplits(dataset) : officialFolds(clips)
  const result = await steps.run('folds', async (report): Promise<RecipeResult['result']> => {
    const rest = { signal, onProgress: report }
    if (options.nested && !leaky) return nestedCrossValidate({ ...settings, splits, inner: innerFolds, select: 'clip', variants }, rest)
    return crossValidate({ ...settings, ...procedure, splits, variants: recipe.looked, leaks: leaky ? 'mark' : 'refuse' }, rest)
  })
  const means: number[] = []
  if (options.splits > 0 && !leaky)
    await steps.run('random splits', async (report) => {
      for (let seed = 1; seed <= options.splits; seed++) {
        const { summary } = await crossValidate({ ...settings, ...procedure, splits: groupFolds(clips, { folds: 5, seed }) }, { signal })
        means.push(summary['clip']!.mean)
        report({ done: seed, total: options.splits, what: 'splits' })
      }
    })
  const pooledOf = (pick: (score: RecipeScore) => readonly number[] | null): PooledFigure | null => {
    const parts = result.folds.flatMap(({ score }) => {
      const scores = pick(score)
      return scores ? [scoresOf(dataset, score.clips, scores)] : []
    })
    if (leaky || parts.length < result.folds.length) return null
    const { accuracy, interval } = evaluate(poolScores(parts), { seed: options.seed }).clip
    return { accuracy, interval }
  }
  const pooled = (pick: (score: RecipeScore) => ClipScores): PooledFigures => ({ float: pooledOf((score) => pick(score).float), int8: pooledOf((score) => pick(score).int8), device: pooledOf((score) => pick(score).device) })
  return {
    schema: RECIPE_RESULT_SCHEMA,
    recipe,
    data: { name: dataset.name, clips: clips.length, recordings: new Set(clips.map(({ source }) => source)).size, skipped: input.skipped ?? [] },
    backbone: backbone && { file: backbone.file, sha256: backbone.sha256 },
    result,
    pooled: { ...pooled((score) => score), atGains: result.folds[0]!.score.atGains.map(({ gainDb }, i) => ({ gainDb, ...pooled(({ atGains }) => atGains[i]!) })) },
    random: means.length > 0 ? { means, summary: summarizeFolds(means) } : null,
    cost,
  }
}

/** The official folds among the training clips of an outer fold. */
const innerFolds: Parameters<typeof nestedCrossValidate>[0]['inner'] = (clips) => officialFolds(clips)

/** Finished folds as files, so that a run which was stopped goes on. */
function foldStore(dir: string): FoldStore<RecipeScore> {
  const file = async (key: string) => path.join(dir, `${(await sha256(key)).slice(0, 32)}.json`)
  return {
    get: async (key) => {
      const place = await file(key)
      return (await exists(place)) ? (JSON.parse(new TextDecoder().decode(await readBytes(place))) as RecipeScore) : undefined
    },
    set: async (key, score) => writeAtomic(await file(key), JSON.stringify(score)),
  }
}
