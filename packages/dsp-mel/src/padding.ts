import type { MelOptions } from '@aed/core'

/** How a signal is cut into frames. */
export type FramingOptions = Pick<MelOptions, 'nFft' | 'hopLength' | 'center' | 'padMode'>

/** Number of frames that so many samples give, as in librosa; 0 where there is no frame. */
export function frameCount(samples: number, { nFft, hopLength, center }: FramingOptions): number {
  const length = samples + (center ? 2 * (nFft >> 1) : 0)
  return samples < 1 || length < nFft ? 0 : 1 + Math.floor((length - nFft) / hopLength)
}

/**
 * Writes the frame that begins at sample `first` of a signal, with what lies beyond its ends.
 * @param samples the signal, one sample or more, or its end from index `origin` on, as far back as the frame reads
 * @param first index of the frame's first sample, below 0 before the start
 * @param frame takes nFft samples
 * @see librosa.stft, numpy.pad
 */
export function fillFrame(samples: Float32Array, first: number, { nFft, hopLength, padMode }: FramingOptions, frame: Float32Array, origin = 0): void {
  const length = origin + samples.length
  const from = Math.max(0, first)
  const to = Math.min(length, first + nFft)
  if (padMode === 'constant') frame.fill(0)
  else for (let i = 0; i < nFft; i++) if (first + i < from || first + i >= to) frame[i] = samples[(padMode === 'edge' ? clamped(first + i, length) : reflected(first + i, length)) - origin]!
  if (to > from) frame.set(samples.subarray(from - origin, to - origin), from - first)
  // librosa 0.10 pads the tail apart from the rest: where a single frame reaches beyond the end and sees just nFft / 2
  // samples of the signal, the very last sample is reflected twice.
  const half = nFft >> 1
  if (padMode === 'reflect' && nFft % 2 === 0 && first + half === length && hopLength >= half && length >= 2 * hopLength)
    frame[nFft - 1] = samples[Math.min(length - 1, length - half + 1) - origin]!
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
