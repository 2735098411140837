import { AedError, createRandom, tensor, tensorOf, throwIfAborted, type Graph, type StageContext, type Tensor } from '@aed/core'
import { CALIBRATION_BINS, divergenceRange, meanSquaredErrorRange, percentileRange, type CalibrationMethod } from './choose-range.ts'
import { createFloatExecutor } from './float-executor.ts'
import { addToHistogram, emptyHistogram, type Histogram } from './histogram.ts'
import { isWeighted } from './weighted-sums.ts'

/** Smallest and largest value of a tensor, zero between them or at an end. */
export interface Range {
  readonly min: number
  readonly max: number
}

export type Ranges = ReadonlyMap<string, Range>

/** What calibration learns of a float graph. */
export interface Calibration {
  /** By tensor name. */
  readonly ranges: Ranges
  /** Smallest and largest value of each tensor: what `minMax` takes for its range. */
  readonly observed: Ranges
  /** Mean of each value of the inputs of convolutions and dense layers, by tensor name; empty unless asked for. */
  readonly means: ReadonlyMap<string, Float64Array>
  /** Ranges from the first patches alone, of the order in which they were taken. */
  readonly partial: readonly { readonly patches: number; readonly ranges: Ranges }[]
}

export interface CalibrationSettings {
  readonly method: CalibrationMethod
  /** Part of the values inside the range, for the method `percentile`. */
  readonly percentile: number
  /** Whether {@link Calibration.means} are wanted. */
  readonly means: boolean
}

/** One item of a batch, without copying. */
export function itemOf(batch: Tensor<'float32'>, item: number): Tensor<'float32'> {
  const size = batch.data.length / batch.shape[0]!
  return tensor('float32', [1, ...batch.shape.slice(1)], batch.data.subarray(item * size, (item + 1) * size))
}

/** The patches in an order that mixes them: neighbours come from one clip, and clips from one class. Ranges do not depend on it. */
export const mixedOrder = (count: number): readonly number[] => createRandom('calibration').shuffle(Array.from({ length: count }, (_, i) => i))

/** 1, 2, 5, 10, … below `total`, and `total`. */
const milestonesOf = (total: number): ReadonlySet<number> => {
  const found = [total]
  for (let decade = 1; decade < total; decade *= 10) for (const digit of [1, 2, 5]) if (digit * decade < total) found.push(digit * decade)
  return new Set(found)
}

/**
 * Runs a float32 graph on calibration patches and chooses the range of every activation. All methods but `minMax` run it twice: for the smallest and
 * largest values, then for histograms between these.
 * @param batch patches `[n, ...]`
 * @throws AedError `CALIBRATION_INVALID` for no patches, values that are not finite, or patches that are all one value; `MODEL_MISMATCH`
 * when the patches do not fit the graph
 */
export function calibrate(graph: Graph, batch: Tensor<'float32'>, { method, percentile, means: wantsMeans }: CalibrationSettings, { signal, onProgress }: StageContext = {}): Calibration {
  const executor = createFloatExecutor(graph)
  checkCalibration(graph, batch)
  const count = batch.shape[0]!
  const order = mixedOrder(count)
  const milestones = milestonesOf(count)
  const runs = method === 'minMax' ? count : 2 * count
  let done = 0
  const overPatches = (onTensor: (name: string, values: Float32Array, patch: number) => void, onMilestone: (patches: number) => void) =>
    order.forEach((patch, i) => {
      throwIfAborted(signal)
      executor.trace(itemOf(batch, patch), (name, values) => onTensor(name, values, patch))
      if (milestones.has(i + 1)) onMilestone(i + 1)
      onProgress?.({ done: ++done, total: runs, what: 'calibration patches' })
    })

  const observed = new Map<string, Range>()
  const means = new Map<string, Float64Array>(wantsMeans ? graph.nodes.filter(isWeighted).map((node) => [node.inputs[0]!, new Float64Array(0)]) : [])
  const partial: { readonly patches: number; readonly ranges: Ranges }[] = []
  overPatches(
    (name, values, patch) => {
      const { min, max } = rangeOf(values)
      if (!(max - min < Infinity))
        throw new AedError('CALIBRATION_INVALID', `tensor '${name}' of ${makerOf(graph, name)} has values that are not finite on calibration patch ${patch}`, { hint: 'look for broken weights in the float network' })
      const known = observed.get(name)
      observed.set(name, { min: Math.min(known?.min ?? 0, min), max: Math.max(known?.max ?? 0, max) })
      if (means.has(name)) means.set(name, addTo(means.get(name)!, values, count))
    },
    (patches) => partial.push({ patches, ranges: new Map(observed) }),
  )
  if (method === 'minMax') return { ranges: observed, observed, means, partial }

  const chosen: { readonly patches: number; readonly ranges: Ranges }[] = []
  const histograms = new Map([...observed].map(([name, { min, max }]) => [name, emptyHistogram(min, max, CALIBRATION_BINS)]))
  const choose = (histogram: Histogram) => (method === 'percentile' ? percentileRange(histogram, percentile) : method === 'mse' ? meanSquaredErrorRange(histogram) : divergenceRange(histogram))
  overPatches(
    (name, values) => addToHistogram(histograms.get(name)!, values),
    (patches) => chosen.push({ patches, ranges: new Map([...histograms].map(([name, histogram]) => [name, choose(histogram)])) }),
  )
  return { ranges: chosen.at(-1)!.ranges, observed, means, partial: chosen }
}

function addTo(sums: Float64Array, values: Float32Array, count: number): Float64Array {
  const to = sums.length === 0 ? new Float64Array(values.length) : sums
  for (let i = 0; i < values.length; i++) to[i]! += values[i]! / count
  return to
}

const makerOf = (graph: Graph, name: string): string => {
  const node = graph.nodes.find(({ outputs }) => outputs.includes(name))
  return node ? `${node.op} '${node.name}'` : 'the input'
}

/** Smallest and largest value; NaN when a value is NaN. Zero counts too: every int8 range must hold it, for padding. */
function rangeOf(values: Float32Array): Range {
  let min = 0
  let max = 0
  let check = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value < min) min = value
    if (value > max) max = value
    check += value - value // NaN for NaN and infinities
  }
  return { min: min + check, max: max + check }
}

function checkCalibration(graph: Graph, { shape, data, dtype }: Tensor): void {
  const input = tensorOf(graph, graph.inputs[0])
  const fail = (what: string, hint: string) => new AedError('CALIBRATION_INVALID', `calibration data for input '${input.name}' ${what}`, { hint })
  if (dtype !== 'float32') throw fail(`is ${dtype}, float32 is needed`, 'give the patches as the float network takes them')
  if ((shape[0] ?? 0) === 0 || data.length === 0) throw fail('holds no patches', 'give some patches of the training data; a few per class are enough')
  const size = data.length / shape[0]!
  const bad = data.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0) throw fail(`has ${data[bad]!} in patch ${Math.floor(bad / size)}`, 'remove that patch or correct its features')
  if (data.every((value) => value === data[0])) throw fail(`is ${data[0]!} everywhere`, 'give real patches: their range becomes the range of the int8 input')
}
