import { log } from '@aed/core'
import { collectCalibration, type Calibration } from './calibration.ts'
import { sumTolerance } from './check-scores.ts'
import { rankingOf, type RankingMetrics } from './ranking-metrics.ts'
import { rankOf, type RankedScores } from './ranking.ts'
import type { Truth } from './truth.ts'
import type { UndefinedMetric } from './undefined-metric.ts'

/** One class against all others; `null` is explained in {@link Metrics.undefinedMetrics}. */
export interface ClassMetrics {
  readonly class: string
  /** Items of this class. */
  readonly support: number
  /** Items decided for this class. */
  readonly estimated: number
  /** TP / (TP + FP). */
  readonly precision: number | null
  /** TP / support. */
  readonly recall: number | null
  /** 2 TP / (2 TP + FP + FN). */
  readonly f1: number | null
  /** Σ (Rₙ − Rₙ₋₁) Pₙ over the thresholds, not interpolated (`average_precision_score`). */
  readonly averagePrecision: number | null
  /** Area under the ROC curve of this class against the rest, trapezoidal (`roc_auc_score`). */
  readonly rocAuc: number | null
}

/** Figures of patches or of clips, from 0 to 1 where not said otherwise; definitions are scikit-learn's. Plain data, as it stands in reports. */
export interface Metrics {
  /** Items, those without scores included. */
  readonly count: number
  /** Items for which the reference class was decided / all; multi-label: items for which exactly the true classes were decided. */
  readonly accuracy: number
  /** Class-wise average (macro) of recall over the classes that have items; null for multi-label scores. */
  readonly balancedAccuracy: number | null
  /** 2 TP / (2 TP + FP + FN), summed over all classes (overall, micro). */
  readonly microF1: number | null
  /** Class-wise average (macro) of F1 over the classes where it is defined. */
  readonly macroF1: number | null
  /** The reference class is among the `k` highest scores; null for multi-label scores. */
  readonly topK: { readonly k: number; readonly accuracy: number | null }
  /** Mean of −ln of the score of the reference class, clipped to [2⁻⁵², 1 − 2⁻⁵²]; an item without scores counts as even ones. Multi-label: mean binary cross-entropy over items and classes. */
  readonly logLoss: number | null
  /** Mean of the classes' average precision, over those where it is defined (mAP). */
  readonly meanAveragePrecision: number | null
  /** Mean of the classes' ROC AUC, over those where it is defined. */
  readonly macroRocAuc: number | null
  /** Label-weighted label-ranking average precision (DCASE 2019 task 2). */
  readonly lwlrap: number | null
  /** How far scores can be taken at their word: of the class decided for, multi-label of every class; items without scores say nothing and are left out. */
  readonly calibration: Calibration | null
  readonly perClass: readonly ClassMetrics[]
  /** `[reference][estimated]` counts of the items that have scores; null for multi-label scores. */
  readonly confusion: readonly (readonly number[])[] | null
  /** Per class the items of it without scores: they stand in no column of `confusion`. */
  readonly unscored: readonly number[]
  readonly undefinedMetrics: readonly UndefinedMetric[]
}

/** Items with a reference class each, and what was decided for them. */
export interface Decisions extends RankedScores {
  /** What an item is called in reasons. */
  readonly unit: 'patch' | 'clip'
  readonly reference: Int32Array
  /** −1 where the item has no scores. */
  readonly estimated: Int32Array
  /** Why these scores are no probabilities over the classes; absent where they may be. */
  readonly notProbabilities?: string
}

const EPSILON = Number.EPSILON
const ratio = (part: number, whole: number) => (whole === 0 ? null : part / whole)
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)
const meanOf = (values: readonly number[]) => total(values) / values.length

/** Why log loss has no value, or `undefined`. */
function noLogLoss({ unit, estimated, scores, notProbabilities }: Decisions, classes: number): string | undefined {
  if (classes === 1) return 'there is one class'
  if (notProbabilities !== undefined) return notProbabilities
  const tolerance = sumTolerance(classes)
  for (let item = 0; item < estimated.length; item++) {
    if (estimated[item] === -1) continue
    let sum = 0
    for (let c = 0; c < classes; c++) sum += scores[item * classes + c]!
    if (Math.abs(sum - 1) > tolerance) return `the scores of ${unit} ${item} sum to ${sum.toFixed(3)}, not to 1`
  }
  return undefined
}

function logLossOf({ reference, estimated, scores }: Decisions, classes: number): number {
  let sum = 0
  for (let item = 0; item < reference.length; item++) {
    const score = estimated[item] === -1 ? 1 / classes : scores[item * classes + reference[item]!]!
    sum -= log(Math.min(Math.max(score, EPSILON), 1 - EPSILON))
  }
  return sum / reference.length
}

function topKOf(decisions: Decisions, classes: number, k: number): number {
  const { reference, estimated } = decisions
  let found = 0
  for (let item = 0; item < reference.length; item++) if (estimated[item] !== -1 && rankOf(decisions, item, classes, reference[item]!) < k) found++
  return found / reference.length
}

