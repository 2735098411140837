import { damaged, joinBytes, unsupported } from './format-decoder.ts'
import { countMatches, hasText } from './text.ts'

/** kbit/s by index, for MPEG 1 layers I, II, III and MPEG 2 layers I, II + III. */
const BIT_RATES: readonly (readonly number[])[] = [
  [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
]
const SAMPLE_RATES = [44100, 48000, 32000]

/** What every frame of a file has in common. */
export interface Mp3Format {
  readonly layer: 1 | 2 | 3
  readonly sampleRate: number
  readonly channels: 1 | 2
  /** Per channel and frame. */
  readonly frameSamples: number
}

/** A frame as its header describes it (ISO 11172-3, 13818-3). */
export interface Mp3Header extends Mp3Format {
  /** In bytes, header included. */
  readonly length: number
  /** A CRC of header and side information follows the header. */
  readonly hasCrc: boolean
  /** Layer III: bytes between header (and CRC) and main data. */
  readonly sideInfo: number
}

/** The frame header at `at`; undefined when there is none, `free` for the one whose length no header says. */
export function readMp3Header(bytes: Uint8Array, at: number): Mp3Header | 'free' | undefined {
  const [b1, b2, b3] = [bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!]
  if (bytes[at] !== 0xff || (b1 & 0xe0) !== 0xe0) return undefined
  const version = (b1 >> 3) & 3 // 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
  const layer = (4 - ((b1 >> 1) & 3)) as 1 | 2 | 3 | 4
  const rate = SAMPLE_RATES[(b2 >> 2) & 3]
  if (version === 1 || layer === 4 || rate === undefined || b2 >> 4 === 15 || (b3 & 3) === 2) return undefined
  if (b2 >> 4 === 0) return 'free'
  const mpeg1 = version === 3
  const sampleRate = rate / (mpeg1 ? 1 : version === 2 ? 2 : 4)
  const bitRate = 1000 * BIT_RATES[mpeg1 ? layer - 1 : layer === 1 ? 3 : 4]![b2 >> 4]!
  const frameSamples = layer === 1 ? 384 : layer === 2 || mpeg1 ? 1152 : 576
  const padding = (b2 >> 1) & 1
  const length = layer === 1 ? 4 * (Math.floor((12 * bitRate) / sampleRate) + padding) : Math.floor(((frameSamples / 8) * bitRate) / sampleRate) + padding
  const channels = b3 >> 6 === 3 ? 1 : 2
  const sideInfo = layer < 3 ? 0 : mpeg1 ? (channels === 1 ? 17 : 32) : channels === 1 ? 9 : 17
  return { layer, sampleRate, channels, frameSamples, length, hasCrc: (b1 & 1) === 0, sideInfo }
}

/** CRC-16 with polynomial 0x8005, most significant bit first, start 0xffff: that of MPEG frames. */
export function mpegCrc16(bytes: Uint8Array, ranges: readonly (readonly [start: number, end: number])[]): number {
  let crc = 0xffff
  for (const [start, end] of ranges)
    for (let i = start; i < end; i++) {
      crc ^= bytes[i]! << 8
      for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x8005 : crc << 1) & 0xffff
    }
  return crc
}

const ARC_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let r = byte
  for (let bit = 0; bit < 8; bit++) r = r & 1 ? (r >> 1) ^ 0xa001 : r >> 1
  return r
})

/** CRC-16 with polynomial 0x8005, least significant bit first, start 0: that of LAME's tag. */
export function lameCrc16(bytes: Uint8Array, crc = 0): number {
  for (const byte of bytes) crc = (crc >> 8) ^ ARC_TABLE[(crc ^ byte) & 255]!
  return crc
}

/** Encoders that write LAME's tag, as they begin it, 120 bytes after the mark 'Xing' or 'Info'. */
const ENCODERS = ['LAME', 'Lavf', 'Lavc']

/** What encoders write into a first frame of its own (Xing, Info; LAME's extension of it). */
export interface Mp3Info {
  /** Frames after this one. */
  readonly frames: number | undefined
  /** Samples that encoder and decoder added at the start and end. */
  readonly padding: number
  /** Bytes of the file from this frame to the last, and the CRC of those after this frame; undefined when not stated or not to be trusted. */
  readonly music: { readonly length: number; readonly crc: number } | undefined
  /** The tag's own checksum is wrong. */
  readonly broken: boolean
}

