import type { Layer, Network } from '../network.ts'

/** One call of a kernel: which layer, and the how manieth call of it. */
export interface Step {
  readonly layer: number
  readonly call: number
}

/** For each layer the order in which its inputs are asked for: positions in `inputs`. */
export type InputOrders = readonly (readonly number[])[]

/** Inputs asked for as the graph lists them. */
export function listedOrders(layers: readonly Layer[]): InputOrders {
  return layers.map(({ inputs }) => inputs.map((_, index) => index))
}

/**
 * The order of all calls, driven by demand: to make an output row, the rows it reads are made first, and no others. Rows so come into
 * being as late as they can, and early tensors are never whole. Sinks take in rows as soon as they are made, so that none is kept for them.
 */
export function schedule({ layers, storages }: Network, orders: InputOrders): readonly Step[] {
  const makers = new Map(layers.map((layer, index) => [layer.output, index]))
  const sinks = [...layers.keys()].filter((index) => storages[layers[index]!.output]!.place === 'sink')
  const done = new Uint32Array(layers.length)
  const complete = new Uint32Array(storages.length)
  const steps: Step[] = []

  const makeRows = (storage: number, rows: number): void => {
    const maker = makers.get(storage)
    if (maker === undefined) return // the network's input is there
    while (complete[storage]! < rows) runNext(maker)
  }
  const runNext = (index: number): void => {
    const layer = layers[index]!
    const call = done[index]!
    const { reads, complete: rows } = layer.calls[call]!
    for (const position of orders[index]!) {
      const { from, to } = reads[position]!
      if (from < to) makeRows(layer.inputs[position]!, to)
    }
    steps.push({ layer: index, call })
    done[index] = call + 1
    complete[layer.output] = rows
    for (const sink of sinks) while (layers[sink]!.inputs[0] === layer.output && canRun(sink)) runNext(sink)
  }
  const canRun = (index: number): boolean => {
    const { calls, inputs } = layers[index]!
    const next = calls[done[index]!]
    return next !== undefined && next.reads[0]!.to <= complete[inputs[0]!]!
  }
  storages.forEach(({ place, rows }, storage) => {
    if (place === 'output') makeRows(storage, rows)
  })
  for (const sink of sinks) makeRows(layers[sink]!.inputs[0]!, storages[layers[sink]!.inputs[0]!]!.rows)
  return steps
}