/** How often each class is true, decided for, and both. */
export interface Counts {
  readonly support: ArrayLike<number>
  readonly decided: ArrayLike<number>
  readonly hits: ArrayLike<number>
}

/** Counts as F1 over all classes together, and as the mean of the classes' own; null where it is not defined. */
export function f1Of({ support, decided, hits }: Counts): { readonly micro: number | null; readonly macro: number | null } {
  let [all, right, sum, classes] = [0, 0, 0, 0]
  for (let c = 0; c < support.length; c++) {
    const whole = support[c]! + decided[c]!
    if (whole === 0) continue
    all += whole
    right += 2 * hits[c]!
    sum += (2 * hits[c]!) / whole
    classes++
  }
  return { micro: ratio(right, all), macro: ratio(sum, classes) }
}

/** Collects what is not defined, with its reason. */
export function createUndefined() {
  const metrics: UndefinedMetric[] = []
  return {
    metrics,
    /** The value, noted where it is null. */
    defined: <T>(value: T | null, metric: string, of: string | null, reason: string): T | null => {
      if (value === null) metrics.push({ metric, class: of, reason })
      return value
    },
  }
}

/** The part of the figures that single- and multi-label scores share. */
export function sharedMetrics(names: readonly string[], unit: string, counts: Counts, ranking: RankingMetrics, { defined, metrics }: ReturnType<typeof createUndefined>) {
  const { support, decided, hits } = counts
  const perClass = names.map((name, c): ClassMetrics => ({
    class: name,
    support: support[c]!,
    estimated: decided[c]!,
    precision: defined(ratio(hits[c]!, decided[c]!), 'precision', name, `no ${unit} was decided for this class`),
    recall: defined(ratio(hits[c]!, support[c]!), 'recall', name, `no ${unit} is of this class`),
    f1: defined(ratio(2 * hits[c]!, support[c]! + decided[c]!), 'f1', name, `no ${unit} is of this class or was decided for it`),
    averagePrecision: ranking.perClass[c]!.averagePrecision,
    rocAuc: ranking.perClass[c]!.rocAuc,
  }))
  metrics.push(...ranking.undefinedMetrics)
  const { micro, macro } = f1Of(counts)
  return {
    perClass,
    microF1: defined(micro, 'microF1', null, `no ${unit} is of any class or was decided for one`),
    macroF1: defined(macro, 'macroF1', null, 'it is defined for no class'),
    meanAveragePrecision: ranking.meanAveragePrecision,
    macroRocAuc: ranking.macroRocAuc,
    lwlrap: ranking.lwlrap,
  }
}

/** How far the scores of the decided classes can be taken at their word. */
function calibrationOf({ scores, reference, estimated }: Decisions, classes: number): Calibration | null {
  const collected = collectCalibration()
  for (let item = 0; item < estimated.length; item++) {
    if (estimated[item] === -1) continue
    const confidence = scores[item * classes + estimated[item]!]!
    if (confidence > 1) return null
    collected.add(confidence, estimated[item] === reference[item])
  }
  return collected.result()
}

/** All figures of some items that are of one class each; there must be one item or more. */
export function metricsOf(names: readonly string[], decisions: Decisions, truth: Truth, k: number): Metrics {
  const { unit, reference, estimated } = decisions
  const confusion = names.map(() => new Array<number>(names.length).fill(0))
  const unscored = new Array<number>(names.length).fill(0)
  for (let item = 0; item < reference.length; item++) {
    const row = reference[item]!
    if (estimated[item] === -1) unscored[row]!++
    else confusion[row]![estimated[item]!]!++
  }
  const hits = names.map((_name, c) => confusion[c]![c]!)
  const counts = { hits, support: names.map((_name, c) => total(confusion[c]!) + unscored[c]!), decided: names.map((_name, c) => total(confusion.map((row) => row[c]!))) }

  const undefinedOnes = createUndefined()
  const { defined, metrics } = undefinedOnes
  const shared = sharedMetrics(names, unit, counts, rankingOf(names, decisions.scores, truth, unit), undefinedOnes)
  const topK = k < names.length ? topKOf(decisions, names.length, k) : null
  const why = noLogLoss(decisions, names.length)
  return {
    count: reference.length,
    accuracy: total(hits) / reference.length,
    balancedAccuracy: meanOf(shared.perClass.flatMap(({ recall }) => recall ?? [])),
    ...shared,
    topK: { k, accuracy: defined(topK, 'topK', null, `any class is among the best ${k} of ${names.length}`) },
    logLoss: defined(why === undefined ? logLossOf(decisions, names.length) : null, 'logLoss', null, why ?? ''),
    calibration: defined(calibrationOf(decisions, names.length), 'calibration', null, `there are scores above 1, or no ${unit} has scores`),
    confusion,
    unscored,
    undefinedMetrics: metrics,
  }
}
