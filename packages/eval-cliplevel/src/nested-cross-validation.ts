import { AedError, type LabelledClip, type StageContext } from '@aed/core'
import { asResult, summarize, type CrossValidation, type FoldResult } from './cross-validation.ts'
import { summarizeFolds } from './folds.ts'
import { checkSettings, inLanes, invalid, runFold, splitsOf, type CrossValidationSettings, type FoldScore, type Procedure } from './run-folds.ts'
import { checkSplits, leaksOf, refuseLeaks, type FoldSplit } from './splits.ts'
import { quote } from './text.ts'

/** Version of {@link NestedCrossValidation}. */
export const NESTED_CROSS_VALIDATION_SCHEMA = 'aed-nested-cross-validation/1'

export interface NestedCrossValidationInput<Model, Score extends FoldScore> extends CrossValidationSettings<Score> {
  /** What is chosen among, by name. */
  readonly variants: Readonly<Record<string, Procedure<Model, Score>>>
  /** Makes the inner splits of the training clips of an outer fold. */
  readonly inner: (clips: readonly LabelledClip[]) => readonly FoldSplit[]
  /** The figure whose mean over the inner folds chooses: the highest; of equals the variant that stands first. */
  readonly select: string
}

/** One outer fold: what the inner folds gave, what they chose, and how that did on clips that no choice had seen. */
export interface NestedFoldResult<Score> extends FoldResult<Score> {
  readonly chosen: string
  /** Mean of the selecting figure over the inner folds, by variant; null where an inner fold does not define it. */
  readonly inner: Readonly<Record<string, number | null>>
}

/** The score of the whole procedure, choice included. */
export interface NestedCrossValidation<Score extends FoldScore> extends Omit<CrossValidation<Score>, 'schema' | 'folds'> {
  readonly schema: typeof NESTED_CROSS_VALIDATION_SCHEMA
  readonly select: string
  readonly folds: readonly NestedFoldResult<Score>[]
}

/**
 * Nested cross-validation: within the training clips of every outer fold, inner folds choose among variants; the chosen one is trained on all of them and tested outside. The
 * figures are those of the whole procedure: no choice has seen the clips that it is tested on.
 * @throws AedError as {@link crossValidate}; `INVALID_INPUT` where no variant has the selecting figure
 */
export async function nestedCrossValidate<Model, Score extends FoldScore>(input: NestedCrossValidationInput<Model, Score>, { signal, onProgress }: StageContext = {}): Promise<NestedCrossValidation<Score>> {
  const { clips, variants, select, duplicates } = input
  const names = Object.keys(variants)
  if (names.length === 0) throw invalid('there are no variants to choose among')
  const width = checkSettings(input, Object.values(variants))
  const keys = names.map((name) => JSON.stringify(variants[name]!.key))
  const twin = keys.findIndex((key, i) => keys.indexOf(key) !== i)
  if (input.store && twin >= 0) throw invalid(`variants ${quote(names[keys.indexOf(keys[twin]!)]!)} and ${quote(names[twin]!)} have one key: the store could not tell their folds apart`)
  const outer = splitsOf(clips, input.splits)
  checkSplits(clips, outer)
  const inner = outer.map(({ fold, train }) => splitsOf(clips, input.inner, train, `${fold}/`))
  for (const [i, splits] of inner.entries()) {
    checkSplits(clips, splits)
    const among = new Set(outer[i]!.train)
    if (splits.some(({ train, test }) => [...train, ...test].some((clip) => !among.has(clip)))) throw new AedError('SPLIT_INVALID', `cross-validation, fold ${outer[i]!.fold}: inner folds hold clips outside its training`)
  }
  if (input.leaks !== 'mark') for (const splits of [outer, ...inner]) refuseLeaks(clips, splits, duplicates)
  const leaks = leaksOf(clips, outer, duplicates)

  const total = inner.reduce((sum, splits) => sum + splits.length * names.length, outer.length)
  let done = 0
  const run = async (name: string, split: FoldSplit) => {
    const score = await runFold(input, variants[name]!, split, signal)
    onProgress?.({ done: ++done, total, what: 'folds' })
    return score
  }
  const tasks = inner.flatMap((splits) => names.flatMap((name) => splits.map((split) => ({ name, split }))))
  const scores = await inLanes(tasks.map(({ name, split }) => () => run(name, split)), width)
  let at = 0
  const means = inner.map((splits) =>
    Object.fromEntries(
      names.map((name) => {
        const values = splits.map(() => scores[at++]!.figures[select] ?? null)
        return [name, values.some((value) => value === null) ? null : summarizeFolds(values as number[]).mean] as const
      }),
    ),
  )
  const chosen = means.map((mean, i) => {
    const name = names.reduce<string | null>((best, next) => (mean[next] === null || (best !== null && mean[best]! >= mean[next]!) ? best : next), null)
    if (name === null) throw new AedError('INVALID_INPUT', `cross-validation, fold ${outer[i]!.fold}: no variant has the figure ${quote(select)} in every inner fold`, { hint: `it is chosen among ${Object.keys(scores[0]!.figures).join(', ')}` })
    return name
  })
  const folds = await inLanes(
    outer.map((split, i) => async () => ({ ...asResult(split, await run(chosen[i]!, split)), chosen: chosen[i]!, inner: means[i]! })),
    width,
  )
  return { schema: NESTED_CROSS_VALIDATION_SCHEMA, select, folds, ...summarize(folds), variants: names.length, leaky: leaks.clips > 0, leaks }
}
