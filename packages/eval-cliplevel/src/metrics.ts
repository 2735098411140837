import { log } from '@aed/core'
import { rankOf, type RankedScores } from './ranking.ts'

/** A figure that has no value here, and why. */
export interface UndefinedMetric {
  /** `recall`, `interval`, … as the field is called. */
  readonly metric: string
  /** The class that it is of; null for a figure of the whole. */
  readonly class: string | null
  readonly reason: string
}

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
}

/** Figures of patches or of clips, from 0 to 1 where not said otherwise; definitions are scikit-learn's. Plain data, as it stands in reports. */
export interface Metrics {
  /** Items, those without scores included. */
  readonly count: number
  /** Items for which the reference class was decided / all. */
  readonly accuracy: number
  /** Class-wise average (macro) of recall over the classes that have items. */
  readonly balancedAccuracy: number
  /** Class-wise average (macro) of F1 over the classes where it is defined. */
  readonly macroF1: number
  /** The reference class is among the `k` highest scores. */
  readonly topK: { readonly k: number; readonly accuracy: number | null }
  /** Mean of −ln of the score of the reference class, clipped to [2⁻⁵², 1 − 2⁻⁵²]; an item without scores counts as even ones. */
  readonly logLoss: number | null
  readonly perClass: readonly ClassMetrics[]
  /** `[reference][estimated]` counts of the items that have scores. */
  readonly confusion: readonly (readonly number[])[]
  /** Per reference class the items without scores: they stand in no column of `confusion`. */
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

/** Why log loss has no value, or `undefined`. A row may miss 1 by what rounding to int8 (half a step of 1/256 a class) can do. */
function noLogLoss({ unit, estimated, scores, notProbabilities }: Decisions, classes: number): string | undefined {
  if (classes === 1) return 'there is one class'
  if (notProbabilities !== undefined) return notProbabilities
  const tolerance = classes / 512 + 1e-3
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

/** All figures of some items; there must be one item or more. */
export function metricsOf(names: readonly string[], decisions: Decisions, k: number): Metrics {
  const { unit, reference, estimated } = decisions
  const confusion = names.map(() => new Array<number>(names.length).fill(0))
  const unscored = new Array<number>(names.length).fill(0)
  for (let item = 0; item < reference.length; item++) {
    const row = reference[item]!
    if (estimated[item] === -1) unscored[row]!++
    else confusion[row]![estimated[item]!]!++
  }

  const undefinedMetrics: UndefinedMetric[] = []
  const defined = <T>(value: T | null, metric: string, of: string | null, reason: string): T | null => {
    if (value === null) undefinedMetrics.push({ metric, class: of, reason })
    return value
  }
  const perClass = names.map((name, c): ClassMetrics => {
    const hits = confusion[c]![c]!
    const support = total(confusion[c]!) + unscored[c]!
    const decided = total(confusion.map((row) => row[c]!))
    return {
      class: name,
      support,
      estimated: decided,
      precision: defined(ratio(hits, decided), 'precision', name, `no ${unit} was decided for this class`),
      recall: defined(ratio(hits, support), 'recall', name, `no ${unit} is of this class`),
      f1: defined(ratio(2 * hits, support + decided), 'f1', name, `no ${unit} is of this class or was decided for it`),
    }
  })
  const topK = k < names.length ? topKOf(decisions, names.length, k) : null
  const why = noLogLoss(decisions, names.length)
  return {
    count: reference.length,
    accuracy: total(confusion.map((row, c) => row[c]!)) / reference.length,
    balancedAccuracy: meanOf(perClass.flatMap(({ recall }) => recall ?? [])),
    macroF1: meanOf(perClass.flatMap(({ f1 }) => f1 ?? [])),
    topK: { k, accuracy: defined(topK, 'topK', null, `any class is among the best ${k} of ${names.length}`) },
    logLoss: defined(why === undefined ? logLossOf(decisions, names.length) : null, 'logLoss', null, why ?? ''),
    perClass,
    confusion,
    unscored,
    undefinedMetrics,
  }
}
