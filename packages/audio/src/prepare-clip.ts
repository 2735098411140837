import { AedError, audioOptionsSchema, parseOptions, type AudioClip, type OptionsInput } from '@aed/core'
import { checkClipRate, checkLength } from './check-clip.ts'
import { decodeAudio, type DecodedAudio } from './decode.ts'
import { mixDown } from './mix-down.ts'
import { resample } from './resample.ts'
import { cutSilence } from './silence.ts'

/** Audio options of which any can be left out; the defaults are those of the published models. */
export type AudioOptionsInput = OptionsInput<typeof audioOptionsSchema>

/**
 * A short clip tiled to exactly `seconds`; one that is as long already comes back as a copy.
 * @throws AedError `AUDIO_EMPTY` for a clip without samples, `INVALID_INPUT` for a rate or a time that is no number and for more samples than a clip can have
 */
export function repeatTo({ samples, sampleRate }: AudioClip, seconds: number): AudioClip {
  if (samples.length === 0) throw new AedError('AUDIO_EMPTY', 'repeatTo: the clip holds no samples')
  checkClipRate(sampleRate, 'repeatTo')
  const length = Math.max(samples.length, Math.floor(seconds * sampleRate))
  checkLength(length, 'repeatTo')
  const repeated = new Float32Array(length)
  for (let at = 0; at < length; at += samples.length) repeated.set(samples.subarray(0, length - at), at)
  return { samples: repeated, sampleRate }
}

/**
 * From a recording to the clip whose features are taken, in the order of the published models: the first `maxDuration` seconds at the
 * recording's own rate → mono → `sampleRate` → silence cut → repeated up to `minDuration`.
 * @throws AedError `AUDIO_EMPTY`, `INVALID_INPUT` with the index of a sample that is not finite, `INVALID_OPTION`
 */
export function prepareClip(input: Pick<DecodedAudio, 'channels' | 'sampleRate'> | AudioClip, options: AudioOptionsInput = {}): AudioClip {
  const checked = parseOptions(audioOptionsSchema, options, 'audio options')
  checkClipRate(input.sampleRate, 'prepareClip')
  const channels = 'channels' in input ? input.channels : [input.samples]
  const { maxDuration, minDuration } = checked
  const longest = maxDuration === null ? Infinity : Math.floor(maxDuration * input.sampleRate)
  const mono = mixDown({ channels: channels.map((channel) => channel.subarray(0, longest)), sampleRate: input.sampleRate })
  if (mono.samples.length === 0) throw new AedError('AUDIO_EMPTY', 'prepareClip: the recording holds no samples')
  const loud = cutSilence(resample(mono, checked.sampleRate), checked) // which checks the samples
  return minDuration === null ? loud : repeatTo(loud, minDuration)
}

/** A recording's file. */
export interface AudioFile {
  /** All of it. */
  readonly bytes: Uint8Array
  /** How errors call it. */
  readonly name: string
  /** The part of it that is meant, in s from its beginning; `end` null: to its end. Default: all. */
  readonly segment?: { readonly start: number; readonly end: number | null } | undefined
}

/** What {@link loadClip} makes of a recording. */
export interface LoadedClip {
  readonly clip: AudioClip
  /** Of the recording as decoded, `maxDuration` at most, in s. */
  readonly duration: number
  /** What is odd about the recording, one sentence each. */
  readonly warnings: readonly string[]
}

/**
 * Decodes a recording, or the segment of it that is meant.
 * @param options.maxDuration only so much of its start, in s; `null`: all
 * @throws AedError as {@link decodeAudio}; `INVALID_OPTION` for an empty segment, `INVALID_INPUT` for one beyond the end
 */
export async function decodeFile({ bytes, name, segment }: AudioFile, { maxDuration = null }: { readonly maxDuration?: number | null } = {}): Promise<DecodedAudio> {
  if (!segment) return decodeAudio(bytes, { name, maxDuration })
  const { start, end } = segment
  if (!(start >= 0) || !(end === null || end > start)) throw new AedError('INVALID_OPTION', `${name}: a segment from ${start} s to ${end} s is empty`)
  const stop = Math.min(end ?? Infinity, start + (maxDuration ?? Infinity))
  const decoded = await decodeAudio(bytes, { name, maxDuration: stop === Infinity ? null : stop })
  const { channels, sampleRate } = decoded
  const [from, to] = [Math.round(start * sampleRate), Math.round(stop * sampleRate)]
  const length = channels[0]!.length
  if (from >= length) throw new AedError('INVALID_INPUT', `${name}: a segment begins at ${start} s, the recording ends at ${length / sampleRate} s`)
  return { ...decoded, channels: channels.map((channel) => channel.slice(from, to)) }
}

/**
 * Decodes a recording and prepares its clip: {@link decodeFile}, then {@link prepareClip}.
 * @throws AedError as these two
 */
export async function loadClip(file: AudioFile, options: AudioOptionsInput = {}): Promise<LoadedClip> {
  const checked = parseOptions(audioOptionsSchema, options, 'audio options')
  const decoded = await decodeFile(file, checked)
  const clip = prepareClip(decoded, checked)
  const silent = clip.samples.every((sample) => sample === 0)
  return {
    clip,
    duration: decoded.channels[0]!.length / decoded.sampleRate,
    warnings: silent ? [...decoded.warnings, 'the recording is silent: every sample is 0'] : decoded.warnings,
  }
}
