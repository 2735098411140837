import { type StageContext } from '@aed/core'
import { summarizeFolds, type FoldSummary } from './folds.ts'
import type { UndefinedMetric } from './undefined-metric.ts'
import { checkSettings, inLanes, invalid, runFold, splitsOf, type CrossValidationSettings, type FoldScore, type Procedure } from './run-folds.ts'
import { checkSplits, leaksOf, refuseLeaks, type FoldSplit, type SplitLeaks } from './splits.ts'

/** Version of {@link CrossValidation}. */
export const CROSS_VALIDATION_SCHEMA = 'aed-cross-validation/1'

export interface CrossValidationInput<Model, Score extends FoldScore> extends CrossValidationSettings<Score>, Procedure<Model, Score> {
  /** How many procedures were, or will be, looked at on these clips, this one included: a reader must know it. 1 by default. */
  readonly variants?: number
}

/** One fold of a cross-validation. */
export interface FoldResult<Score> {
  readonly fold: string
  /** Clips trained and tested on. */
  readonly train: number
  readonly test: number
  readonly score: Score
}

/** What a cross-validation says: plain data as far as the scores are. */
export interface CrossValidation<Score extends FoldScore> {
  readonly schema: typeof CROSS_VALIDATION_SCHEMA
  readonly folds: readonly FoldResult<Score>[]
  /** Mean and standard deviation of every figure over the folds; null where it is not defined in one of them. */
  readonly summary: Readonly<Record<string, FoldSummary | null>>
  readonly undefinedMetrics: readonly UndefinedMetric[]
  /** Procedures looked at on these clips. */
  readonly variants: number
  /** True where held-out clips leak from training: no figure says how good the model is on new recordings. */
  readonly leaky: boolean
  readonly leaks: SplitLeaks
}

/** Every figure over folds, and why some have no summary. */
export function summarize(folds: readonly FoldResult<FoldScore>[]): Pick<CrossValidation<FoldScore>, 'summary' | 'undefinedMetrics'> {
  const names = [...new Set(folds.flatMap(({ score }) => Object.keys(score.figures)))]
  const undefinedMetrics: UndefinedMetric[] = []
  const summary = names.map((metric) => {
    const missing = folds.find(({ score }) => (score.figures[metric] ?? null) === null)
    if (missing) undefinedMetrics.push({ metric, class: null, reason: `it is not defined in fold ${missing.fold}` })
    return [metric, missing ? null : summarizeFolds(folds.map(({ score }) => score.figures[metric]!))] as const
  })
  return { summary: Object.fromEntries(summary), undefinedMetrics }
}

export const asResult = <Score>({ fold, train, test }: FoldSplit, score: Score): FoldResult<Score> => ({ fold: String(fold), train: train.length, test: test.length, score })

/**
 * Trains and tests a procedure on every fold. Pure but for what `fit`, `score` and `store` do; a run that was stopped or failed goes on where its store stands.
 * @throws AedError `SPLIT_INVALID` for splits that are empty, test a class that is not trained, or leak; `INVALID_OPTION`; `INVALID_INPUT` for a figure that is not finite; `ABORTED`; what `fit` and `score` throw
 */
export async function crossValidate<Model, Score extends FoldScore>(input: CrossValidationInput<Model, Score>, { signal, onProgress }: StageContext = {}): Promise<CrossValidation<Score>> {
  const { clips, splits: given, duplicates, variants = 1 } = input
  const width = checkSettings(input, [input])
  if (!(Number.isInteger(variants) && variants > 0)) throw invalid(`variants takes a whole number of 1 or more, got ${variants}`)
  const splits = splitsOf(clips, given)
  checkSplits(clips, splits)
  if (input.leaks !== 'mark') refuseLeaks(clips, splits, duplicates)
  const leaks = leaksOf(clips, splits, duplicates)
  let done = 0
  const report = () => onProgress?.({ done, total: splits.length, what: 'folds' })
  report()
  const folds = await inLanes(
    splits.map((split) => async () => {
      const score = await runFold(input, input, split, signal)
      done++
      report()
      return asResult(split, score)
    }),
    width,
  )
  return { schema: CROSS_VALIDATION_SCHEMA, folds, ...summarize(folds), variants, leaky: leaks.clips > 0, leaks }
}
