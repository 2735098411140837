import { AedError } from '@aed/core'
import { hasText } from './ogg-pages.ts'
import { decodeOggVorbis } from './ogg-vorbis.ts'
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

/** Bytes at the start that tell what a file is, for those that are not supported. */
const OTHER_FORMATS: readonly (readonly [offset: number, text: string, format: string])[] = [
  [0, 'RIFX', 'WAV with big-endian samples (RIFX)'],
  [0, 'RF64', 'a WAV file beyond 4 GB (RF64)'],
  [0, 'fLaC', 'FLAC'],
  [0, 'ID3', 'MP3'],
  [0, '\xff\xfb', 'MP3'],
  [4, 'ftyp', 'MP4 / M4A'],
  [0, 'FORM', 'AIFF'],
  [0, '.snd', 'AU'],
  [0, '\x1aE\xdf\xa3', 'Matroska / WebM'],
]

/** How many bytes of a text stand where they should. */
function matches(bytes: Uint8Array, at: number, text: string): number {
  let count = 0
  for (let i = 0; i < text.length; i++) if (bytes[at + i] === text.charCodeAt(i)) count++
  return count
}

/** What the bytes are. One wrong byte in a signature is taken for damage, which the reader of that format then names. */
function sniff(bytes: Uint8Array, name: string): 'ogg' | 'wav' {
  const known = OTHER_FORMATS.find(([offset, text]) => hasText(bytes, offset, text))
  if (!known) {
    if (matches(bytes, 0, 'OggS') >= 3) return 'ogg'
    const riff = matches(bytes, 0, 'RIFF')
    if (riff + matches(bytes, 8, 'WAVE') >= 7) return 'wav'
    if (bytes.length < 12) throw new AedError('AUDIO_DAMAGED', `${name}: byte ${bytes.length}: the file is cut off, ${bytes.length} bytes are no recording`)
  }
  throw new AedError('AUDIO_UNSUPPORTED', `${name}: ${known ? known[2] : 'neither Ogg nor WAV'}, expected Ogg Vorbis or WAV`, { hint: 'convert the recording to WAV or Ogg Vorbis' })
}

/** A channel cut to `length` samples, its buffer its own. */
function cut(channel: Float32Array, length: number): Float32Array {
  return channel.length === length && channel.byteLength === channel.buffer.byteLength ? channel : channel.slice(0, length)
}

/**
 * Decodes a recording: Ogg Vorbis or WAV, told apart by their bytes. The same samples in Node and in browsers.
 * @param bytes the whole file
 * @throws AedError `AUDIO_EMPTY` without bytes or samples; `AUDIO_DAMAGED` with the byte offset; `AUDIO_UNSUPPORTED` for other formats; `INVALID_INPUT` with the
 * index of a sample that is not finite; `INVALID_OPTION` for a `maxDuration` that is not above 0
 */
export async function decodeAudio(bytes: Uint8Array, options: DecodeOptions = {}): Promise<DecodedAudio> {
  const { name = 'the recording', maxDuration = null } = options
  if (maxDuration !== null && !(maxDuration > 0 && maxDuration < Infinity))
    throw new AedError('INVALID_OPTION', `decodeAudio: maxDuration takes a number of seconds above 0 or null, got ${maxDuration}`)
  if (bytes.length === 0) throw new AedError('AUDIO_EMPTY', `${name}: the file is empty`)
  const { channels, sampleRate, warnings } = await (sniff(bytes, name) === 'ogg' ? decodeOggVorbis : decodeWav)(bytes, name, maxDuration)
  if (sampleRate < 1 || sampleRate > MAX_SAMPLE_RATE) throw new AedError('AUDIO_UNSUPPORTED', `${name}: a sampling rate of ${sampleRate} Hz, expected 1 to ${MAX_SAMPLE_RATE}`)
  const present = channels[0]?.length ?? 0
  if (present === 0) throw new AedError('AUDIO_EMPTY', `${name}: the recording holds no samples`)
  const length = maxDuration === null ? present : Math.min(present, Math.floor(maxDuration * sampleRate))
  if (length === 0) throw new AedError('INVALID_OPTION', `decodeAudio: maxDuration of ${maxDuration} s is less than one sample at ${sampleRate} Hz`)
  return { channels: channels.map((channel) => cut(channel, length)), sampleRate, warnings }
}
