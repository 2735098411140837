import { damaged, joinBytes, unsupported } from './format-decoder.ts'
import { hasText } from './text.ts'

/** CRC-8 of FLAC's frame headers: polynomial 0x07, start 0. */
const CRC8_TABLE = Uint8Array.from({ length: 256 }, (_, byte) => {
  let r = byte
  for (let bit = 0; bit < 8; bit++) r = r & 0x80 ? (r << 1) ^ 0x07 : r << 1
  return r
})
/** CRC-16 of FLAC's frames: polynomial 0x8005, most significant bit first, start 0. */
const CRC16_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let r = byte << 8
  for (let bit = 0; bit < 8; bit++) r = r & 0x8000 ? (r << 1) ^ 0x8005 : r << 1
  return r
})

/** CRC-16 continued over more bytes; that of a whole frame with its own CRC is 0. */
export function flacCrc16(bytes: Uint8Array, start: number, end: number, crc = 0): number {
  for (let i = start; i < end; i++) crc = ((crc << 8) ^ CRC16_TABLE[(crc >> 8) ^ bytes[i]!]!) & 0xffff
  return crc
}

/** CRC-8 of some bytes. */
export function flacCrc8(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) crc = CRC8_TABLE[crc ^ byte]!
  return crc
}

/** What a FLAC file says of itself at its start. */
export interface FlacStreamInfo {
  readonly minBlockSize: number
  readonly maxBlockSize: number
  readonly minFrameSize: number
  readonly maxFrameSize: number
  readonly sampleRate: number
  readonly channels: number
  readonly bitsPerSample: number
  /** Per channel; 0 when unknown. */
  readonly totalSamples: number
  /** Of the interleaved samples, in hexadecimal; all zeros when unknown. */
  readonly md5: string
}

/** A frame whose checksums are right. */
export interface FlacFrame {
  readonly bytes: Uint8Array
  /** Its first byte in the file. */
  readonly start: number
  /** Samples per channel. */
  readonly blockSize: number
}

interface FrameHeader {
  readonly length: number
  readonly blockSize: number
  readonly sampleRate: number | undefined
  readonly channels: number
  readonly bitsPerSample: number | undefined
  /** Of the frame, or of its first sample where block sizes vary. */
  readonly position: number
  readonly variable: boolean
}

const RATES = [undefined, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000]
const BITS = [undefined, 8, 12, -1, 16, 20, 24, 32]
/** Longest frame header. */
const MAX_HEADER = 16

/** The frame header at `at`; undefined when there is none (RFC 9639, section 9.1). All its bytes must be there. */
function readFrameHeader(bytes: Uint8Array, at: number): FrameHeader | undefined {
  const second = bytes[at + 1]!
  if (bytes[at] !== 0xff || (second & 0xfe) !== 0xf8) return undefined
  const sizeCode = bytes[at + 2]! >> 4
  const rateCode = bytes[at + 2]! & 15
  const channelCode = bytes[at + 3]! >> 4
  const bitsPerSample = BITS[(bytes[at + 3]! >> 1) & 7]
  if (sizeCode === 0 || rateCode === 15 || channelCode > 10 || bitsPerSample === -1 || bytes[at + 3]! & 1) return undefined
  // A number in the manner of UTF-8, up to 36 bits.
  let next = at + 4
  const lead = bytes[next++]!
  let more = 0
  while (more < 7 && lead & (0x80 >> more)) more++
  if (more === 1 || (more === 7 && lead !== 0xfe)) return undefined
  let position = more === 0 ? lead : lead & (0x7f >> more)
  for (let i = 1; i < more; i++) {
    const byte = bytes[next++]!
    if ((byte & 0xc0) !== 0x80) return undefined
    position = position * 64 + (byte & 0x3f)
  }
  const take = () => bytes[next++]!
  const sixteen = () => take() * 256 + take()
  const blockSize = sizeCode === 1 ? 192 : sizeCode < 6 ? 144 << sizeCode : sizeCode === 6 ? take() + 1 : sizeCode === 7 ? sixteen() + 1 : 1 << sizeCode
  const sampleRate = rateCode < 12 ? RATES[rateCode] : rateCode === 12 ? 1000 * take() : rateCode === 13 ? sixteen() : 10 * sixteen()
  if (flacCrc8(bytes.subarray(at, next)) !== bytes[next]) return undefined
  return { length: next + 1 - at, blockSize, sampleRate, channels: channelCode < 8 ? channelCode + 1 : 2, bitsPerSample, position, variable: (second & 1) === 1 }
}

