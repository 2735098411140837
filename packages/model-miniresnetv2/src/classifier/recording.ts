import { cutSilence, findLoudIntervals, prepareClip, repeatTo, type Interval } from '@aed/audio'
import { AedError, type AudioClip, type AudioOptions } from '@aed/core'

/** The part of a Web Audio `AudioBuffer` that is read. */
export interface AudioBufferLike {
  readonly sampleRate: number
  readonly numberOfChannels: number
  getChannelData(channel: number): Float32Array
}

/** Samples of a recording, full scale ±1: mono, one array a channel, or an `AudioBuffer`. */
export type Pcm = Float32Array | readonly Float32Array[] | AudioBufferLike

/** A recording as a model hears it. */
export interface PreparedRecording {
  readonly clip: AudioClip
  /** Length of the part of the recording that was read, in s. */
  readonly duration: number
  /** Time in the recording, in s, of a sample of the clip. */
  readonly timeOf: (sample: number) => number
}

/** Channels and rate of what a caller handed in; the rate of an `AudioBuffer` is its own. */
export function channelsOf(pcm: Pcm, sampleRate: number | undefined): { readonly channels: readonly Float32Array[]; readonly sampleRate: number } {
  if ('getChannelData' in pcm) return { channels: Array.from({ length: pcm.numberOfChannels }, (_, channel) => pcm.getChannelData(channel)), sampleRate: pcm.sampleRate }
  const channels = ArrayBuffer.isView(pcm) ? [pcm] : pcm
  // By name: arrays of other realms are no instances of this one's Float32Array.
  const odd = channels.find((channel) => Object.prototype.toString.call(channel) !== '[object Float32Array]')
  if (odd !== undefined) throw new AedError('INVALID_INPUT', `AudioClassifier: pcm takes Float32Array samples of ±1, got ${Object.prototype.toString.call(odd).slice(8, -1)}`, { hint: 'divide int16 samples by 32768' })
  if (sampleRate === undefined) throw new AedError('INVALID_OPTION', 'AudioClassifier: sampleRate is missing', { hint: 'give the rate of the samples in Hz' })
  return { channels, sampleRate }
}

/**
 * Prepares a recording as `prepareClip` of `@aed/audio` does, and remembers when what is left was heard.
 * @throws AedError `AUDIO_EMPTY`, `INVALID_INPUT`, `INVALID_OPTION`
 */
export function prepareRecording(recording: { readonly channels: readonly Float32Array[]; readonly sampleRate: number }, options: AudioOptions): PreparedRecording {
  const whole = prepareClip(recording, { ...options, trimSilenceDb: null, minDuration: null })
  const intervals = findLoudIntervals(whole, options)
  const loud = cutSilence(whole, options)
  return {
    clip: options.minDuration === null ? loud : repeatTo(loud, options.minDuration),
    duration: whole.samples.length / whole.sampleRate,
    timeOf: (sample) => sampleBefore(intervals, sample % loud.samples.length) / whole.sampleRate,
  }
}

/** Place in the recording of a sample of its joined loud stretches. */
function sampleBefore(intervals: readonly Interval[], sample: number): number {
  let left = sample
  for (const [start, end] of intervals) {
    if (left < end - start) return start + left
    left -= end - start
  }
  return intervals.at(-1)?.[1] ?? 0
}
