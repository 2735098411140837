import { AedError, createRandom, type Tensor } from '@aed/core'
import type { Dataset } from '@aed/datasets'
import { clipScores, type FoldSplit, type Procedure } from '@aed/eval-cliplevel'
import { denseScores, type TrainedHead } from '@aed/model-miniresnetv2'
import { patchScores } from './evaluate-folds.ts'
import { loadPatches, patchesOf, take } from './patches.ts'
import { shareRight, type RecipeInput, type RecipeProcedures, type RecipeScore } from './recipe-procedure.ts'
import type { RunContext } from './run-context.ts'
import type { Steps } from './steps.ts'
import { embedPretrained, holdOutValidation, patchLabels, trainHead } from './train-fold.ts'
import { version } from './version.ts'

/** Random splits of the leaky protocol, and the part of each class that is held out. */
const LEAKY_SEEDS = 10
const LEAKY_PART = 0.2

/** Ten random splits by clip, a fifth of each class held out, whatever recording a clip was cut from: as the published figures came about. */
export function leakySplits({ clips, classes }: Dataset): readonly FoldSplit[] {
  return Array.from({ length: LEAKY_SEEDS }, (_, i) => {
    const random = createRandom(`leaky/${i + 1}`)
    const test = classes.flatMap((name) => {
      const own = random.shuffle([...clips.keys()].filter((clip) => clips[clip]!.label === name))
      return own.slice(0, Math.round(LEAKY_PART * own.length))
    })
    const held = new Set(test)
    return { fold: `seed ${i + 1}`, train: [...clips.keys()].filter((clip) => !held.has(clip)), test: test.sort((a, b) => a - b) }
  })
}

/**
 * One softmax layer on the frozen backbone's embedding of each patch, its scores averaged over a clip.
 * @throws AedError `USAGE` without a backbone
 */
export async function createDenseProcedure({ recipe, dataset, backbone, options }: RecipeInput, context: RunContext, steps: Steps): Promise<RecipeProcedures> {
  if (!backbone) throw new AedError('USAGE', `${recipe.name}: a dense head needs --backbone`, { hint: 'give the folder of the published backbones' })
  const set = await steps.run('audio and features', (report) => loadPatches(dataset, recipe.features, context, report))
  const embedded = await steps.run('embeddings', () => embedPretrained(backbone, set, context))
  const labels = patchLabels(set, dataset.classes)
  const leaky = recipe.protocol === 'leaky'
  const splits = new Map(leaky ? leakySplits(dataset).map(({ fold, test }) => [String(fold), test]) : [])
  const procedure: Procedure<readonly TrainedHead[], RecipeScore> = {
    key: { version, recipe: { ...recipe, name: '', about: '', looked: 0 }, embeddings: embedded.hash, seed: options.seed },
    fit: (train, { fold }) =>
      Promise.all(
        Array.from({ length: recipe.trainings }, (_, i) => {
          const seed = options.seed + i
          // The leaky protocol lets the test clips choose the epoch.
          const split = leaky ? { fold: 0, train, validation: splits.get(fold)!, test: [] } : holdOutValidation(set, 0, train, [], seed)
          return trainHead(embedded, set, labels, split, { epochs: recipe.epochs, seed, ...(leaky && { refit: false }) }, context)
        }),
      ),
    score: (heads, test) => {
      const patches = patchesOf(set, test)
      const truth = test.map((clip) => dataset.classes.indexOf(dataset.clips[clip]!.label))
      const embeddings: Tensor<'float32'> = take(embedded.embeddings, patches)
      const each = heads.map(({ head }) => denseScores(head, embeddings).data)
      const rows = (data: Float32Array | Float64Array) => Array.from({ length: data.length / dataset.classes.length }, (_, i) => data.subarray(i * dataset.classes.length, (i + 1) * dataset.classes.length))
      const clips = each.map((scores) => rows(clipScores(patchScores(dataset.classes, set, test, patches, scores), {}).scores))
      const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
      return {
        figures: { clip: mean(clips.map((own) => shareRight(own, truth))), patch: mean(each.map((scores) => shareRight(rows(scores), [...patches].map((patch) => labels[patch]!)))) },
        clips: test,
        float: clips[0]!.flatMap((row) => [...row]),
        int8: null,
      }
    },
  }
  return { procedure: procedure as Procedure<unknown, RecipeScore>, variants: { [recipe.name]: procedure as Procedure<unknown, RecipeScore> }, cost: null }
}
