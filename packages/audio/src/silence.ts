import { AedError, option, parseOptions, pow, type AudioClip, type AudioOptions, type OptionsInput } from '@aed/core'
import * as v from 'valibot'
import { checkFinite } from './check-clip.ts'

/** What is silence. */
export type SilenceOptions = Pick<AudioOptions, 'trimSilenceDb' | 'trimFrameLength'>

/** Half-open range of samples, `[start, end)`. */
export type Interval = readonly [start: number, end: number]

/** Floor of the power before the comparison in dB, as librosa's `amplitude_to_db` (amin 1e-5, squared). */
const POWER_FLOOR = 1e-10

/** Mean square of frame i, which covers [hop · i − ⌊frame / 2⌋, … + frame) with zeros beyond the clip; as many as `librosa.feature.rms` gives. */
function meanSquares(samples: Float32Array, frame: number, hop: number): Float64Array {
  const half = Math.floor(frame / 2)
  return Float64Array.from({ length: 1 + Math.floor((samples.length + 2 * half - frame) / hop) }, (_, i) => {
    const start = Math.max(0, i * hop - half)
    const end = Math.min(samples.length, i * hop - half + frame)
    let sum = 0
    for (let n = start; n < end; n++) sum += samples[n]! * samples[n]!
    return sum / frame
  })
}

/** Tells of each frame whether it is louder than `topDb` below the loudest; of a clip without any sound all are. */
function loudFrames(samples: Float32Array, frame: number, hop: number, topDb: number): readonly boolean[] {
  const powers = meanSquares(samples, frame, hop)
  const threshold = Math.max(POWER_FLOOR, powers.reduce((a, b) => Math.max(a, b))) * pow(10, -topDb / 10)
  return Array.from(powers, (power) => Math.max(POWER_FLOOR, power) > threshold)
}

/**
 * The stretches of a clip that are louder than `trimSilenceDb` below the loudest frame's RMS: `librosa.effects.split` with frame and hop of
 * `trimFrameLength` samples. As there, the RMS of frame i is taken around sample `frame · i`, but what it keeps is the samples from there on.
 * Of a clip without any sound all is kept. `trimSilenceDb: null` keeps all.
 * @returns in order, not touching each other, within the clip; none when `trimSilenceDb` is 0
 * @throws AedError `INVALID_INPUT` for a sample that is not finite, with its index
 */
export function findLoudIntervals(clip: AudioClip, { trimSilenceDb, trimFrameLength }: SilenceOptions): readonly Interval[] {
  const { samples } = clip
  checkFinite(samples, 'silence')
  if (samples.length === 0) return []
  if (trimSilenceDb === null) return [[0, samples.length]]
  const frames = loudFrames(samples, trimFrameLength, trimFrameLength, trimSilenceDb)
  const intervals: Interval[] = []
  let start = -1
  for (let i = 0; i <= frames.length; i++) {
    const loud = frames[i] ?? false
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
 * @throws AedError `INVALID_OPTION` when nothing would be left, `INVALID_INPUT` for a sample that is not finite, with its index
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

/** What is silence at both ends: the parameters of `librosa.effects.trim`, with its defaults. */
export const trimOptionsSchema = v.strictObject({
  topDb: option.number(60, 'frames quieter than this below the loudest RMS are silence', { min: 0, unit: 'dB' }),
  frameLength: option.integer(2048, 'length of the frames whose RMS is compared', { min: 1, unit: 'samples' }),
  hopLength: option.integer(512, 'step from frame to frame', { min: 1, unit: 'samples' }),
})

/** Trim options of which any can be left out. */
export type TrimOptionsInput = OptionsInput<typeof trimOptionsSchema>

/**
 * From the first loud frame to the last: the interval of `librosa.effects.trim`. What lies between stays, silence included; a clip without any sound is
 * kept whole.
 * @returns `[0, 0]` when nothing is loud
 * @throws AedError `INVALID_OPTION`, `INVALID_INPUT` for a sample that is not finite, with its index
 */
export function findTrim({ samples }: AudioClip, options: TrimOptionsInput = {}): Interval {
  const { topDb, frameLength, hopLength } = parseOptions(trimOptionsSchema, options, 'findTrim')
  checkFinite(samples, 'silence')
  if (samples.length === 0) return [0, 0]
  const frames = loudFrames(samples, frameLength, hopLength, topDb)
  const first = frames.indexOf(true)
  return first < 0 ? [0, 0] : [first * hopLength, Math.min(samples.length, (frames.lastIndexOf(true) + 1) * hopLength)]
}

/**
 * A clip without the silence before and after its sound; see {@link findTrim}.
 * @throws AedError `INVALID_OPTION` when nothing would be left, `INVALID_INPUT` for a sample that is not finite, with its index
 */
export function trimSilence(clip: AudioClip, options: TrimOptionsInput = {}): AudioClip {
  const [start, end] = findTrim(clip, options)
  if (start === end && clip.samples.length > 0)
    throw new AedError('INVALID_OPTION', `trimSilence: topDb of ${options.topDb} dB keeps nothing of the clip`, { hint: 'take a larger value' })
  return { samples: clip.samples.slice(start, end), sampleRate: clip.sampleRate }
}
