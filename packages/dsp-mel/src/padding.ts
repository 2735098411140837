import type { MelOptions } from '@aed/core'

/**
 * A signal with what lies beyond its ends: with `center`, ⌊nFft / 2⌋ samples on both sides; else as it is.
 * @param samples one or more
 */
export function padSignal(samples: Float32Array, { nFft, hopLength, center, padMode }: MelOptions): Float32Array {
  if (!center) return samples
  const length = samples.length
  const side = nFft >> 1
  const padded = new Float32Array(length + 2 * side)
  padded.set(samples, side)
  if (padMode === 'edge') {
    padded.fill(samples[0]!, 0, side)
    padded.fill(samples[length - 1]!, side + length)
  } else if (padMode === 'reflect') {
    for (let i = 1; i <= side; i++) {
      padded[side - i] = samples[reflected(-i, length)]!
      padded[side + length + i - 1] = samples[reflected(length + i - 1, length)]!
    }
    // librosa pads the tail apart from the rest (librosa.stft, 0.10): where one single frame reaches beyond the end and
    // sees just nFft / 2 samples, the very last one is reflected twice there.
    if (nFft % 2 === 0 && length % hopLength === 0 && hopLength >= side && length >= 2 * hopLength)
      padded[padded.length - 1] = samples[Math.min(length - 1, length - side + 1)]!
  }
  return padded
}

/** The index that a reflection without repeated ends puts in the place of `index`, however far outside it is. */
function reflected(index: number, length: number): number {
  if (length === 1) return 0
  const period = 2 * (length - 1)
  const phase = ((index % period) + period) % period
  return phase < length ? phase : period - phase
}
