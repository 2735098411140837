import type { Network, Work } from '../network.ts'
import type { InputOrders, Step } from './schedule.ts'

/** Steps `[from, to]`, both included. */
export interface Interval {
  readonly from: number
  readonly to: number
}

/** A piece of the arena before it has a place. */
export interface Buffer {
  readonly name: string
  readonly kind: 'rows' | 'scratch' | 'sums'
  readonly bytes: number
  /** When its content is needed, in order and apart from each other. */
  readonly live: readonly Interval[]
  /** Rows that it has room for; 0 for scratch and sums. */
  readonly slots: number
}

/** All buffers of a schedule, and which of them each storage and layer uses. */
export interface Buffers {
  readonly buffers: readonly Buffer[]
  /** Of each storage; -1 for the caller's input and output. */
  readonly ofStorage: readonly number[]
  /** Of each layer's scratch or sums; -1 where it has none. */
  readonly ofWork: readonly number[]
  /** For each storage the one whose memory it is. */
  readonly roots: readonly number[]
  /** Rows kept of each storage. */
  readonly slots: readonly number[]
  /** The largest number of bytes that hold something at one step: no placement of this schedule's rows can need less. */
  readonly peak: number
  /** The same without scratch. */
  readonly activationPeak: number
}

/**
 * For each storage the one whose memory it is: element-wise layers work in place where nobody else reads their input. Of several inputs
 * the one asked for last is taken, whose row is made just before.
 */
export function sharedStorages({ layers, storages }: Network, orders: InputOrders): readonly number[] {
  const readers = new Uint32Array(storages.length)
  for (const { inputs } of layers) for (const storage of inputs) readers[storage]!++
  const into = storages.map((_, index) => index)
  layers.forEach(({ inputs, inPlace, output }, index) => {
    const candidates = orders[index]!.filter((position) => inPlace.includes(position) && readers[inputs[position]!] === 1)
    const last = candidates.at(-1)
    if (last === undefined) return
    const input = inputs[last]!
    if (storages[input]!.place === 'arena') into[input] = output
  })
  const rootOf = (storage: number): number => (into[storage] === storage ? storage : rootOf(into[storage]!))
  return into.map((_, index) => rootOf(index))
}

/** First and last step at which each row of each storage is needed; rows of storages that share memory are one. */
function rowLives(network: Network, steps: readonly Step[], roots: readonly number[]) {
  const lives = network.storages.map(({ rows }) => ({ born: new Int32Array(rows).fill(-1), dies: new Int32Array(rows).fill(-1) }))
  const touch = (storage: number, from: number, to: number, step: number) => {
    const { born, dies } = lives[roots[storage]!]!
    for (let row = from; row < to; row++) {
      if (born[row] === -1) born[row] = step
      dies[row] = step
    }
  }
  steps.forEach(({ layer, call }, step) => {
    const { inputs, output, calls } = network.layers[layer]!
    const { reads, writes } = calls[call]!
    reads.forEach(({ from, to }, position) => touch(inputs[position]!, from, to, step))
    touch(output, writes.from, writes.to, step)
  })
  return lives
}

/** Joins overlapping and adjoining intervals. */
function union(intervals: readonly Interval[]): readonly Interval[] {
  const joined: Interval[] = []
  for (const interval of intervals.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (last && interval.from <= last.to + 1) joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, interval.to) }
    else joined.push(interval)
  }
  return joined
}

/** What memory a schedule needs: rings as high as the rows that are needed at the same time, scratch, and sums. */
export function buffersOf(network: Network, steps: readonly Step[], orders: InputOrders): Buffers {
  const roots = sharedStorages(network, orders)
  const lives = rowLives(network, steps, roots)
  const buffers: Buffer[] = []
  const ofStorage = network.storages.map(() => -1)
  const slots = network.storages.map(({ rows }) => rows)
  const held = new Float64Array(steps.length)
  const hold = (bytes: number, { from, to }: Interval) => {
    for (let step = from; step <= to; step++) held[step]! += bytes
  }
  const most = () => held.reduce((largest, bytes) => Math.max(largest, bytes), 0)

  network.storages.forEach(({ name, place, rows, rowSize }, index) => {
    if (place !== 'arena' || roots[index] !== index) return
    const { born, dies } = lives[index]!
    const height = ringHeight(born, dies, steps.length)
    const intervals = Array.from(born, (from, row) => ({ from, to: dies[row]! })).filter(({ from }) => from >= 0)
    for (const interval of intervals) hold(rowSize, interval)
    ofStorage[index] = buffers.length
    slots[index] = Math.min(height, rows)
    buffers.push({ name, kind: 'rows', bytes: slots[index] * rowSize, live: union(intervals), slots: slots[index] })
  })
  const ofWork = network.layers.map(() => -1)
  const addWork = (lives: 'call' | 'layer') => {
    network.layers.forEach(({ name, work }, index) => {
      if (work?.lives !== lives) return
      const live = workLife(work, steps.flatMap((step, at) => (step.layer === index ? [at] : [])))
      for (const interval of live) hold(work.bytes, interval)
      ofWork[index] = buffers.length
      buffers.push({ name, kind: lives === 'call' ? 'scratch' : 'sums', bytes: work.bytes, live, slots: 0 })
    })
  }
  addWork('layer')
  const activationPeak = most()
  addWork('call')
  return {
    buffers,
    ofStorage: ofStorage.map((own, index) => (own === -1 ? ofStorage[roots[index]!]! : own)),
    ofWork,
    roots,
    slots: slots.map((_, index) => slots[roots[index]!]!),
    peak: most(),
    activationPeak,
  }
}

function workLife({ lives }: Work, at: readonly number[]): readonly Interval[] {
  return lives === 'call' ? union(at.map((step) => ({ from: step, to: step }))) : [{ from: at[0]!, to: at.at(-1)! }]
}

/** Distance between the first and last row that are needed at the same step, plus one: as row y lies in slot y mod height, this keeps them apart. */
function ringHeight(born: Int32Array, dies: Int32Array, steps: number): number {
  const first = new Int32Array(steps).fill(born.length)
  const last = new Int32Array(steps).fill(-1)
  born.forEach((from, row) => {
    if (from < 0) return
    for (let step = from; step <= dies[row]!; step++) {
      first[step] = Math.min(first[step]!, row)
      last[step] = Math.max(last[step]!, row)
    }
  })
  let height = 1
  for (let step = 0; step < steps; step++) if (last[step]! >= 0) height = Math.max(height, last[step]! - first[step]! + 1)
  return height
}
