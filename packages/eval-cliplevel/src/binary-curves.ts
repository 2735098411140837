import { AedError } from '@aed/core'
import { classAreas } from './class-areas.ts'

/** Scores of one class with what is true: item i is positive where `positive[i]` is 1. */
export interface BinaryScores {
  readonly scores: Float32Array | Float64Array
  readonly positive: Uint8Array
}

/** Counts at every distinct threshold, from the highest down: an item is decided for where its score is the threshold or more. */
export interface BinaryCurve {
  readonly thresholds: Float64Array
  readonly truePositives: Float64Array
  readonly falsePositives: Float64Array
  readonly positives: number
  readonly negatives: number
}

function check({ scores, positive }: BinaryScores): void {
  if (scores.length !== positive.length) throw new AedError('INVALID_INPUT', `curve: takes as many truths as scores, got ${positive.length} and ${scores.length}`)
  for (let i = 0; i < scores.length; i++) {
    if (!(scores[i]! >= 0 && scores[i]! < Infinity)) throw new AedError('INVALID_INPUT', `curve: item ${i}: takes a finite score of 0 or more, got ${scores[i]!}`)
    if (positive[i]! > 1) throw new AedError('INVALID_INPUT', `curve: item ${i}: takes the truth 0 or 1, got ${positive[i]!}`)
  }
}

/**
 * The counts that ROC, precision-recall and threshold curves are drawn from.
 * @throws AedError `INVALID_INPUT` with the first offending item
 */
export function binaryCurve(input: BinaryScores): BinaryCurve {
  check(input)
  const [hits, others] = [1, 0].map((truth) => input.scores.filter((_score, i) => input.positive[i] === truth).sort())
  let [p, n] = [hits!.length, others!.length]
  const rows: [threshold: number, truePositives: number, falsePositives: number][] = []
  while (p > 0 || n > 0) {
    const threshold = Math.max(hits![p - 1] ?? 0, others![n - 1] ?? 0)
    while (p > 0 && hits![p - 1] === threshold) p--
    while (n > 0 && others![n - 1] === threshold) n--
    rows.push([threshold, hits!.length - p, others!.length - n])
  }
  const column = (i: 0 | 1 | 2) => Float64Array.from(rows, (row) => row[i])
  return { thresholds: column(0), truePositives: column(1), falsePositives: column(2), positives: hits!.length, negatives: others!.length }
}

/** Areas under the curves of one class; null where they are not defined. */
export interface BinaryAreas {
  /** Area under the ROC curve, trapezoidal (scikit-learn `roc_auc_score`); null without an item of either kind. */
  readonly rocAuc: number | null
  /** Σ (Rₙ − Rₙ₋₁) Pₙ, not interpolated (scikit-learn `average_precision_score`); null without a positive item. */
  readonly averagePrecision: number | null
}

/**
 * ROC AUC and average precision of one class.
 * @throws AedError `INVALID_INPUT` with the first offending item
 */
export function binaryAreas(input: BinaryScores): BinaryAreas {
  check(input)
  return classAreas(input.scores, 1, { targets: input.positive })[0]!
}
