import { createRandom } from '@aed/core'
import type { Buffer, Interval } from './buffers.ts'

/** Offsets of buffers, and what they take in all. */
export interface Placement {
  readonly offsets: readonly number[]
  readonly bytes: number
}

/** Every buffer begins on a multiple of this many bytes. */
export const BUFFER_ALIGN = 4

/** Orders tried beside the sorted ones. */
const SHUFFLES = 200

const align = (bytes: number) => Math.ceil(bytes / BUFFER_ALIGN) * BUFFER_ALIGN

/** True when two ordered lists of intervals meet. */
function meet(a: readonly Interval[], b: readonly Interval[]): boolean {
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i]!.to < b[j]!.from) i++
    else if (b[j]!.to < a[i]!.from) j++
    else return true
  }
  return false
}

/**
 * Places buffers so that those needed at the same time do not overlap: each in turn at the lowest free offset, in the best of several
 * orders (largest first, longest first, and shuffles of a fixed seed). The problem is NP-hard; the plan's `lowerBound` tells how near it comes.
 */
export function place(buffers: readonly Buffer[]): Placement {
  const conflicts = buffers.map((a, i) => buffers.flatMap((b, j) => (i !== j && meet(a.live, b.live) ? [j] : [])))
  const duration = (buffer: Buffer) => buffer.live.reduce((steps, { from, to }) => steps + to - from + 1, 0)
  const indices = buffers.map((_, index) => index)
  const bySize = indices.toSorted((a, b) => buffers[b]!.bytes - buffers[a]!.bytes || a - b)
  const byDuration = indices.toSorted((a, b) => duration(buffers[b]!) - duration(buffers[a]!) || buffers[b]!.bytes - buffers[a]!.bytes || a - b)

  let best = placeInOrder(buffers, conflicts, bySize)
  const consider = (order: readonly number[]) => {
    const found = placeInOrder(buffers, conflicts, order)
    if (found.bytes < best.bytes) best = found
  }
  consider(byDuration)
  const random = createRandom(1)
  const order = [...bySize]
  for (let k = 0; k < SHUFFLES && buffers.length > 1; k++) {
    const [i, j] = [random.integer(order.length), random.integer(order.length)]
    ;[order[i], order[j]] = [order[j]!, order[i]!]
    const before = best.bytes
    consider(order)
    if (best.bytes === before) [order[i], order[j]] = [order[j], order[i]]
  }
  return best
}

function placeInOrder(buffers: readonly Buffer[], conflicts: readonly (readonly number[])[], order: readonly number[]): Placement {
  const offsets = buffers.map(() => -1)
  let bytes = 0
  for (const index of order) {
    const size = align(buffers[index]!.bytes)
    const taken = conflicts[index]!.filter((other) => offsets[other]! >= 0).toSorted((a, b) => offsets[a]! - offsets[b]!)
    let offset = 0
    for (const other of taken) {
      if (offsets[other]! >= offset + size) break
      offset = Math.max(offset, offsets[other]! + align(buffers[other]!.bytes))
    }
    offsets[index] = offset
    bytes = Math.max(bytes, offset + size)
  }
  return { offsets, bytes }
}
