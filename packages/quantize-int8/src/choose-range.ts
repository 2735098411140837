import { log } from '@aed/core'
import type { Range } from './calibrate.ts'
import { centreOf, type Histogram } from './histogram.ts'

/** Where the range of an activation is taken from. */
export const CALIBRATION_METHODS = ['minMax', 'percentile', 'mse', 'kl'] as const
export type CalibrationMethod = (typeof CALIBRATION_METHODS)[number]

/** Bins of the histograms that ranges are chosen from: eight for each step of int8 over the whole range. */
export const CALIBRATION_BINS = 2048
/** Parts of the whole range that each end is tried at. */
const TRIALS = 64
/** Steps between int8 values. */
const STEPS = 255

/** The part of a histogram between the percentiles (100 ± percentile) / 2, zero included. */
export function percentileRange(histogram: Histogram, percentile: number): Range {
  const { counts, zeros } = histogram
  const total = counts.reduce((a, b) => a + b, zeros)
  const allowed = (total * (100 - percentile)) / 200
  const end = (bins: Iterable<number>) => {
    let beyond = 0
    for (const bin of bins) if ((beyond += counts[bin]!) > allowed) return bin
    return undefined
  }
  const [first, last] = [end(counts.keys()), end([...counts.keys()].reverse())]
  const width = (histogram.max - histogram.min) / counts.length
  return {
    min: Math.min(0, first === undefined ? 0 : histogram.min + first * width),
    max: Math.max(0, last === undefined ? 0 : histogram.min + (last + 1) * width),
  }
}

/**
 * The range whose int8 form has the least mean squared error: values inside are off by a uniform rounding error, those outside by their distance from
 * the end; zeros by nothing.
 */
export function meanSquaredErrorRange(histogram: Histogram): Range {
  const bins = histogram.counts.length
  // Sums up to each bin of 1, x and x².
  const [n, sx, sxx] = [new Float64Array(bins + 1), new Float64Array(bins + 1), new Float64Array(bins + 1)]
  histogram.counts.forEach((count, bin) => {
    const x = centreOf(histogram, bin)
    n[bin + 1] = n[bin]! + count
    sx[bin + 1] = sx[bin]! + count * x
    sxx[bin + 1] = sxx[bin]! + count * x * x
  })
  const distances = (from: number, to: number, end: number) => sxx[to]! - sxx[from]! - 2 * end * (sx[to]! - sx[from]!) + end * end * (n[to]! - n[from]!)
  return leastRange(histogram, (first, last, { min, max }) => {
    const step = (max - min) / STEPS
    return distances(0, first, min) + distances(last, bins, max) + ((n[last]! - n[first]!) * step * step) / 12
  })
}

/**
 * The range whose 256 steps lose the least information: Kullback-Leibler divergence of the histogram, what lies outside counted in the last bins inside,
 * from what is left of it when each step's bins share its values.
 * @see Migacz, "8-bit inference with TensorRT", 2017
 */
export function divergenceRange(histogram: Histogram): Range {
  const { counts } = histogram
  const before = new Float64Array(counts.length + 1)
  counts.forEach((count, bin) => (before[bin + 1] = before[bin]! + count))
  const total = before[counts.length]!
  return leastRange(histogram, (first, last) => {
    const inside = before[last]! - before[first]!
    if (inside === 0) return Infinity
    const clippedLow = before[first]!
    const clippedHigh = total - before[last]!
    let divergence = 0
    for (let step = 0; step <= STEPS; step++) {
      const from = first + Math.floor((step * (last - first)) / (STEPS + 1))
      const to = first + Math.floor(((step + 1) * (last - first)) / (STEPS + 1))
      let filled = 0
      for (let bin = from; bin < to; bin++) if (counts[bin]! > 0 || (bin === first && clippedLow > 0) || (bin === last - 1 && clippedHigh > 0)) filled++
      const shared = (before[to]! - before[from]!) / filled / inside
      for (let bin = from; bin < to; bin++) {
        const p = (counts[bin]! + (bin === first ? clippedLow : 0) + (bin === last - 1 ? clippedHigh : 0)) / total
        // A step that only holds what was cut off has nothing to share: as good as a single value.
        if (p > 0) divergence += p * log(p / Math.max(shared, 1 / total / 2))
      }
    }
    return divergence
  })
}

/** Tries both ends in turn, each at parts of the whole range, and keeps those of the least cost; of equals the wider. */
function leastRange(histogram: Histogram, costOf: (firstBin: number, endBin: number, range: Range) => number): Range {
  const { min, max, counts } = histogram
  if (min === max) return { min, max }
  const zero = (-min / (max - min)) * counts.length
  const rangeOf = (low: number, high: number) => {
    const [first, last] = [Math.floor(zero - (zero * low) / TRIALS), Math.ceil(zero + ((counts.length - zero) * high) / TRIALS)]
    const range = { min: (min * low) / TRIALS, max: (max * high) / TRIALS }
    return { range, cost: last > first ? costOf(first, last, range) : Infinity }
  }
  let [low, high] = [TRIALS, TRIALS]
  for (let turn = 0; turn < 2; turn++) {
    const best = (trial: (part: number) => { cost: number }) => {
      let [part, cost] = [TRIALS, trial(TRIALS).cost]
      for (let candidate = TRIALS - 1; candidate > 0; candidate--) {
        const found = trial(candidate).cost
        if (found < cost) [part, cost] = [candidate, found]
      }
      return part
    }
    if (max > 0) high = best((part) => rangeOf(low, part))
    if (min < 0) low = best((part) => rangeOf(part, high))
  }
  return rangeOf(low, high).range
}