/**
 * The information frame, or undefined for a frame of sound.
 * @throws AedError `AUDIO_DAMAGED` when its mark is wrong, told by most of it or by the encoder's name at its usual place: the decoder would play the frame
 */
export function readMp3Info(frame: Uint8Array, header: Mp3Header, name: string, offset: number): Mp3Info | undefined {
  const at = 4 + (header.hasCrc ? 2 : 0) + header.sideInfo
  if (header.layer !== 3 || frame.length < at + 8) return undefined
  const likeness = Math.max(countMatches(frame, at, 'Xing'), countMatches(frame, at, 'Info'))
  if (likeness === 3 || (likeness < 3 && ENCODERS.some((encoder) => hasText(frame, at + 120, encoder)))) throw damaged(name, offset + at, "'Xing' or 'Info' should stand here")
  if (likeness < 4) return undefined
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const flags = view.getUint32(at + 4)
  let next = at + 8
  const frames = flags & 1 && frame.length >= next + 4 ? view.getUint32(next) : undefined
  next += (flags & 1 ? 4 : 0) + (flags & 2 ? 4 : 0) + (flags & 4 ? 100 : 0) + (flags & 8 ? 4 : 0)
  const tag = frame.subarray(next, next + 36)
  if (tag.length < 36 || tag.every((byte) => byte === 0)) return { frames, padding: 0, music: undefined, broken: false }
  const broken = view.getUint16(next + 34) !== lameCrc16(frame.subarray(0, next + 34))
  const padding = (tag[21]! << 4) + (tag[22]! >> 4) + ((tag[22]! & 15) << 8) + tag[23]!
  const length = view.getUint32(next + 28)
  return { frames, padding, broken, music: broken || length === 0 ? undefined : { length, crc: view.getUint16(next + 32) } }
}

/** Takes an MP3 file apart that comes in parts. */
export interface Mp3Reader {
  readonly warnings: readonly string[]
  /** Known from the first frame on. */
  readonly format: Mp3Format | undefined
  /** Offset in the file of the first byte not yet returned. */
  readonly offset: number
  /** Samples per channel that the frames so far and what encoders say of their padding make. */
  readonly samples: number
  /** Frames that these bytes complete, one after another as they are. */
  push(bytes: Uint8Array): Uint8Array
  /** No more bytes come. */
  end(): void
}

/**
 * Walks the frames of an MP3 file (MPEG 1, 2 and 2.5, layers I to III), past ID3 and APE tags. The format has no checksum of the sound and no
 * count of frames of its own: found are headers that are wrong or do not follow one another, a last frame that is cut off, and what encoders add: CRCs of
 * headers, LAME's count of frames and its CRC of the music. A byte that is wrong within a frame of a file without these cannot be found.
 * @throws AedError (when pushing and ending) `AUDIO_DAMAGED` with the offset; `AUDIO_UNSUPPORTED` for free format and formats that change
 */
