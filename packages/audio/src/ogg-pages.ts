import { AedError } from '@aed/core'

const HEADER_LENGTH = 27
/** Bits of a page's header type. */
const BEGIN_OF_STREAM = 2
const END_OF_STREAM = 4

/** CRC-32 of Ogg: polynomial 0x04c11db7, most significant bit first, start 0, not inverted. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let r = byte << 24
  for (let bit = 0; bit < 8; bit++) r = r & 0x80000000 ? (r << 1) ^ 0x04c11db7 : r << 1
  return r
})

/** CRC of a page with its own checksum field (bytes 22 to 25) taken as zeros. */
export function oggPageCrc(page: Uint8Array): number {
  let crc = 0
  for (let i = 0; i < page.length; i++) {
    const byte = i >= 22 && i < 26 ? 0 : page[i]!
    crc = (crc << 8) ^ CRC_TABLE[(crc >>> 24) ^ byte]!
  }
  return crc >>> 0
}

/** One sound page of a checked Ogg file. */
export interface OggPage {
  /** First byte. */
  readonly start: number
  /** Byte after the last. */
  readonly end: number
  /** Samples up to the last packet that ends on this page; −1 when none does. */
  readonly granule: number
}

/** The one Vorbis stream of an Ogg file. */
export interface OggVorbisStream {
  readonly channels: number
  readonly sampleRate: number
  /** Pages of this stream alone. */
  readonly pages: readonly OggPage[]
  readonly warnings: readonly string[]
}

interface LogicalStream {
  readonly codec: string
  readonly pages: OggPage[]
  sequence: number
  ended: boolean
}

/** What the first packet of a stream says that it holds. */
const CODECS: readonly (readonly [signature: string, codec: string])[] = [
  ['\x01vorbis', 'Vorbis'],
  ['OpusHead', 'Opus'],
  ['\x7fFLAC', 'FLAC'],
  ['Speex   ', 'Speex'],
  ['\x80theora', 'Theora'],
  ['fishead\0', 'Skeleton'],
]

/** True when the bytes at `at` are those of a Latin-1 text. */
export function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false
  return true
}

/**
 * Walks all pages of an Ogg file and checks what a decoder passes over in silence: capture pattern, checksum and sequence number of every
 * page, and that every stream has its beginning and its end (RFC 3533).
 * @param name how errors call the recording
 * @throws AedError `AUDIO_DAMAGED` with the offset of the first byte that is wrong or missing; `AUDIO_UNSUPPORTED` for another codec or more than one
 * Vorbis stream
 */
export function readOggVorbisPages(bytes: Uint8Array, name: string): OggVorbisStream {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const damaged = (offset: number, what: string) =>
    new AedError('AUDIO_DAMAGED', `${name}: byte ${offset}: ${what}`, { hint: 'get the recording again; this copy is damaged or incomplete' })
  const unsupported = (what: string) => new AedError('AUDIO_UNSUPPORTED', `${name}: ${what}`, { hint: 'convert the recording to WAV or Ogg Vorbis with one stream' })
  const streams = new Map<number, LogicalStream>()
  const warnings: string[] = []

  let at = 0
  while (at < bytes.length) {
    if (!hasText(bytes, at, 'OggS')) {
      const allEnded = streams.size > 0 && [...streams.values()].every(({ ended }) => ended)
      if (!allEnded) throw damaged(at, bytes.length - at < 4 ? 'the file is cut off' : 'an Ogg page should start here')
      warnings.push(`${bytes.length - at} bytes after the end of the stream are ignored`)
      break
    }
    const segments = bytes[at + HEADER_LENGTH - 1]
    const bodyStart = at + HEADER_LENGTH + (segments ?? 0)
    if (segments === undefined || bodyStart > bytes.length) throw damaged(at, 'the file is cut off within the header of this Ogg page')
    let end = bodyStart
    for (let i = at + HEADER_LENGTH; i < bodyStart; i++) end += bytes[i]!
    if (end > bytes.length) throw damaged(at, `the file is cut off within this Ogg page, ${end - bytes.length} bytes are missing`)
    const stated = view.getUint32(at + 22, true)
    const found = oggPageCrc(bytes.subarray(at, end))
    if (stated !== found) throw damaged(at, `the checksum of this Ogg page is wrong: it says ${stated}, its bytes give ${found}`)
    if (bytes[at + 4] !== 0) throw unsupported(`byte ${at}: version ${bytes[at + 4]} of the Ogg format, expected 0`)

    const flags = bytes[at + 5]!
    const serial = view.getUint32(at + 14, true)
    const sequence = view.getUint32(at + 18, true)
    let stream = streams.get(serial)
    if (flags & BEGIN_OF_STREAM) {
      if ([...streams.values()].some(({ ended, codec }) => ended && codec === 'Vorbis')) throw unsupported(`byte ${at}: a second stream follows the first (a chained Ogg file)`)
      if (stream) throw damaged(at, 'the stream begins a second time')
      const codec = CODECS.find(([signature]) => hasText(bytes, bodyStart, signature))?.[1] ?? 'an unknown codec'
      streams.set(serial, (stream = { codec, pages: [], sequence, ended: false }))
    } else {
      if (!stream) throw damaged(at, 'the beginning of the stream is missing before this Ogg page')
      if (stream.ended) throw damaged(at, 'an Ogg page after the end of its stream')
      const expected = (stream.sequence + 1) % 2 ** 32
      if (sequence !== expected) throw damaged(at, `Ogg pages are missing or out of order: page ${expected} should stand here, found page ${sequence}`)
      stream.sequence = sequence
    }
    if (flags & END_OF_STREAM) stream.ended = true
    stream.pages.push({ start: at, end, granule: view.getInt32(at + 10, true) * 2 ** 32 + view.getUint32(at + 6, true) })
    at = end
  }

  const vorbis = [...streams.values()].filter(({ codec }) => codec === 'Vorbis')
  const [stream] = vorbis
  if (!stream) throw unsupported(`the Ogg file holds ${[...streams.values()].map(({ codec }) => codec).join(', ')}, expected Vorbis`)
  if (vorbis.length > 1) throw unsupported(`the Ogg file holds ${vorbis.length} Vorbis streams, expected one`)
  if (!stream.ended) throw damaged(bytes.length, 'the end of the stream is missing: the file is cut off after a whole Ogg page')
  // Identification header: 01 "vorbis", version (4 bytes), channels (1), sampling rate (4).
  const first = stream.pages[0]!
  const packet = first.start + HEADER_LENGTH + bytes[first.start + HEADER_LENGTH - 1]!
  if (packet + 16 > first.end) throw damaged(packet, 'the Vorbis header is too short')
  return { channels: bytes[packet + 11]!, sampleRate: view.getUint32(packet + 12, true), pages: stream.pages, warnings }
}
