import { joinBytes } from './format-decoder.ts'
import type { OggPage } from './ogg-pages.ts'

const SEGMENT_COUNT = 26
const LACING = 27

/** Puts the packets of a stream together from its pages, RFC 3533 section 6: a lacing value below 255 ends a packet, and a packet may go on over pages. */
export function createPacketReader(): (page: OggPage) => Uint8Array[] {
  /** What a page before began and did not end. */
  let begun: Uint8Array = new Uint8Array(0)
  return ({ bytes }) => {
    const packets: Uint8Array[] = []
    const segments = bytes[SEGMENT_COUNT]!
    let start = LACING + segments
    let end = start
    for (let i = 0; i < segments; i++) {
      const lacing = bytes[LACING + i]!
      end += lacing
      if (lacing === 255) continue
      packets.push(joinBytes(begun, bytes.subarray(start, end)))
      begun = new Uint8Array(0)
      start = end
    }
    if (end > start) begun = joinBytes(begun, bytes.slice(start, end)) // the page may be a view of what is overwritten
    return packets
  }
}
