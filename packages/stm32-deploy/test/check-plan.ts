import type { Network } from '../src/network.ts'
import type { Plan } from '../src/plan/plan.ts'

/**
 * Replays a plan byte by byte: every byte of the arena remembers whose row was written there last, and every read must find its own. An empty
 * list says that the plan is right.
 */
export function replay(network: Network, plan: Plan): readonly string[] {
  const wrong: string[] = []
  const owner = new Array<string>(plan.bytes).fill('')
  const complete = network.storages.map(({ place, rows }) => (place === 'input' ? rows : 0))
  const bytesOf = (storage: number, row: number) => {
    const { place, rowSize } = network.storages[plan.roots[storage]!]!
    if (place !== 'arena') return undefined
    const from = plan.offsets[plan.ofStorage[storage]!]! + (row % plan.slots[storage]!) * rowSize
    return { from, to: from + rowSize }
  }
  const next = network.layers.map(() => 0)
  plan.steps.forEach(({ layer: index, call }, step) => {
    const layer = network.layers[index]!
    const where = `step ${step}, ${layer.op} '${layer.name}' call ${call}`
    if (call !== next[index]!++) wrong.push(`${where}: out of order`)
    const { reads, writes, complete: rows } = layer.calls[call]!
    reads.forEach(({ from, to }, position) => {
      const storage = layer.inputs[position]!
      if (from < to && to > complete[storage]!) wrong.push(`${where}: reads row ${to - 1} of '${network.storages[storage]!.name}', ${complete[storage]!} are made`)
      for (let row = from; row < to; row++) {
        const bytes = bytesOf(storage, row)
        if (bytes && owner.slice(bytes.from, bytes.to).some((found) => found !== `${storage}/${row}`)) wrong.push(`${where}: row ${row} of '${network.storages[storage]!.name}' is overwritten`)
      }
    })
    const goesOn = (row: number) => row < writes.to && layer.calls.slice(0, call).some((earlier) => row >= earlier.writes.from && row < earlier.writes.to)
    for (let row = writes.from; row < writes.to; row++) {
      const bytes = bytesOf(layer.output, row)
      if (!bytes) continue
      if (goesOn(row) && owner.slice(bytes.from, bytes.to).some((found) => found !== `${layer.output}/${row}`)) wrong.push(`${where}: begun row ${row} is overwritten`)
      owner.fill(`${layer.output}/${row}`, bytes.from, bytes.to)
    }
    if (layer.work) {
      const from = plan.offsets[plan.ofWork[index]!]!
      const tag = `work ${index}`
      if (layer.work.lives === 'layer' && call > 0 && owner.slice(from, from + layer.work.bytes).some((found) => found !== tag)) wrong.push(`${where}: its sums are overwritten`)
      owner.fill(tag, from, from + layer.work.bytes)
      // Scratch must not lie on what the call reads or writes.
      for (const [storage, row] of [...reads.flatMap(({ from: first, to }, position) => range(first, to).map((at) => [layer.inputs[position]!, at] as const)), ...range(writes.from, writes.to).map((at) => [layer.output, at] as const)]) {
        const bytes = bytesOf(storage, row)
        if (bytes && bytes.from < from + layer.work.bytes && from < bytes.to) wrong.push(`${where}: its work lies on row ${row} of '${network.storages[storage]!.name}'`)
      }
    }
    complete[layer.output] = rows
  })
  network.layers.forEach((layer, index) => {
    if (['output', 'sink'].includes(network.storages[layer.output]!.place) && next[index] !== layer.calls.length) wrong.push(`${layer.op} '${layer.name}' makes ${next[index]!} of ${layer.calls.length} calls`)
  })
  return wrong
}

const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)
