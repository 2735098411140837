import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { goldenBytes } from '../test/goldens.ts'
import { decodeAudio } from './decode.ts'
import { createFlacReader, flacCrc16 } from './flac-frames.ts'
import { createMd5 } from './md5.ts'

const clean = goldenBytes('flac_16_stereo.flac')

function readFlac(bytes: Uint8Array, size = bytes.length) {
  const reader = createFlacReader('x.flac')
  const frames = []
  for (let at = 0; at < bytes.length; at += size) frames.push(...reader.push(bytes.subarray(at, at + size)))
  frames.push(...reader.end())
  return { info: reader.info!, frames, warnings: reader.warnings }
}
const { frames } = readFlac(clean)
const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
const head = clean.subarray(0, frames[0]!.start)

describe('createFlacReader', () => {
  it('finds STREAMINFO and frames that cover the file, for any chunking', () => {
    expect(readFlac(clean).info).toMatchObject({ sampleRate: 22050, channels: 2, bitsPerSample: 16, totalSamples: 5000, minBlockSize: 4096, maxBlockSize: 4096 })
    expect(frames.map(({ blockSize }) => blockSize)).toEqual([4096, 904])
    expect(join(head, ...frames.map(({ bytes }) => bytes))).toEqual(clean)
    for (const size of [1, 5, 1000]) expect(readFlac(clean, size).frames).toEqual(frames)
  })

  it('finds a missing frame and frames in the wrong order, although each is whole', () => {
    const damaged = expect.objectContaining({ code: 'AUDIO_DAMAGED' })
    const [first, second] = frames.map(({ bytes }) => bytes) as [Uint8Array, Uint8Array]
    expect(flacCrc16(second, 0, second.length)).toBe(0)
    for (const bytes of [join(head, first), join(head, second), join(head, second, first), join(head, first, first, second)]) expect(() => readFlac(bytes)).toThrow(damaged)
  })

  it('reads past an ID3 tag at the end, with a warning', () => {
    const tagged = readFlac(join(clean, new TextEncoder().encode('TAG'.padEnd(128, 'x'))))
    expect(tagged.warnings).toEqual(['an ID3 tag after the last frame is ignored'])
    expect(tagged.frames).toEqual(frames)
  })
})

describe('FLAC', () => {
  it('is checked by the MD5 of its samples: a wrong one is damage', async () => {
    const wrong = clean.slice()
    wrong[30]! ^= 1
    await expect(decodeAudio(wrong, { name: 'x.flac' })).rejects.toMatchObject({ code: 'AUDIO_DAMAGED', message: expect.stringMatching(/^x\.flac: byte 26: the MD5 of the samples is /) })
  })

  it('has no checksum of samples where the file has none', async () => {
    const without = clean.slice()
    without.fill(0, 26, 42)
    expect(await decodeAudio(without)).toEqual(await decodeAudio(clean))
  })
})

describe('createMd5', () => {
  it('equals that of OpenSSL for 0 to 200 bytes, in parts of any size', () => {
    for (let length = 0; length <= 200; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 255)
      const md5 = createMd5()
      const part = 1 + (length % 67)
      for (let at = 0; at < length; at += part) md5.update(bytes.subarray(at, at + part))
      expect(md5.digest()).toBe(createHash('md5').update(bytes).digest('hex'))
    }
  })
})
