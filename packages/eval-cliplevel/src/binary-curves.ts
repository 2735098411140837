import { AedError } from '@aed/core'

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

const RADIX_BITS = 11
const BUCKETS = 1 << RADIX_BITS

/**
 * Ascending sort of float32 scores together with their truth. The bits of floats that are not negative are ordered as integers, which leaves the
 * lowest bit of a 32-bit key for the truth; a radix sort of such keys is what makes a million patches of 200 classes a matter of seconds.
 */
function sortKeys(scores: Float32Array, positive: Uint8Array): Uint32Array {
  const bits = new Uint32Array(scores.buffer, scores.byteOffset, scores.length)
  const n = scores.length
  let from = new Uint32Array(n)
  let to = new Uint32Array(n)
  for (let i = 0; i < n; i++) from[i] = (scores[i] === 0 ? 0 : bits[i]! << 1) | positive[i]!
  const counts = new Uint32Array(BUCKETS)
  for (let shift = 0; shift < 32; shift += RADIX_BITS) {
    counts.fill(0)
    for (let i = 0; i < n; i++) counts[(from[i]! >>> shift) & (BUCKETS - 1)]!++
    let start = 0
    for (let b = 0; b < BUCKETS; b++) {
      const count = counts[b]!
      counts[b] = start
      start += count
    }
    for (let i = 0; i < n; i++) to[counts[(from[i]! >>> shift) & (BUCKETS - 1)]!++] = from[i]!
    ;[from, to] = [to, from]
  }
  return from
}

type Visit = (threshold: number, truePositives: number, falsePositives: number) => void

/** Visits every distinct score from the highest down with the counts of the items at or above it. */
function descend({ scores, positive }: BinaryScores, visit: Visit): void {
  let truePositives = 0
  let falsePositives = 0
  if (scores.BYTES_PER_ELEMENT === 4) {
    const keys = sortKeys(scores as Float32Array, positive)
    const one = new Uint32Array(1)
    const asFloat = new Float32Array(one.buffer)
    for (let i = keys.length - 1; i >= 0; i--) {
      const key = keys[i]!
      if (key & 1) truePositives++
      else falsePositives++
      if (i > 0 && keys[i - 1]! >>> 1 === key >>> 1) continue
      one[0] = key >>> 1
      visit(asFloat[0]!, truePositives, falsePositives)
    }
    return
  }
  const order = Uint32Array.from(scores, (_score, i) => i).sort((a, b) => scores[b]! - scores[a]!)
  for (let i = 0; i < order.length; i++) {
    const item = order[i]!
    if (positive[item]) truePositives++
    else falsePositives++
    if (i + 1 < order.length && scores[order[i + 1]!] === scores[item]) continue
    visit(scores[item]!, truePositives, falsePositives)
  }
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
  const rows: [number, number, number][] = []
  descend(input, (...row) => rows.push(row))
  const [, positives, negatives] = rows.at(-1) ?? [0, 0, 0]
  const column = (i: 0 | 1 | 2) => Float64Array.from(rows, (row) => row[i])
  return { thresholds: column(0), truePositives: column(1), falsePositives: column(2), positives, negatives }
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
  let [hits, alarms, area, precisions] = [0, 0, 0, 0]
  descend(input, (_threshold, truePositives, falsePositives) => {
    area += ((falsePositives - alarms) * (truePositives + hits)) / 2
    precisions += ((truePositives - hits) * truePositives) / (truePositives + falsePositives)
    hits = truePositives
    alarms = falsePositives
  })
  return { rocAuc: hits > 0 && alarms > 0 ? area / (hits * alarms) : null, averagePrecision: hits > 0 ? precisions / hits : null }
}
