import { AedError, indexOfNonFinite } from '@aed/core'
import { joinBlocks, type DecodedBlock } from './format-decoder.ts'
import { checkFile, openDecoder } from './open-decoder.ts'
import { sniff, type AudioFormat } from './sniff.ts'
import { decodeWav } from './wav.ts'

/** A recording as its file holds it. */
export interface DecodedAudio {
  /** One array per channel, all of one length, full scale ±1 (lossy files may go beyond). */
  readonly channels: readonly Float32Array[]
  /** In Hz. */
  readonly sampleRate: number
  /** What is odd about the file but does no harm, one sentence each. */
  readonly warnings: readonly string[]
}

/** Options of {@link decodeAudio}. */
export interface DecodeOptions {
  /** How errors call the recording, usually its file name. */
  readonly name?: string
  /** Only so much of the start is returned, in s; the whole file is checked. null (default): all. */
  readonly maxDuration?: number | null
}

/** Highest sampling rate taken, in Hz. */
const MAX_SAMPLE_RATE = 1_000_000
/** Bytes that a decoder is given at a time, so that no more than `maxDuration` and a little is decoded. */
const PART = 262144

/** A channel cut to `length` samples, its buffer its own. */
function cut(channel: Float32Array, length: number): Float32Array {
  return channel.length === length && channel.byteLength === channel.buffer.byteLength ? channel : channel.slice(0, length)
}

/** @throws AedError `AUDIO_UNSUPPORTED` for a rate that no clip can have */
export function checkSampleRate(sampleRate: number, name: string): void {
  if (sampleRate < 1 || sampleRate > MAX_SAMPLE_RATE) throw new AedError('AUDIO_UNSUPPORTED', `${name}: a sampling rate of ${sampleRate} Hz, expected 1 to ${MAX_SAMPLE_RATE}`)
}

/** @throws AedError `INVALID_INPUT` with channel and index of the first sample that is not finite: hostile files can make a codec's arithmetic overflow */
export function checkSamples({ channels }: DecodedBlock, before: number, name: string): void {
  channels.forEach((channel, c) => {
    const index = indexOfNonFinite(channel)
    if (index >= 0) throw new AedError('INVALID_INPUT', `${name}: sample ${before + index} of channel ${c} is ${channel[index]}, expected a finite number`, { hint: 'repair the recording with an audio editor' })
  })
}

async function decodeWhole(bytes: Uint8Array, format: Exclude<AudioFormat, 'wav'>, name: string, maxDuration: number | null): Promise<DecodedAudio> {
  await checkFile(format, bytes, name) // so that nothing is decoded of a file that is damaged at its end
  const decoder = await openDecoder(format, { name, maxDuration })
  try {
    const blocks: DecodedBlock[] = []
    for (let at = 0; at < bytes.length; at += PART) blocks.push(...(await decoder.push(bytes.subarray(at, at + PART))))
    blocks.push(...(await decoder.end()))
    const joined = joinBlocks(blocks)
    checkSamples(joined, 0, name)
    return { ...joined, warnings: [...decoder.warnings] }
  } finally {
    decoder.free()
  }
}

/**
 * Decodes a recording: WAV, FLAC, MP3, Ogg Vorbis or Ogg Opus, told apart by their bytes. The same samples in Node and in browsers. The decoder of a
 * format is loaded when the first file of that format comes.
 * @param bytes the whole file
 * @throws AedError `AUDIO_EMPTY` without bytes or samples; `AUDIO_DAMAGED` with the byte offset; `AUDIO_UNSUPPORTED` for other formats; `INVALID_INPUT` with the
 * index of a sample that is not finite; `INVALID_OPTION` for a `maxDuration` that is not above 0
 */
export async function decodeAudio(bytes: Uint8Array, options: DecodeOptions = {}): Promise<DecodedAudio> {
  const { name = 'the recording', maxDuration = null } = options
  if (maxDuration !== null && !(maxDuration > 0 && maxDuration < Infinity))
    throw new AedError('INVALID_OPTION', `decodeAudio: maxDuration takes a number of seconds above 0 or null, got ${maxDuration}`)
  if (bytes.length === 0) throw new AedError('AUDIO_EMPTY', `${name}: the file is empty`)
  const format = sniff(bytes, name)
  const { channels, sampleRate, warnings } = format === 'wav' ? decodeWav(bytes, name, maxDuration) : await decodeWhole(bytes, format, name, maxDuration)
  const present = channels[0]?.length ?? 0
  if (present === 0 && sampleRate === 0 && format !== 'wav') throw new AedError('AUDIO_EMPTY', `${name}: the recording holds no samples`)
  checkSampleRate(sampleRate, name)
  if (present === 0) throw new AedError('AUDIO_EMPTY', `${name}: the recording holds no samples`)
  const length = maxDuration === null ? present : Math.min(present, Math.floor(maxDuration * sampleRate))
  if (length === 0) throw new AedError('INVALID_OPTION', `decodeAudio: maxDuration of ${maxDuration} s is less than one sample at ${sampleRate} Hz`)
  return { channels: channels.map((channel) => cut(channel, length)), sampleRate, warnings }
}