function readStreamInfo(block: Uint8Array, name: string, offset: number): FlacStreamInfo {
  if (block.length !== 34) throw damaged(name, offset, `the STREAMINFO block holds ${block.length} bytes, expected 34`)
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  const packed = view.getUint32(10)
  const info = {
    minBlockSize: view.getUint16(0),
    maxBlockSize: view.getUint16(2),
    minFrameSize: view.getUint32(3) & 0xffffff,
    maxFrameSize: view.getUint32(6) & 0xffffff,
    sampleRate: packed >>> 12,
    channels: ((packed >> 9) & 7) + 1,
    bitsPerSample: ((packed >> 4) & 31) + 1,
    totalSamples: (packed & 15) * 2 ** 32 + view.getUint32(14),
    md5: Array.from(block.subarray(18), (byte) => byte.toString(16).padStart(2, '0')).join(''),
  }
  if (info.minBlockSize < 16 || info.minBlockSize > info.maxBlockSize || info.sampleRate === 0 || info.bitsPerSample < 4)
    throw damaged(name, offset, 'the STREAMINFO block contradicts itself')
  if (info.bitsPerSample > 24) throw unsupported(name, `FLAC of ${info.bitsPerSample} bits, expected 4 to 24`)
  return info
}

/** Takes a FLAC file apart that comes in parts. */
export interface FlacReader {
  readonly warnings: readonly string[]
  /** Known once the metadata has been read. */
  readonly info: FlacStreamInfo | undefined
  /** The frames that these bytes complete. */
  push(bytes: Uint8Array): FlacFrame[]
  /** No more bytes come: the last frame. */
  end(): FlacFrame[]
}

/**
 * Takes a FLAC file (RFC 9639) into frames. Nothing in a frame says how long it is: it ends where its CRC-16 is right and the header of the
 * next frame, right by its CRC-8, number and format, follows. So every frame that comes out is whole, and none is missing between them.
 * @throws AedError (when pushing and ending) `AUDIO_DAMAGED` with the offset of the frame that is wrong or missing; `AUDIO_UNSUPPORTED` beyond 24 bits
 */
