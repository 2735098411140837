import type { MelOptions } from '@aed/core'

/**
 * Writes the frame that begins at sample `first` of a signal, with what lies beyond its ends.
 * @param samples one or more
 * @param first index of the frame's first sample, below 0 before the start
 * @param frame takes nFft samples
 * @see librosa.stft, numpy.pad
 */
export function fillFrame(samples: Float32Array, first: number, { nFft, hopLength, padMode }: MelOptions, frame: Float32Array): void {
  const length = samples.length
  const from = Math.max(0, first)
  const to = Math.min(length, first + nFft)
  if (padMode === 'constant') frame.fill(0)
  else for (let i = 0; i < nFft; i++) if (first + i < from || first + i >= to) frame[i] = samples[padMode === 'edge' ? clamped(first + i, length) : reflected(first + i, length)]!
  if (to > from) frame.set(samples.subarray(from, to), from - first)
  // librosa 0.10 pads the tail apart from the rest: where a single frame reaches beyond the end and sees just nFft / 2
  // samples of the signal, the very last sample is reflected twice.
  const half = nFft >> 1
  if (padMode === 'reflect' && nFft % 2 === 0 && first + half === length && hopLength >= half && length >= 2 * hopLength)
    frame[nFft - 1] = samples[Math.min(length - 1, length - half + 1)]!
}

function clamped(index: number, length: number): number {
  return index < 0 ? 0 : Math.min(index, length - 1)
}

/** The index that a reflection without repeated ends puts in the place of `index`, however far outside it is. */
function reflected(index: number, length: number): number {
  if (length === 1) return 0
  const period = 2 * (length - 1)
  const phase = ((index % period) + period) % period
  return phase < length ? phase : period - phase
}
