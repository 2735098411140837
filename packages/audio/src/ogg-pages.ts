import { damaged, joinBytes, unsupported } from './format-decoder.ts'
import { hasText } from './text.ts'

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
  /** All of it; a view of the bytes that were pushed, or a copy. */
  readonly bytes: Uint8Array
  /** Its first byte in the file. */
  readonly start: number
  /** Byte after the last. */
  readonly end: number
  /** Samples up to the last packet that ends on this page; −1 when none does. */
  readonly granule: number
  /** True for the last page of the stream. */
  readonly last: boolean
}

/** What the first packet of the sound stream says. */
export interface OggHeader {
  readonly codec: 'Vorbis' | 'Opus'
  readonly channels: number
  /** Of the granule positions, in Hz. */
  readonly sampleRate: number
  /** Samples at the start that are decoded but not part of the sound (Opus). */
  readonly preSkip: number
  /** Q7.8 dB by which the decoded samples are to be amplified (Opus). */
  readonly outputGain: number
}

/** Walks the pages of an Ogg file that comes in parts. */
export interface OggReader {
  readonly warnings: readonly string[]
  /** Known from the first page of the sound stream on. */
  readonly header: OggHeader | undefined
  /** The pages of the sound stream that these bytes complete. */
  push(bytes: Uint8Array): OggPage[]
  /** No more bytes come. */
  end(): void
}

interface LogicalStream {
  readonly codec: string
  sequence: number
  granule: number
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
const isSound = (codec: string) => codec === 'Vorbis' || codec === 'Opus'

/** @param packet from the first byte of the identification header on */
function readHeader(codec: 'Vorbis' | 'Opus', packet: Uint8Array, name: string, offset: number): OggHeader {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength)
  if (packet.length < (codec === 'Opus' ? 19 : 30)) throw damaged(name, offset, `the ${codec} header is too short`)
  // "OpusHead", version, channels, pre-skip (2), rate of the encoder's input (4), gain (2), mapping family: RFC 7845, section 5.1.
  if (codec === 'Opus') {
    if (packet[8]! > 15) throw unsupported(name, `byte ${offset}: version ${packet[8]} of Opus in Ogg, expected 1`)
    return { codec, channels: packet[9]!, sampleRate: 48000, preSkip: view.getUint16(10, true), outputGain: view.getInt16(16, true) }
  }
  // 01 "vorbis", version (4), channels (1), sampling rate (4).
  return { codec, channels: packet[11]!, sampleRate: view.getUint32(12, true), preSkip: 0, outputGain: 0 }
}

/**
 * Reads the pages of an Ogg file with one Vorbis or Opus stream and checks what a decoder passes over in silence: capture pattern, checksum and
 * sequence number of every page, that positions never go back, and that every stream has its beginning and its end (RFC 3533).
 * @param name how errors call the recording
 * @throws AedError (when pushing and ending) `AUDIO_DAMAGED` with the offset of the first byte that is wrong or missing; `AUDIO_UNSUPPORTED` for other
 * codecs or more than one sound stream
 */
