import { createRandom } from '@aed/core'

/** Options of {@link bootstrapByRecording}. */
export interface BootstrapOptions {
  /** Number of resamples. */
  readonly resamples: number
  /** Probability that the interval is made to hold, 0 to 1. */
  readonly confidence: number
  readonly seed: number
}

/** Bounds of a confidence interval. */
export type Interval = readonly [low: number, high: number]

/** A figure of clips that each count `weights[clip]` times; null where it is not defined. */
export type Statistic = (weights: Int32Array) => number | null

/** Value below which a part `q` of sorted values lies, interpolated linearly as `numpy.quantile` does. */
export function quantile(sorted: Float64Array, q: number): number {
  const place = q * (sorted.length - 1)
  const below = Math.floor(place)
  const low = sorted[below]!
  return low + (sorted[Math.min(below + 1, sorted.length - 1)]! - low) * (place - below)
}

/**
 * Percentile bootstrap intervals. Recordings are drawn with replacement, and all clips of one move together: clips of one recording are no independent evidence, and an
 * interval over single clips would be too narrow. All statistics see the same resamples.
 * @param sources recording of each clip
 * @returns an interval for each statistic; null for fewer than two recordings, between which nothing can vary, and for a statistic that no resample defines (resamples that do not are left out)
 * @see Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13
 */
export function bootstrapByRecording(sources: readonly string[], statistics: readonly Statistic[], { resamples, confidence, seed }: BootstrapOptions): (Interval | null)[] {
  const indexOf = new Map<string, number>()
  const recordingOf = Int32Array.from(sources, (source) => {
    if (!indexOf.has(source)) indexOf.set(source, indexOf.size)
    return indexOf.get(source)!
  })
  const recordings = indexOf.size
  if (recordings < 2) return statistics.map(() => null)

  const random = createRandom(seed).fork('bootstrap')
  const drawn = new Int32Array(recordings)
  const weights = new Int32Array(sources.length)
  const values = statistics.map(() => [] as number[])
  for (let i = 0; i < resamples; i++) {
    drawn.fill(0)
    for (let j = 0; j < recordings; j++) drawn[random.integer(recordings)]!++
    for (let clip = 0; clip < weights.length; clip++) weights[clip] = drawn[recordingOf[clip]!]!
    statistics.forEach((statistic, s) => {
      const value = statistic(weights)
      if (value !== null) values[s]!.push(value)
    })
  }
  return values.map((found) => {
    const sorted = Float64Array.from(found).sort()
    return sorted.length === 0 ? null : [quantile(sorted, (1 - confidence) / 2), quantile(sorted, (1 + confidence) / 2)]
  })
}

/** Share of the clips that are right. */
export function accuracyOf(correct: ArrayLike<boolean>): Statistic {
  return (weights) => {
    let [right, count] = [0, 0]
    for (let clip = 0; clip < weights.length; clip++) {
      count += weights[clip]!
      if (correct[clip]) right += weights[clip]!
    }
    return right / count
  }
}
