import type { Planned } from './plan.ts'

/** Rows that a step of the schedule makes whole, as they lie in memory when it ends. */
export interface RowPiece {
  /** Step after which they are there; they may be overwritten in the next one. */
  readonly step: number
  /** Tensor of the graph. */
  readonly tensor: string
  readonly place: 'arena' | 'output'
  /** From the beginning of the arena or of the output. */
  readonly offset: number
  readonly bytes: number
}

/** Every row that a run makes, in order: pieces of a tensor follow each other from its first row. */
export function rowTrace({ network, plan }: Planned): readonly RowPiece[] {
  const complete = network.storages.map(() => 0)
  return plan.steps.flatMap(({ layer: index, call }, step) => {
    const { output, calls } = network.layers[index]!
    const root = network.storages[plan.roots[output]!]!
    const { name } = network.storages[output]!
    if (root.place === 'sink') return []
    const from = complete[output]!
    const to = calls[call]!.complete
    complete[output] = Math.max(from, to)
    const base = root.place === 'arena' ? plan.offsets[plan.ofStorage[output]!]! : 0
    return Array.from({ length: Math.max(0, to - from) }, (_, i): RowPiece => ({
      step,
      tensor: name,
      place: root.place === 'arena' ? 'arena' : 'output',
      offset: base + ((from + i) % plan.slots[output]!) * root.rowSize,
      bytes: root.rowSize,
    }))
  })
}
