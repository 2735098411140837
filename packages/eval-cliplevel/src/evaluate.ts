import { AedError, option, parseOptions, throwIfAborted, type OptionsInput, type OptionsOf, type PatchScores, type StageContext } from '@aed/core'
import * as v from 'valibot'
import { aggregate, aggregationEntries, decide, decideEach, unscoredNone, type Aggregation } from './aggregation.ts'
import { accuracyOf, bootstrapByRecording, type Interval, type Statistic } from './bootstrap.ts'
import { checkScores, labelsOf, requireOneLabel, requireProbabilities, requireSumOfOne, type ClipTruth } from './check-scores.ts'
import { f1Of, metricsOf, type Metrics } from './metrics.ts'
import { multiLabelMetricsOf, weightedCounts, weightedMeanAveragePrecision } from './multi-label-metrics.ts'
import { estimatedClass } from './ranking.ts'
import type { UndefinedMetric } from './undefined-metric.ts'

/** Version of {@link Evaluation}. */
export const EVALUATION_SCHEMA = 'aed-evaluation/2'

export const evaluateOptionsSchema = v.strictObject({
  ...aggregationEntries,
  normalized: option.boolean(false, 'refuse patches whose scores do not sum to 1 as those of softmax do'),
  topK: option.integer(3, 'k of top-k accuracy', { min: 1 }),
  resamples: option.integer(2000, 'bootstrap resamples of the confidence intervals', { min: 1, max: 1000000 }),
  confidence: option.number(0.95, 'probability of the confidence intervals, below 1', { min: 0, max: 0.999999, exclusiveMin: true }),
  seed: option.integer(0, 'seed of the bootstrap', { min: 0 }),
})
export type EvaluateOptions = OptionsOf<typeof evaluateOptionsSchema>

/** What was decided for one clip. */
export interface ClipDecision {
  readonly id: string
  readonly label: string
  /** All true classes of a clip that has several. */
  readonly labels?: readonly string[]
  /** Class decided for; null for a clip without a patch. Multi-label: the class of the highest score. */
  readonly estimated: string | null
  /** Multi-label: every class decided for. */
  readonly decided?: readonly string[]
  /** Score of `estimated`; null for a clip without a patch. */
  readonly score: number | null
  readonly patches: number
}

/** Figures of clips, with their uncertainty. */
export interface ClipMetrics extends Metrics {
  /** Bootstrap confidence interval `[low, high]` of the accuracy, recordings resampled; null for a single recording. */
  readonly interval: Interval | null
  /** The same of `macroF1`. */
  readonly macroF1Interval: Interval | null
  /** The same of `meanAveragePrecision`; null for single-label scores. */
  readonly meanAveragePrecisionInterval: Interval | null
  readonly decisions: readonly ClipDecision[]
  /** Of each clip in order: what `compareMcNemar` takes. */
  readonly correct: readonly boolean[]
}

/** How good scores are: plain data that goes into reports as it is. */
export interface Evaluation {
  readonly schema: typeof EVALUATION_SCHEMA
  readonly classes: readonly string[]
  readonly multiLabel: boolean
  readonly aggregation: Aggregation
  /** Patches of the moving mean before aggregation; 1: none. */
  readonly smoothing: number
  /** Lowest score that multi-label scores decide by; null for single-label scores. */
  readonly threshold: number | null
  /** Probability of the intervals. */
  readonly confidence: number
  readonly resamples: number
  readonly recordings: number
  readonly patch: Metrics
  readonly clip: ClipMetrics
  /** Ids of the clips that have no patch: they count as wrong. */
  readonly clipsWithoutPatches: readonly string[]
}

type Level = Pick<ClipMetrics, Exclude<keyof ClipMetrics, 'interval' | 'macroF1Interval' | 'meanAveragePrecisionInterval'>>

/** Both levels, and the statistics whose intervals are wanted: accuracy, macro F1, mAP. */
interface Levels {
  readonly patch: Metrics
  readonly clip: Level
  readonly statistics: readonly Statistic[]
}

function singleLabel(scores: PatchScores, { reference, targets }: ClipTruth, options: EvaluateOptions): Levels {
  const { classes, clips, clipOfPatch } = scores
  requireOneLabel(clips)
  const width = classes.length
  const patch = metricsOf(
    classes,
    { unit: 'patch', scores: scores.scores, reference: clipOfPatch.map((clip) => reference[clip]!), estimated: clipOfPatch.map((_clip, i) => estimatedClass(scores, i, width)) },
    { targets, rowOf: clipOfPatch },
    options.topK,
  )
  const ranked = aggregate(scores, options)
  const estimated = decide(ranked, ranked.patches, width)
  const clip = metricsOf(classes, { unit: 'clip', ...ranked, reference, estimated, ...(options.aggregation === 'max' && { notProbabilities: 'maxima do not sum to 1' }) }, { targets }, options.topK)
  const correct = Array.from(reference, (wanted, i) => wanted === estimated[i])
  const decisions = clips.map(({ id, label }, i): ClipDecision => {
    const found = estimated[i]!
    return { id, label, estimated: found === -1 ? null : classes[found]!, score: found === -1 ? null : ranked.scores[i * width + found]!, patches: ranked.patches[i]! }
  })
  const decided = new Uint8Array(clips.length * width)
  estimated.forEach((found, i) => {
    if (found !== -1) decided[i * width + found] = 1
  })
  const counts = weightedCounts(decided, targets, width)
  return { patch, clip: { ...clip, decisions, correct }, statistics: [accuracyOf(correct), (weights) => f1Of(counts(weights)).macro] }
}

