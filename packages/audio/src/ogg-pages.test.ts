import { describe, expect, it } from '@jest/globals'
import { goldenBytes } from '../test/goldens.ts'
import { oggPageCrc, readOggVorbisPages } from './ogg-pages.ts'

const clean = goldenBytes('vorbis_stereo.ogg')
const { pages } = readOggVorbisPages(clean, 'x.ogg')

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
    readOggVorbisPages(bytes, 'x.ogg')
    return 'none'
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('readOggVorbisPages', () => {
  it('finds the header and the pages, which cover the file', () => {
    const stream = readOggVorbisPages(clean, 'x.ogg')
    expect(stream).toMatchObject({ channels: 2, sampleRate: 22050, warnings: [] })
    expect(pages.at(-1)).toMatchObject({ end: clean.length, granule: 6000 })
  })

  it('finds a page that is missing, although every page left is whole', () => {
    expect(pages.length).toBeGreaterThanOrEqual(3)
    expect(() => readOggVorbisPages(join(first, last), 'x.ogg')).toThrow(
      expect.objectContaining({ code: 'AUDIO_DAMAGED', message: expect.stringMatching(new RegExp(`^x\\.ogg: byte ${first.length}: Ogg pages are missing or out of order: page 1 should`)) }),
    )
  })

  it('finds a missing end, a missing beginning and a second end', () => {
    expect(codeOf(join(first, middle))).toBe('AUDIO_DAMAGED')
    expect(codeOf(join(middle, last))).toBe('AUDIO_DAMAGED')
    expect(codeOf(join(clean, last))).toBe('AUDIO_DAMAGED')
  })

  it('warns of bytes after the end', () => {
    expect(readOggVorbisPages(join(clean, Uint8Array.of(1, 2, 3)), 'x.ogg').warnings).toEqual(['3 bytes after the end of the stream are ignored'])
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
    const stream = readOggVorbisPages(both, 'x.ogg')
    expect(stream.pages.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(clean.length)
    expect(() => readOggVorbisPages(join(other(2, 0, 'OpusHead'), other(4, 1, 'end')), 'x.ogg')).toThrow(
      expect.objectContaining({ code: 'AUDIO_UNSUPPORTED', message: 'x.ogg: the Ogg file holds Opus, expected Vorbis' }),
    )
  })

  it('refuses chained streams', () => {
    expect(codeOf(join(clean, forge(first, (view) => view.setUint32(14, 99, true))))).toBe('AUDIO_UNSUPPORTED')
  })
})
