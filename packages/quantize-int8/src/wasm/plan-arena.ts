import { ARRAY_OF, sizeOf, tensorOf, type Graph } from '@aed/core'

/** Kernels read and write whole vectors: every tensor begins at a multiple of this and is followed by as many bytes of nobody. */
export const VECTOR_BYTES = 16

export const aligned = (bytes: number): number => Math.ceil(bytes / VECTOR_BYTES) * VECTOR_BYTES

/** Where activations live while they are needed. */
export interface Arena {
  /** Byte offset of each activation. */
  readonly offsets: ReadonlyMap<string, number>
  readonly bytes: number
}

interface Lifetime {
  readonly name: string
  readonly bytes: number
  /** Index of the node that makes it; −1 for the input. */
  readonly first: number
  /** Index of the last node that reads it. */
  readonly last: number
}

/**
 * Gives each activation a place that no other has while it is needed: the largest first, each at the lowest offset that is free.
 * @see Pisarchyk, Lee, "Efficient memory management for deep neural net inference", 2020 (greedy by size for offset calculation)
 */
export function planArena(graph: Graph): Arena {
  const placed: (Lifetime & { readonly offset: number })[] = []
  for (const one of lifetimesOf(graph).sort((a, b) => b.bytes - a.bytes)) {
    let offset = 0
    for (const other of placed) {
      if (other.last < one.first || one.last < other.first) continue
      if (offset + one.bytes <= other.offset) break
      offset = Math.max(offset, other.offset + other.bytes)
    }
    placed.push({ ...one, offset })
    placed.sort((a, b) => a.offset - b.offset)
  }
  return { offsets: new Map(placed.map(({ name, offset }) => [name, offset])), bytes: Math.max(0, ...placed.map(({ offset, bytes }) => offset + bytes)) }
}

function lifetimesOf(graph: Graph): Lifetime[] {
  const makers = new Map(graph.inputs.map((name) => [name, -1]))
  const lasts = new Map<string, number>()
  graph.nodes.forEach((node, i) => {
    for (const name of node.inputs) lasts.set(name, i)
    for (const name of node.outputs) makers.set(name, i)
  })
  for (const name of graph.outputs) lasts.set(name, graph.nodes.length)
  return [...makers].map(([name, first]) => {
    const { dtype, shape } = tensorOf(graph, name)
    const bytes = aligned(sizeOf(shape) * ARRAY_OF[dtype].BYTES_PER_ELEMENT) + VECTOR_BYTES
    return { name, bytes, first, last: lasts.get(name) ?? first }
  })
}
