import { describe, expect, it } from '@jest/globals'
import { goldenBytes } from '../test/goldens.ts'
import { decodeAudio } from './decode.ts'
import { createMp3Reader, mpegCrc16, readMp3Header, readMp3Info, type Mp3Header } from './mp3-frames.ts'

const clean = goldenBytes('mp3_stereo.mp3')
const join = (...parts: (Uint8Array | string)[]) => new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))))

function readMp3(bytes: Uint8Array, size = bytes.length) {
  const reader = createMp3Reader('x.mp3')
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += size) parts.push(reader.push(bytes.subarray(at, at + size)).slice())
  reader.end()
  return { frames: join(...parts), format: reader.format, samples: reader.samples, warnings: reader.warnings }
}
const header = readMp3Header(clean, 0) as Mp3Header
/** Bytes of the frames after the information frame. */
const sound = clean.subarray(header.length)

describe('createMp3Reader', () => {
  it('finds format, frames and samples, for any chunking', () => {
    const whole = readMp3(clean)
    expect(whole).toMatchObject({ format: { layer: 3, sampleRate: 44100, channels: 2, frameSamples: 1152 }, samples: 3000, warnings: [] })
    expect(whole.frames).toEqual(clean)
    for (const size of [1, 3, 500]) expect(readMp3(clean, size)).toEqual(whole)
  })

  it('passes over ID3 and APE tags and zeros', () => {
    const id3 = join('ID3\x04\0\0\0\0\0\x05', 'hello')
    expect(readMp3(join(id3, clean, 'TAG'.padEnd(128, ' '))).frames).toEqual(clean)
    expect(readMp3(join(clean, 'APETAGEX and more')).frames).toEqual(clean)
    expect(readMp3(join('\0\0\0', clean))).toMatchObject({ frames: clean, warnings: ['3 zero bytes before the first frame are ignored'] })
    expect(() => readMp3(join(clean, 'TAG'.padEnd(129, ' ')))).toThrow(expect.objectContaining({ code: 'AUDIO_DAMAGED' }))
  })

  it('tells by the checksum of LAME that the sound was changed, and by its count that frames are missing', () => {
    const changed = clean.slice()
    changed[clean.length - 60]! ^= 1
    expect(readMp3(changed).warnings).toEqual([expect.stringContaining("not what LAME's checksum says")])
    const second = readMp3Header(sound, 0) as Mp3Header
    expect(() => readMp3(join(clean.subarray(0, header.length), sound.subarray(second.length)))).toThrow(expect.objectContaining({ code: 'AUDIO_DAMAGED', message: expect.stringContaining('cut off') }))
  })

  it('tells a wrong byte of the information frame', () => {
    for (let at = 36; at < 192; at++) {
      const changed = clean.slice()
      changed[at]! ^= 0x20
      let told = false
      try {
        told = readMp3(changed).warnings.length > 0
      } catch (error) {
        told = (error as { code: string }).code === 'AUDIO_DAMAGED'
      }
      expect({ at, told }).toEqual({ at, told: true })
    }
  })

  it('tells an overwritten mark of the information frame by the name of the encoder', () => {
    const changed = clean.slice()
    changed.fill(7, 20, 60)
    expect(() => readMp3(changed)).toThrow(expect.objectContaining({ code: 'AUDIO_DAMAGED', message: "x.mp3: byte 36: 'Xing' or 'Info' should stand here" }))
  })

  it('takes zeros after the last frame, tags behind them too, but no sound', () => {
    expect(readMp3(join(clean, '\0\0\0\0\0\0'), 5)).toMatchObject({ frames: clean, samples: 3000, warnings: [] })
    expect(readMp3(join(clean, '\0\0\0', 'TAG'.padEnd(128, ' ')))).toMatchObject({ frames: clean, samples: 3000 })
    for (const rest of [sound, 'x'.repeat(9)])
      expect(() => readMp3(join(clean, '\0\0\0\0\0\0', rest))).toThrow(expect.objectContaining({ code: 'AUDIO_DAMAGED', message: expect.stringContaining('should start here') }))
  })

  it('tells a file that was cut out of a longer one by what its first frame lacks', () => {
    const second = readMp3Header(sound, 0) as Mp3Header
    expect(readMp3(sound).warnings).toEqual([])
    expect(readMp3(sound.subarray(second.length)).warnings).toEqual([expect.stringMatching(/^the first frame needs \d+ bytes of frames before it/)])
  })

  it('checks the CRC of frames that have one', () => {
    const protectedHeader = Uint8Array.from(sound.subarray(0, 4))
    protectedHeader[1]! &= 0xfe
    const frame = join(protectedHeader, '\0\0', sound.subarray(4))
    const { length, hasCrc, sideInfo } = readMp3Header(frame, 0) as Mp3Header
    expect({ hasCrc, sideInfo }).toEqual({ hasCrc: true, sideInfo: 32 })
    const one = frame.slice(0, length)
    new DataView(one.buffer).setUint16(4, mpegCrc16(one, [[2, 4], [6, 38]]))
    expect(readMp3(one).samples).toBe(1152)
    one[20]! ^= 4
    expect(() => readMp3(one)).toThrow(expect.objectContaining({ code: 'AUDIO_DAMAGED', message: 'x.mp3: byte 0: the checksum of this MPEG frame is wrong' }))
  })

  it('refuses free format and formats that change', () => {
    const free = clean.slice()
    free[2]! &= 0x0f
    expect(() => readMp3(free)).toThrow(expect.objectContaining({ code: 'AUDIO_UNSUPPORTED' }))
    expect(() => readMp3(join(clean, goldenBytes('mp3_mono.mp3')))).toThrow(expect.objectContaining({ code: 'AUDIO_DAMAGED' }))
  })
})

describe('readMp3Header', () => {
  it('knows the frame lengths of ISO 11172-3', () => {
    const lengthOf = (...bytes: number[]) => (readMp3Header(Uint8Array.from(bytes), 0) as Mp3Header).length
    expect(lengthOf(0xff, 0xfb, 0x90, 0)).toBe(417) // MPEG 1 layer III, 128 kbit/s, 44.1 kHz
    expect(lengthOf(0xff, 0xfb, 0x92, 0)).toBe(418) // padded
    expect(lengthOf(0xff, 0xfd, 0xa4, 0)).toBe(576) // layer II, 192 kbit/s, 48 kHz
    expect(lengthOf(0xff, 0xff, 0xc8, 0)).toBe(576) // layer I, 384 kbit/s, 32 kHz
    expect(lengthOf(0xff, 0xf3, 0x80, 0)).toBe(208) // MPEG 2 layer III, 64 kbit/s, 22.05 kHz
  })
})

describe('MP3', () => {
  it('without an information frame: all samples of all frames', async () => {
    const { channels, warnings } = await decodeAudio(sound)
    const info = readMp3Info(clean.subarray(0, header.length), header, 'x.mp3', 0)!
    expect(warnings).toEqual([])
    expect(channels[0]).toHaveLength(1152 * info.frames!)
  })
})