export function createOggReader(name: string): OggReader {
  const streams = new Map<number, LogicalStream>()
  const warnings: string[] = []
  let header: OggHeader | undefined
  let pending: Uint8Array = new Uint8Array(0)
  /** Offset in the file of the first byte of `pending`. */
  let at = 0
  let ignored = 0

  const allEnded = () => streams.size > 0 && [...streams.values()].every(({ ended }) => ended)

  /** Adds a checked page to its stream; it is returned when that is the sound stream. */
  function accept(bytes: Uint8Array): OggPage | undefined {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (bytes[4] !== 0) throw unsupported(name, `byte ${at}: version ${bytes[4]} of the Ogg format, expected 0`)
    const flags = bytes[5]!
    const serial = view.getUint32(14, true)
    const sequence = view.getUint32(18, true)
    const granule = view.getInt32(10, true) * 2 ** 32 + view.getUint32(6, true)
    let stream = streams.get(serial)
    if (flags & BEGIN_OF_STREAM) {
      if ([...streams.values()].some(({ ended, codec }) => ended && isSound(codec))) throw unsupported(name, `byte ${at}: a second stream follows the first (a chained Ogg file)`)
      if (stream) throw damaged(name, at, 'the stream begins a second time')
      const packet = HEADER_LENGTH + bytes[HEADER_LENGTH - 1]!
      const codec = CODECS.find(([signature]) => hasText(bytes, packet, signature))?.[1] ?? 'an unknown codec'
      if (codec === 'Vorbis' || codec === 'Opus') {
        if (header) throw unsupported(name, `byte ${at}: the Ogg file holds a second sound stream, ${codec} beside ${header.codec}, expected one`)
        header = readHeader(codec, bytes.subarray(packet), name, at + packet)
      }
      streams.set(serial, (stream = { codec, sequence, granule: 0, ended: false }))
    } else {
      if (!stream) throw damaged(name, at, 'the beginning of the stream is missing before this Ogg page')
      if (stream.ended) throw damaged(name, at, 'an Ogg page after the end of its stream')
      if (!header) throw unsupported(name, `the Ogg file holds ${[...streams.values()].map(({ codec }) => codec).join(', ')}, expected Vorbis or Opus`)
      const expected = (stream.sequence + 1) % 2 ** 32
      if (sequence !== expected) throw damaged(name, at, `Ogg pages are missing or out of order: page ${expected} should stand here, found page ${sequence}`)
      stream.sequence = sequence
    }
    if (granule !== -1) {
      if (granule < stream.granule) throw damaged(name, at, `the position of this Ogg page, ${granule}, lies before that of the page before, ${stream.granule}`)
      stream.granule = granule
    }
    if (flags & END_OF_STREAM) stream.ended = true
    return isSound(stream.codec) ? { bytes, start: at, end: at + bytes.length, granule, last: stream.ended } : undefined
  }

  /** Length of the page at the start of `pending`; undefined while bytes of it are missing. */
  function pageLength(): number | undefined {
    const segments = pending[HEADER_LENGTH - 1]
    if (segments === undefined || HEADER_LENGTH + segments > pending.length) return undefined
    let length = HEADER_LENGTH + segments
    for (let i = HEADER_LENGTH; i < HEADER_LENGTH + segments; i++) length += pending[i]!
    return length
  }

  return {
    warnings,
    get header() {
      return header
    },
    push(bytes) {
      const pages: OggPage[] = []
      pending = joinBytes(pending, bytes)
      while (ignored === 0 && pending.length >= 4) {
        if (!hasText(pending, 0, 'OggS')) {
          if (!allEnded()) throw damaged(name, at, 'an Ogg page should start here')
          break
        }
        const length = pageLength()
        if (length === undefined || length > pending.length) break
        const page = pending.subarray(0, length)
        const stated = new DataView(page.buffer, page.byteOffset).getUint32(22, true)
        const found = oggPageCrc(page)
        if (stated !== found) throw damaged(name, at, `the checksum of this Ogg page is wrong: it says ${stated}, its bytes give ${found}`)
        const accepted = accept(page)
        if (accepted) pages.push(accepted)
        at += length
        pending = pending.subarray(length)
      }
      if (allEnded() && pending.length > 0 && !hasText(pending, 0, 'OggS'.slice(0, pending.length))) {
        ignored += pending.length
        pending = pending.subarray(0, 0)
      }
      pending = pending.slice() // what was pushed is not kept
      return pages
    },
    end() {
      if (ignored > 0 || (pending.length > 0 && pending.length < 4 && allEnded())) warnings.push(`${ignored + pending.length} bytes after the end of the stream are ignored`)
      else if (pending.length > 0) {
        const length = pageLength()
        if (pending.length < 4) throw damaged(name, at, 'the file is cut off')
        if (length === undefined) throw damaged(name, at, 'the file is cut off within the header of this Ogg page')
        throw damaged(name, at, `the file is cut off within this Ogg page, ${length - pending.length} bytes are missing`)
      }
      if (!header) throw unsupported(name, `the Ogg file holds ${[...streams.values()].map(({ codec }) => codec).join(', ')}, expected Vorbis or Opus`)
      if (![...streams.values()].every(({ ended, codec }) => ended || !isSound(codec)))
        throw damaged(name, at + pending.length, 'the end of the stream is missing: the file is cut off after a whole Ogg page')
    },
  }
}
