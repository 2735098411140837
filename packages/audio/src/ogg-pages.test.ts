import { describe, expect, it } from '@jest/globals'
import { goldenBytes } from '../test/goldens.ts'
import { createOggReader, oggPageCrc } from './ogg-pages.ts'

/** All of a file at once. */
function readOgg(bytes: Uint8Array) {
  const reader = createOggReader('x.ogg')
  const found = reader.push(bytes)
  reader.end()
  return { ...reader.header!, pages: found, warnings: reader.warnings }
}

const clean = goldenBytes('vorbis_stereo.ogg')
const { pages } = readOgg(clean)

/** A copy of a page with a change and a right checksum. */
function forge(page: Uint8Array, change: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const bytes = page.slice()
  const view = new DataView(bytes.buffer)
  change(view, bytes)
  view.setUint32(22, oggPageCrc(bytes), true)
  return bytes
}
const pageBytes = (i: number) => clean.slice(pages.at(i)!.start, pages.at(i)!.end)
const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
const first = pageBytes(0)
const middle = clean.slice(pages[1]!.start, pages.at(-1)!.start)
const last = pageBytes(-1)
const codeOf = (bytes: Uint8Array) => {
  try {
    readOgg(bytes)
    return 'none'
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('createOggReader', () => {
  it('finds the header and the pages, which cover the file', () => {
    const stream = readOgg(clean)
    expect(stream).toMatchObject({ channels: 2, sampleRate: 22050, warnings: [] })
    expect(pages.at(-1)).toMatchObject({ end: clean.length, granule: 6000 })
  })

  it('finds a page that is missing, although every page left is whole', () => {
    expect(pages.length).toBeGreaterThanOrEqual(3)
    expect(() => readOgg(join(first, last))).toThrow(
      expect.objectContaining({ code: 'AUDIO_DAMAGED', message: expect.stringMatching(new RegExp(`^x\\.ogg: byte ${first.length}: Ogg pages are missing or out of order: page 1 should`)) }),
    )
  })

  it('finds a missing end, a missing beginning and a second end', () => {
    expect(codeOf(join(first, middle))).toBe('AUDIO_DAMAGED')
    expect(codeOf(join(middle, last))).toBe('AUDIO_DAMAGED')
    expect(codeOf(join(clean, last))).toBe('AUDIO_DAMAGED')
  })

  it('warns of bytes after the end', () => {
    expect(readOgg(join(clean, Uint8Array.of(1, 2, 3))).warnings).toEqual(['3 bytes after the end of the stream are ignored'])
  })

  it('reads on beside a stream of another kind, and leaves its pages out', () => {
    const other = (flags: number, sequence: number, text: string) =>
      forge(join(first.subarray(0, 28), new TextEncoder().encode(text)), (view, bytes) => {
        bytes[5] = flags
        view.setUint32(14, 0x12345678, true)
        view.setUint32(18, sequence, true)
        bytes[26] = 1
        bytes[27] = text.length
      })
    const both = join(first, other(2, 0, 'fishead\0'), middle, other(4, 1, 'end'), last)
    const stream = readOgg(both)
    expect(stream.pages.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(clean.length)
    expect(() => readOgg(join(other(2, 0, 'Speex   '), other(4, 1, 'end')))).toThrow(
      expect.objectContaining({ code: 'AUDIO_UNSUPPORTED', message: 'x.ogg: the Ogg file holds Speex, expected Vorbis or Opus' }),
    )
  })

  it('gives the same pages for any chunking', () => {
    for (const size of [1, 7, 100, 1000]) {
      const reader = createOggReader('x.ogg')
      const found = []
      for (let at = 0; at < clean.length; at += size) found.push(...reader.push(clean.subarray(at, at + size)))
      reader.end()
      expect(found).toEqual(pages)
    }
  })

  it('finds a position that goes back', () => {
    expect(codeOf(join(first, middle, forge(last, (view) => view.setUint32(6, 1, true))))).toBe(pages.at(-2)!.granule > 1 ? 'AUDIO_DAMAGED' : 'none')
  })

  it('refuses chained streams', () => {
    expect(codeOf(join(clean, forge(first, (view) => view.setUint32(14, 99, true))))).toBe('AUDIO_UNSUPPORTED')
  })
})
