import { AedError } from '@aed/core'

/** One bin of a reliability diagram. */
export interface ReliabilityBin {
  /** Confidences above `low` up to `high` (the first bin holds 0 too). */
  readonly low: number
  readonly high: number
  readonly count: number
  /** Mean confidence; null for an empty bin. */
  readonly confidence: number | null
  /** Share that was right; null for an empty bin. */
  readonly accuracy: number | null
}

/** How far confidence can be taken at its word. */
export interface Calibration {
  /** Expected calibration error: mean of |accuracy − confidence| over the bins, weighted by their counts. */
  readonly expectedCalibrationError: number
  readonly bins: readonly ReliabilityBin[]
}

/** Bins of a reliability diagram unless told otherwise. */
const BINS = 15

/** Collects confidences from 0 to 1 and whether they were right. */
export function collectCalibration(bins = BINS) {
  const counts = new Float64Array(bins)
  const sums = new Float64Array(bins)
  const hits = new Float64Array(bins)
  const edges = Float64Array.from({ length: bins + 1 }, (_, bin) => bin / bins)
  return {
    add(confidence: number, right: boolean): void {
      let bin = (confidence * bins) | 0
      // An upper edge belongs to the bin, and the product may round over one that the quotient does not.
      if (bin > 0 && confidence <= edges[bin]!) bin--
      else if (bin < bins - 1 && confidence > edges[bin + 1]!) bin++
      counts[bin]!++
      sums[bin]! += confidence
      if (right) hits[bin]!++
    },
    /** Upper edge of the first bin. */
    firstEdge: edges[1]!,
    /** Adds several to the first bin: their number, sum, and how many were right. */
    addToFirst(count: number, sum: number, right: number): void {
      counts[0]! += count
      sums[0]! += sum
      hits[0]! += right
    },
    /** Null where nothing was added. */
    result(): Calibration | null {
      const total = counts.reduce((sum, count) => sum + count, 0)
      if (total === 0) return null
      return {
        expectedCalibrationError: hits.reduce((error, right, bin) => error + Math.abs(right - sums[bin]!), 0) / total,
        bins: Array.from(counts, (count, i) => ({
          low: i / bins,
          high: (i + 1) / bins,
          count,
          confidence: count === 0 ? null : sums[i]! / count,
          accuracy: count === 0 ? null : hits[i]! / count,
        })),
      }
    },
  }
}

/**
 * Expected calibration error and reliability diagram, with bins of equal width as scikit-learn's `calibration_curve` has them.
 * @param confidence score of the class that was decided for, 0 to 1, one an item
 * @param correct whether the decision was right
 * @throws AedError `INVALID_INPUT` for no items, other lengths, or with the first confidence outside 0 to 1
 * @see Guo et al., On Calibration of Modern Neural Networks, ICML 2017
 */
export function calibration(confidence: Float64Array, correct: readonly boolean[], bins = BINS): Calibration {
  if (confidence.length === 0 || confidence.length !== correct.length)
    throw new AedError('INVALID_INPUT', `calibration: takes one confidence or more and as many decisions, got ${confidence.length} and ${correct.length}`)
  if (!(Number.isInteger(bins) && bins > 0)) throw new AedError('INVALID_OPTION', `calibration: bins takes a whole number of 1 or more, got ${bins}`)
  const collected = collectCalibration(bins)
  confidence.forEach((value, i) => {
    if (!(value >= 0 && value <= 1)) throw new AedError('INVALID_INPUT', `calibration: item ${i}: takes a confidence from 0 to 1, got ${value}`)
    collected.add(value, correct[i]!)
  })
  return collected.result()!
}