export function createMp3Reader(name: string): Mp3Reader {
  const warnings: string[] = []
  let format: Mp3Format | undefined
  let info: Mp3Info | undefined
  let pending: Uint8Array = new Uint8Array(0)
  let offset = 0
  let skip = 0
  let zeros = 0
  let frames = 0
  let infoStart = -1
  let musicCrc = 0
  let musicEnd = 0
  /** Where zeros after a frame begin. */
  let padding: number | undefined
  /** What stands after the last frame: a tag of at most so many bytes. */
  let tail: { readonly start: number; readonly most: number } | undefined

  const drop = (length: number) => {
    pending = pending.subarray(length)
    offset += length
  }

  /** Checks a frame; an information frame goes to the decoder too, which cuts by it what the encoder padded. */
  function accept(frame: Uint8Array, header: Mp3Header): void {
    const { hasCrc, sideInfo, layer } = header
    if (hasCrc && layer === 3 && frame.length >= 6 + sideInfo) {
      const stated = frame[4]! * 256 + frame[5]!
      if (stated !== mpegCrc16(frame, [[2, 4], [6, 6 + sideInfo]])) throw damaged(name, offset, 'the checksum of this MPEG frame is wrong')
    }
    if (!format) {
      format = header
      info = readMp3Info(frame, header, name, offset)
      if (info) {
        infoStart = offset
        if (info.broken) warnings.push("the checksum of LAME's tag is wrong: start and end of the sound may be cut at the wrong place")
        return
      }
    }
    if (frames === 0 && layer === 3 && frame.length >= 6 + sideInfo) {
      const at = hasCrc ? 6 : 4
      const borrowed = header.frameSamples === 1152 ? frame[at]! * 2 + (frame[at + 1]! >> 7) : frame[at]! // main_data_begin, 9 or 8 bits
      if (borrowed > 0) warnings.push(`the first frame needs ${borrowed} bytes of frames before it: the file is damaged, or was cut out of a longer one, and its first samples are not what they were`)
    }
    frames++
    if (info?.music) musicCrc = lameCrc16(frame, musicCrc)
    musicEnd = offset + frame.length
  }

  /** Length of what is not a frame at the start of `pending`: a tag before the sound; undefined while bytes are missing, 0 for a frame. */
  function tagLength(): number | undefined {
    if (pending.length < 10) return undefined
    if (!hasText(pending, 0, 'ID3')) return 0
    return 10 + (pending[6]! & 127) * 2097152 + (pending[7]! & 127) * 16384 + (pending[8]! & 127) * 128 + (pending[9]! & 127) + (pending[5]! & 16 ? 10 : 0)
  }

  return {
    warnings,
    get format() {
      return format
    },
    get offset() {
      return offset
    },
    get samples() {
      return format ? frames * format.frameSamples - (info?.padding ?? 0) : 0
    },
    push(bytes) {
      pending = joinBytes(pending, bytes)
      const start = pending
      let length = 0
      let from = 0
      while (!tail) {
        const passed = Math.min(skip, pending.length)
        drop(passed)
        skip -= passed
        if (skip > 0) break
        if (!format && pending.length > 0 && pending[0] === 0 && frames === 0) {
          const sound = pending.findIndex((byte) => byte !== 0)
          zeros += sound < 0 ? pending.length : sound
          drop(sound < 0 ? pending.length : sound)
          continue
        }
        if (!format) {
          const tag = tagLength()
          if (tag === undefined) break
          if (tag > 0) {
            skip = tag
            continue
          }
          from = start.length - pending.length
        }
        if (pending.length < 4) break
        const header = readMp3Header(pending, 0)
        if (header === 'free') throw unsupported(name, `byte ${offset}: MP3 in free format`)
        if (!header) {
          if (format && pending[0] === 0) {
            // Padding: a tag may follow it, sound may not.
            const next = pending.findIndex((byte) => byte !== 0)
            padding ??= offset
            drop(next < 0 ? pending.length : next)
            continue
          }
          if (format && hasText(pending, 0, 'TAG')) tail = { start: offset, most: 128 }
          else if (format && /^(APET|LYRI|ID3)/.test(String.fromCharCode(...pending.subarray(0, 4)))) tail = { start: offset, most: Infinity }
          else throw damaged(name, offset, 'an MPEG frame should start here')
          break
        }
        if (padding !== undefined) throw damaged(name, padding, `an MPEG frame should start here, zeros stand before the next one at byte ${offset}`)
        if (format && (header.layer !== format.layer || header.sampleRate !== format.sampleRate || header.channels !== format.channels))
          throw damaged(name, offset, 'an MPEG frame of another kind, rate or number of channels than those before')
        if (pending.length < header.length) break
        accept(pending.subarray(0, header.length), header)
        length += header.length
        drop(header.length)
      }
      pending = pending.slice() // what was pushed is not kept
      if (tail) drop(pending.length)
      return start.subarray(from, from + length)
    },
    end() {
      if (zeros > 0) warnings.push(`${zeros} zero bytes before the first frame are ignored`)
      if (tail && offset - tail.start > tail.most) throw damaged(name, tail.start, `${offset - tail.start} bytes after the last frame start as a tag of ${tail.most}`)
      if (skip > 0 || !format) throw damaged(name, offset + pending.length, 'the file is cut off before its first MPEG frame')
      if (pending.length > 0) throw damaged(name, offset, 'the file is cut off within this MPEG frame')
      if (info?.frames !== undefined && frames < info.frames) throw damaged(name, offset, `the file is cut off: its first frame says that ${info.frames} frames follow, ${frames} are there`)
      if (info?.frames !== undefined && frames > info.frames) warnings.push(`the first frame says that ${info.frames} frames follow, ${frames} are there`)
      if (info?.music && (info.music.length !== musicEnd - infoStart || info.music.crc !== musicCrc))
        warnings.push("the sound is not what LAME's checksum says: it is damaged, or was edited after encoding")
    },
  }
}
