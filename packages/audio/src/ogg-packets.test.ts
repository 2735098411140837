import { describe, expect, it } from '@jest/globals'
import { createPacketReader } from './ogg-packets.ts'
import type { OggPage } from './ogg-pages.ts'

/** A page of segments with these lengths, its bytes counting up from `first`. */
function page(lacing: readonly number[], first: number): OggPage {
  const body = lacing.reduce((sum, length) => sum + length, 0)
  const bytes = Uint8Array.from([...new Array<number>(26).fill(0), lacing.length, ...lacing, ...Array.from({ length: body }, (_, i) => (first + i) % 251)])
  return { bytes, start: 0, end: bytes.length, granule: 0, last: false }
}
const lengths = (packets: readonly Uint8Array[]) => packets.map(({ length }) => length)

describe('packets of Ogg pages', () => {
  it('end with a lacing value below 255, which may be 0', () => {
    const read = createPacketReader()
    expect(lengths(read(page([3, 255, 4, 255, 255, 0, 0, 7], 0)))).toEqual([3, 259, 510, 0, 7])
  })

  it('go on over as many pages as they need', () => {
    const read = createPacketReader()
    expect(lengths(read(page([10, 255], 0)))).toEqual([10])
    expect(read(page([255, 255], 265))).toEqual([])
    expect(read(page([], 0))).toEqual([])
    const [joined, next] = read(page([5, 2], 775))
    expect(joined).toEqual(Uint8Array.from({ length: 770 }, (_, i) => (10 + i) % 251))
    expect(lengths([next!])).toEqual([2])
  })

  it('keep nothing of a page that is overwritten', () => {
    const read = createPacketReader()
    const first = page([255], 0)
    read(first)
    first.bytes.fill(99)
    expect(read(page([0], 0))).toEqual([Uint8Array.from({ length: 255 }, (_, i) => i % 251)])
  })
})
