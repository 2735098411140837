import { AedError } from '@aed/core'
import { countMatches, hasText } from './text.ts'

/** Formats that are read. */
export type AudioFormat = 'wav' | 'ogg' | 'flac' | 'mp3'

/** Bytes from which {@link sniff} tells a format, unless an ID3 tag stands before it. */
export const SNIFF_LENGTH = 12

/** Bytes at the start that tell what a file is, for those that are not supported. */
const OTHER_FORMATS: readonly (readonly [offset: number, text: string, format: string])[] = [
  [0, 'RIFX', 'WAV with big-endian samples (RIFX)'],
  [0, 'RF64', 'a WAV file beyond 4 GB (RF64)'],
  [4, 'ftyp', 'MP4 / M4A'],
  [0, 'FORM', 'AIFF'],
  [0, '.snd', 'AU'],
  [0, '\x1aE\xdf\xa3', 'Matroska / WebM'],
]

/**
 * What the bytes are. One wrong byte in a signature is taken for damage, which the reader of that format then names.
 * @param bytes the start of the file, {@link SNIFF_LENGTH} bytes or all of them
 */
export function sniff(bytes: Uint8Array, name: string): AudioFormat {
  const known = OTHER_FORMATS.find(([offset, text]) => hasText(bytes, offset, text))
  if (!known) {
    if (countMatches(bytes, 0, 'OggS') >= 3) return 'ogg'
    if (countMatches(bytes, 0, 'fLaC') >= 3) return 'flac'
    const riff = countMatches(bytes, 0, 'RIFF')
    if (riff + countMatches(bytes, 8, 'WAVE') >= 7) return 'wav'
    // Frames of all MPEG layers start with 11 ones; AAC, which does too, has the layer's bits 00.
    if (hasText(bytes, 0, 'ID3') || (bytes[0] === 0xff && (bytes[1]! & 0xe0) === 0xe0 && (bytes[1]! & 6) !== 0)) return 'mp3'
    if (bytes.length < SNIFF_LENGTH) throw new AedError('AUDIO_DAMAGED', `${name}: byte ${bytes.length}: the file is cut off, ${bytes.length} bytes are no recording`)
  }
  const format = known ? known[2] : 'of a format that is not known'
  throw new AedError('AUDIO_UNSUPPORTED', `${name}: ${format}, expected WAV, FLAC, MP3, Ogg Vorbis or Ogg Opus`, { hint: 'convert the recording to WAV, FLAC or Ogg Vorbis' })
}
