import { AedError, option, parseOptions, throwIfAborted, type OptionsInput, type OptionsOf, type PatchScores, type StageContext } from '@aed/core'
import * as v from 'valibot'
import { aggregate, aggregation, decide, type Aggregation } from './aggregation.ts'
import { bootstrapByRecording } from './bootstrap.ts'
import { checkScores } from './check-scores.ts'
import { metricsOf, type Metrics, type UndefinedMetric } from './metrics.ts'
import { estimatedClass } from './ranking.ts'

/** Version of {@link Evaluation}. */
export const EVALUATION_SCHEMA = 'aed-evaluation/1'

export const evaluateOptionsSchema = v.strictObject({
  aggregation,
  topK: option.integer(3, 'k of top-k accuracy', { min: 1 }),
  resamples: option.integer(2000, 'bootstrap resamples of the confidence interval', { min: 1, max: 1000000 }),
  confidence: option.number(0.95, 'probability of the confidence interval, below 1', { min: 0, max: 0.999999, exclusiveMin: true }),
  seed: option.integer(0, 'seed of the bootstrap', { min: 0 }),
})
export type EvaluateOptions = OptionsOf<typeof evaluateOptionsSchema>

/** What was decided for one clip. */
export interface ClipDecision {
  readonly id: string
  readonly label: string
  /** Class decided for; null for a clip without a patch. */
  readonly estimated: string | null
  readonly patches: number
}

/** Figures of clips, with their uncertainty. */
export interface ClipMetrics extends Metrics {
  /** Bootstrap confidence interval `[low, high]` of the accuracy, recordings resampled; null for a single recording. */
  readonly interval: readonly [number, number] | null
  readonly decisions: readonly ClipDecision[]
  /** Of each clip in order: what `compareMcNemar` takes. */
  readonly correct: readonly boolean[]
}

/** How good scores are: plain data that goes into reports as it is. */
export interface Evaluation {
  readonly schema: typeof EVALUATION_SCHEMA
  readonly classes: readonly string[]
  readonly aggregation: Aggregation
  /** Probability of `clip.interval`. */
  readonly confidence: number
  readonly resamples: number
  readonly recordings: number
  readonly patch: Metrics
  readonly clip: ClipMetrics
  /** Ids of the clips that have no patch: they count as wrong. */
  readonly clipsWithoutPatches: readonly string[]
}

/**
 * Evaluates the scores of patches, as they are and gathered into clips.
 *
 * Definitions are scikit-learn's; equal scores are decided by class order. A clip without a patch counts as a wrong one, is listed,
 * and stands in no column of the confusion matrix. A figure that is not defined is null, with the reason in `undefinedMetrics`.
 * @throws AedError `INVALID_INPUT` (with the first offending patch or clip; also when no clip has a patch), `UNKNOWN_CLASS`, `INVALID_OPTION`
 */
export function evaluate(scores: PatchScores, options: OptionsInput<typeof evaluateOptionsSchema> = {}, context: StageContext = {}): Evaluation {
  const { topK, aggregation: kind, ...bootstrap } = parseOptions(evaluateOptionsSchema, options, 'evaluate')
  throwIfAborted(context.signal)
  const reference = checkScores(scores)
  const { classes, clips, clipOfPatch } = scores
  if (clipOfPatch.length === 0)
    throw new AedError('INVALID_INPUT', `scores: none of the ${clips.length} clips has a patch`, { hint: 'are the clips shorter than a patch?' })

  const patch = metricsOf(
    classes,
    {
      unit: 'patch',
      scores: scores.scores,
      reference: clipOfPatch.map((clip) => reference[clip]!),
      estimated: clipOfPatch.map((_clip, i) => estimatedClass(scores, i, classes.length)),
    },
    topK,
  )

  const ranked = aggregate(scores, kind)
  const estimated = decide(ranked, ranked.patches, classes.length)
  const clip = metricsOf(
    classes,
    { unit: 'clip', ...ranked, reference, estimated, ...(kind === 'max' && { notProbabilities: 'maxima do not sum to 1' }) },
    topK,
  )

  const correct = Array.from(reference, (wanted, i) => wanted === estimated[i])
  const sources = clips.map(({ source }) => source)
  const interval = bootstrapByRecording(correct, sources, bootstrap)
  const noInterval: UndefinedMetric = { metric: 'interval', class: null, reason: 'there is one recording' }
  return {
    schema: EVALUATION_SCHEMA,
    classes,
    aggregation: kind,
    confidence: bootstrap.confidence,
    resamples: bootstrap.resamples,
    recordings: new Set(sources).size,
    patch,
    clip: {
      ...clip,
      undefinedMetrics: interval ? clip.undefinedMetrics : [...clip.undefinedMetrics, noInterval],
      interval,
      decisions: clips.map(({ id, label }, i) => ({ id, label, estimated: estimated[i] === -1 ? null : classes[estimated[i]!]!, patches: ranked.patches[i]! })),
      correct,
    },
    clipsWithoutPatches: clips.filter((_clip, i) => estimated[i] === -1).map(({ id }) => id),
  }
}
