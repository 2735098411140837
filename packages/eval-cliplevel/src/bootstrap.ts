import { createRandom } from '@aed/core'

/** Options of {@link bootstrapByRecording}. */
export interface BootstrapOptions {
  /** Number of resamples. */
  readonly resamples: number
  /** Probability that the interval is made to hold, 0 to 1. */
  readonly confidence: number
  readonly seed: number
}

/** Value below which a part `q` of sorted values lies, interpolated linearly as `numpy.quantile` does. */
export function quantile(sorted: Float64Array, q: number): number {
  const place = q * (sorted.length - 1)
  const below = Math.floor(place)
  const low = sorted[below]!
  return low + (sorted[Math.min(below + 1, sorted.length - 1)]! - low) * (place - below)
}

/**
 * Percentile bootstrap interval of an accuracy. Recordings are drawn with replacement, and all clips of one move together: clips of
 * one recording are no independent evidence, and an interval over single clips would be too narrow.
 * @param correct of each clip
 * @param sources recording of each clip
 * @returns `[low, high]`; null for fewer than two recordings, between which nothing can vary
 * @see Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13
 */
export function bootstrapByRecording(correct: readonly boolean[], sources: readonly string[], { resamples, confidence, seed }: BootstrapOptions): [number, number] | null {
  const indexOf = new Map<string, number>()
  for (const source of sources) if (!indexOf.has(source)) indexOf.set(source, indexOf.size)
  const recordings = indexOf.size
  if (recordings < 2) return null
  const clips = new Int32Array(recordings)
  const hits = new Int32Array(recordings)
  correct.forEach((right, clip) => {
    const recording = indexOf.get(sources[clip]!)!
    clips[recording]!++
    if (right) hits[recording]!++
  })

  const random = createRandom(seed).fork('bootstrap')
  const accuracies = new Float64Array(resamples)
  for (let i = 0; i < resamples; i++) {
    let drawn = 0
    let right = 0
    for (let j = 0; j < recordings; j++) {
      const recording = random.integer(recordings)
      drawn += clips[recording]!
      right += hits[recording]!
    }
    accuracies[i] = right / drawn
  }
  accuracies.sort()
  return [quantile(accuracies, (1 - confidence) / 2), quantile(accuracies, (1 + confidence) / 2)]
}
