import { AedError, pow, type AudioClip, type AudioOptions } from '@aed/core'

/** What is silence. */
export type SilenceOptions = Pick<AudioOptions, 'trimSilenceDb' | 'trimFrameLength'>

/** Half-open range of samples, `[start, end)`. */
export type Interval = readonly [start: number, end: number]

/** Floor of the power before the comparison in dB, as librosa's `amplitude_to_db` (amin 1e-5, squared). */
const POWER_FLOOR = 1e-10

/** Mean square of frame i, which covers [frame · i − ⌊frame / 2⌋, … + frame) with zeros beyond the clip; 1 + ⌊n / frame⌋ frames. */
function meanSquares(samples: Float32Array, frame: number): Float64Array {
  const half = Math.floor(frame / 2)
  return Float64Array.from({ length: 1 + Math.floor(samples.length / frame) }, (_, i) => {
    const start = Math.max(0, i * frame - half)
    const end = Math.min(samples.length, i * frame - half + frame)
    let sum = 0
    for (let n = start; n < end; n++) sum += samples[n]! * samples[n]!
    return sum / frame
  })
}

/**
 * The stretches of a clip that are louder than `trimSilenceDb` below the loudest frame's RMS: `librosa.effects.split` with frame and hop of
 * `trimFrameLength` samples. As there, the RMS of frame i is taken around sample `frame · i`, but what it keeps is the samples from there on.
 * Of a clip without any sound all is kept. `trimSilenceDb: null` keeps all.
 * @returns in order, not touching each other, within the clip; none when `trimSilenceDb` is 0
 */
export function findLoudIntervals(clip: AudioClip, { trimSilenceDb, trimFrameLength }: SilenceOptions): readonly Interval[] {
  const { samples } = clip
  if (samples.length === 0) return []
  if (trimSilenceDb === null) return [[0, samples.length]]
  const powers = meanSquares(samples, trimFrameLength)
  const threshold = Math.max(POWER_FLOOR, powers.reduce((a, b) => Math.max(a, b))) * pow(10, -trimSilenceDb / 10)
  const intervals: Interval[] = []
  let start = -1
  for (let i = 0; i <= powers.length; i++) {
    const loud = i < powers.length && Math.max(POWER_FLOOR, powers[i]!) > threshold
    if (loud && start < 0) start = i * trimFrameLength
    if (!loud && start >= 0) {
      const end = Math.min(i * trimFrameLength, samples.length)
      if (end > start) intervals.push([start, end])
      start = -1
    }
  }
  return intervals
}

/**
 * A clip of its loud stretches alone, joined; see {@link findLoudIntervals}.
 * @throws AedError `INVALID_OPTION` when nothing would be left
 */
export function cutSilence(clip: AudioClip, options: SilenceOptions): AudioClip {
  const intervals = findLoudIntervals(clip, options)
  const length = intervals.reduce((sum, [start, end]) => sum + end - start, 0)
  if (length === 0 && clip.samples.length > 0)
    throw new AedError('INVALID_OPTION', `cutSilence: trimSilenceDb of ${options.trimSilenceDb} dB keeps nothing of the clip`, { hint: 'take a larger value, or none to cut nothing' })
  const samples = new Float32Array(length)
  let at = 0
  for (const [start, end] of intervals) {
    samples.set(clip.samples.subarray(start, end), at)
    at += end - start
  }
  return { samples, sampleRate: clip.sampleRate }
}