export function createFlacReader(name: string): FlacReader {
  const warnings: string[] = []
  let info: FlacStreamInfo | undefined
  let pending: Uint8Array = new Uint8Array(0)
  /** Offset in the file of the first byte of `pending`. */
  let offset = 0
  let part: 'signature' | 'metadata' | 'frames' = 'signature'
  /** Bytes of metadata still to be passed over. */
  let skip = 0
  let lastBlock = false
  /** Bytes of the frame at the start of `pending` that have been looked at, and their CRC-16. */
  let scanned = 0
  let crc = 0
  let current: FrameHeader | undefined
  let frames = 0
  let samples = 0
  let blockSize = 0

  const drop = (length: number) => {
    pending = pending.subarray(length)
    offset += length
  }

  /** The header at `at`, when it can be that of the frame with number `index` and first sample `position`. */
  function expectedHeader(at: number, index: number, position: number): FrameHeader | undefined {
    const header = readFrameHeader(pending, at)
    if (!header || !info) return undefined
    const { sampleRate, channels, bitsPerSample } = header
    const fits = (sampleRate ?? info.sampleRate) === info.sampleRate && channels === info.channels && (bitsPerSample ?? info.bitsPerSample) === info.bitsPerSample
    return fits && header.blockSize <= info.maxBlockSize && header.position === (header.variable ? position : index) ? header : undefined
  }

  /** Reads what comes before the frames; false while bytes are missing. */
  function readMetadata(): boolean {
    for (;;) {
      const passed = Math.min(skip, pending.length)
      drop(passed)
      skip -= passed
      if (skip > 0) return false
      if (lastBlock) return true
      if (pending.length < 4) return false
      const type = pending[0]! & 127
      const length = pending[1]! * 65536 + pending[2]! * 256 + pending[3]!
      if (info === undefined) {
        if (type !== 0) throw damaged(name, offset, 'the first metadata block should be STREAMINFO')
        if (length !== 34) throw damaged(name, offset, `the STREAMINFO block holds ${length} bytes, expected 34`)
        if (pending.length < 38) return false
        info = readStreamInfo(pending.subarray(4, 38), name, offset + 4)
      } else if (type === 0 || type === 127) throw damaged(name, offset, `a metadata block of type ${type} cannot stand here`)
      lastBlock = (pending[0]! & 128) !== 0
      drop(4)
      skip = length
    }
  }

  function close(header: FrameHeader, length: number): FlacFrame {
    const { minFrameSize, maxFrameSize, minBlockSize, maxBlockSize } = info!
    if ((minFrameSize > 0 && length < minFrameSize) || (maxFrameSize > 0 && length > maxFrameSize))
      throw damaged(name, offset, `a frame of ${length} bytes, STREAMINFO says ${minFrameSize} to ${maxFrameSize}`)
    if (!header.variable && minBlockSize !== maxBlockSize) throw damaged(name, offset, 'frames of a fixed block size in a file whose STREAMINFO says that they vary')
    if (blockSize !== 0 && blockSize < minBlockSize) throw damaged(name, offset, `a frame of ${blockSize} samples before the last, STREAMINFO says ${minBlockSize} or more`)
    blockSize = header.blockSize
    const frame = { bytes: pending.slice(0, length), start: offset, blockSize: header.blockSize }
    drop(length)
    frames++
    samples += header.blockSize
    scanned = 0
    crc = 0
    current = undefined
    return frame
  }

  /** The next frame, if its end can be told. @param ended no more bytes come */
  function nextFrame(ended: boolean): FlacFrame | undefined {
    if (!current) {
      if (pending.length < (ended ? 1 : MAX_HEADER)) return undefined
      current = expectedHeader(0, frames, samples)
      if (!current) throw damaged(name, offset, pending.length < MAX_HEADER ? 'the file is cut off' : `frame ${frames} should start here`)
      crc = flacCrc16(pending, 0, current.length)
      scanned = current.length
    }
    // Frames are shorter than their samples as they are; twice that leaves room for a bad encoder.
    const longest = 2 * info!.channels * (16 + Math.ceil((current.blockSize * (info!.bitsPerSample + 1)) / 8))
    const until = pending.length - (ended ? 0 : MAX_HEADER)
    for (; scanned < until; scanned++) {
      if (crc === 0 && pending[scanned] === 0xff && expectedHeader(scanned, frames + 1, samples + current.blockSize)) return close(current, scanned)
      crc = ((crc << 8) ^ CRC16_TABLE[(crc >> 8) ^ pending[scanned]!]!) & 0xffff
      if (scanned > longest) throw damaged(name, offset, `the checksum of frame ${frames} is wrong, or the frame after it is damaged or missing`)
    }
    return undefined
  }

  return {
    warnings,
    get info() {
      return info
    },
    push(bytes) {
      const found: FlacFrame[] = []
      pending = joinBytes(pending, bytes)
      if (part === 'signature' && pending.length >= 4) {
        if (!hasText(pending, 0, 'fLaC')) throw damaged(name, offset, "a FLAC file starts with 'fLaC'")
        drop(4)
        part = 'metadata'
      }
      if (part === 'metadata' && readMetadata()) part = 'frames'
      if (part === 'frames') for (let frame = nextFrame(false); frame; frame = nextFrame(false)) found.push(frame)
      pending = pending.slice() // what was pushed is not kept
      return found
    },
    end() {
      const found: FlacFrame[] = []
      if (part !== 'frames') throw damaged(name, offset + pending.length, 'the file is cut off before its first frame')
      for (let frame = nextFrame(true); frame; frame = nextFrame(true)) found.push(frame)
      if (current && pending.length > 128 && hasText(pending, pending.length - 128, 'TAG') && flacCrc16(pending, 0, pending.length - 128) === 0) {
        warnings.push('an ID3 tag after the last frame is ignored')
        pending = pending.subarray(0, pending.length - 128)
        crc = 0
      }
      if (current) {
        if (crc !== 0) throw damaged(name, offset, `the checksum of frame ${frames} is wrong, or the file is cut off within it`)
        found.push(close(current, pending.length))
      }
      if (info!.totalSamples > 0 && samples !== info!.totalSamples)
        throw damaged(name, offset, `${samples < info!.totalSamples ? 'the file is cut off: ' : ''}STREAMINFO says ${info!.totalSamples} samples, the frames hold ${samples}`)
      return found
    },
  }
}