function multiLabel(scores: PatchScores, { targets }: ClipTruth, options: EvaluateOptions): Levels {
  const { classes, clips, clipOfPatch } = scores
  const width = classes.length
  requireProbabilities(scores)
  const patch = multiLabelMetricsOf(classes, { unit: 'patch', scores: scores.scores, decided: decideEach(scores, options.threshold) }, { targets, rowOf: clipOfPatch }, options.topK)
  const ranked = aggregate(scores, options)
  const { patches } = ranked
  const decided = unscoredNone(decideEach(ranked, options.threshold), patches, width)
  const clip = multiLabelMetricsOf(classes, { unit: 'clip', scores: ranked.scores, decided, scored: Uint8Array.from(patches, (count) => Math.min(count, 1)) }, { targets }, options.topK)
  const best = decide(ranked, patches, width)
  const correct = clips.map((_clip, i) => patches[i]! > 0 && classes.every((_name, c) => decided[i * width + c] === targets[i * width + c]))
  const decisions = clips.map((one, i): ClipDecision => {
    const highest = best[i]!
    return {
      id: one.id,
      label: one.label,
      labels: labelsOf(one),
      estimated: highest === -1 ? null : classes[highest]!,
      decided: classes.filter((_name, c) => decided[i * width + c] === 1),
      score: highest === -1 ? null : ranked.scores[i * width + highest]!,
      patches: patches[i]!,
    }
  })
  const counts = weightedCounts(decided, targets, width)
  return { patch, clip: { ...clip, decisions, correct }, statistics: [accuracyOf(correct), (weights) => f1Of(counts(weights)).macro, weightedMeanAveragePrecision(ranked.scores, targets, width)] }
}

/**
 * Evaluates the scores of patches, as they are and gathered into clips.
 *
 * Definitions are scikit-learn's; equal scores are decided by class order. A clip without a patch counts as a wrong one, is listed,
 * and stands in no column of the confusion matrix. A figure that is not defined is null, with the reason in `undefinedMetrics`.
 * @throws AedError `INVALID_INPUT` (with the first offending patch or clip; also when no clip has a patch, or a clip has several labels without `multiLabel`), `UNKNOWN_CLASS`, `INVALID_OPTION`
 */
export function evaluate(scores: PatchScores, options: OptionsInput<typeof evaluateOptionsSchema> = {}, context: StageContext = {}): Evaluation {
  const settings = parseOptions(evaluateOptionsSchema, options, 'evaluate')
  throwIfAborted(context.signal)
  const truth = checkScores(scores)
  if (settings.normalized) requireSumOfOne(scores)
  const { classes, clips, clipOfPatch } = scores
  if (clipOfPatch.length === 0)
    throw new AedError('INVALID_INPUT', `scores: none of the ${clips.length} clips has a patch`, { hint: 'are the clips shorter than a patch?' })
  const { patch, clip, statistics } = (settings.multiLabel ? multiLabel : singleLabel)(scores, truth, settings)
  throwIfAborted(context.signal)

  const sources = clips.map(({ source }) => source)
  const [interval, macroF1Interval, meanAveragePrecisionInterval] = bootstrapByRecording(sources, statistics, settings)
  const recordings = new Set(sources).size
  const reason = recordings < 2 ? 'there is one recording' : 'the figure is not defined'
  const missing: UndefinedMetric[] = [
    ...(interval ? [] : [{ metric: 'interval', class: null, reason }]),
    ...(macroF1Interval ? [] : [{ metric: 'macroF1Interval', class: null, reason }]),
    ...(meanAveragePrecisionInterval ? [] : [{ metric: 'meanAveragePrecisionInterval', class: null, reason: settings.multiLabel ? reason : 'it is taken for multi-label scores' }]),
  ]
  return {
    schema: EVALUATION_SCHEMA,
    classes,
    multiLabel: settings.multiLabel,
    aggregation: settings.aggregation,
    smoothing: settings.smoothing,
    threshold: settings.multiLabel ? settings.threshold : null,
    confidence: settings.confidence,
    resamples: settings.resamples,
    recordings,
    patch,
    clip: {
      ...clip,
      undefinedMetrics: [...clip.undefinedMetrics, ...missing],
      interval: interval ?? null,
      macroF1Interval: macroF1Interval ?? null,
      meanAveragePrecisionInterval: meanAveragePrecisionInterval ?? null,
    },
    clipsWithoutPatches: clip.decisions.filter(({ patches }) => patches === 0).map(({ id }) => id),
  }
}
