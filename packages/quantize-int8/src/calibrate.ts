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

/** 1, 2, 5, 10, … */
function isMilestone(patches: number): boolean {
  while (patches % 10 === 0) patches /= 10
  return [1, 2, 5].includes(patches)
}

/** Takes calibration patches one by one. */
interface Calibrator {
  /** What to do with each patch, `[1, ...]`, once for each of these; `index` is how errors call it. All methods but `minMax` have two: extremes, then histograms between them. */
  readonly passes: readonly ((patch: Tensor<'float32'>, index: number) => void)[]
  /** After the last patch. */
  result(): Calibration
}

function createCalibrator(graph: Graph, { method, percentile, means: wantsMeans }: CalibrationSettings): Calibrator {
  const executor = createFloatExecutor(graph)
  const observed = new Map<string, Range>()
  const sums = new Map<string, Float64Array>(wantsMeans ? graph.nodes.filter(isWeighted).map((node) => [node.inputs[0]!, new Float64Array(0)]) : [])
  const partial: Calibration['partial'][number][] = []
  let count = 0

  function observe(patch: Tensor<'float32'>, index: number): void {
    executor.trace(patch, (name, values) => {
      const { min, max } = rangeOf(values)
      if (!(max - min < Infinity))
        throw new AedError('CALIBRATION_INVALID', `tensor '${name}' of ${makerOf(graph, name)} has values that are not finite on calibration patch ${index}`, { hint: 'look for broken weights in the float network' })
      const known = observed.get(name)
      observed.set(name, { min: Math.min(known?.min ?? 0, min), max: Math.max(known?.max ?? 0, max) })
      if (sums.has(name)) sums.set(name, addTo(sums.get(name)!, values))
    })
    count++
    if (method === 'minMax' && isMilestone(count)) partial.push({ patches: count, ranges: new Map(observed) })
  }

  let histograms: ReadonlyMap<string, Histogram> | undefined
  let refined = 0
  const choose = (histogram: Histogram) => (method === 'percentile' ? percentileRange(histogram, percentile) : method === 'mse' ? meanSquaredErrorRange(histogram) : divergenceRange(histogram))
  const chosen = (): Ranges => (histograms ? new Map([...histograms].map(([name, histogram]) => [name, choose(histogram)])) : observed)

  function refine(patch: Tensor<'float32'>): void {
    histograms ??= new Map([...observed].map(([name, { min, max }]) => [name, emptyHistogram(min, max, CALIBRATION_BINS)]))
    executor.trace(patch, (name, values) => addToHistogram(histograms!.get(name)!, values))
    refined++
    if (isMilestone(refined)) partial.push({ patches: refined, ranges: chosen() })
  }

  return {
    passes: method === 'minMax' ? [observe] : [observe, refine],
    result() {
      const ranges = partial.at(-1)?.patches === count ? partial.at(-1)!.ranges : chosen()
      if (partial.at(-1)?.patches !== count) partial.push({ patches: count, ranges })
      return { ranges, observed, means: new Map([...sums].map(([name, values]) => [name, values.map((sum) => sum / count)])), partial }
    },
  }
}

/**
 * Runs a float32 graph on calibration patches and chooses the range of every activation. All methods but `minMax` run it twice: for the smallest and
 * largest values, then for histograms between these.
 * @param batch patches `[n, ...]`
 * @throws AedError `CALIBRATION_INVALID` for no patches, values that are not finite, or patches that are all one value; `MODEL_MISMATCH`
 * when the patches do not fit the graph
 */
export function calibrate(graph: Graph, batch: Tensor<'float32'>, settings: CalibrationSettings, { signal, onProgress }: StageContext = {}): Calibration {
  const calibrator = createCalibrator(graph, settings)
  const check = createCheck(graph)
  check.take(batch, 0)
  check.end()
  const order = mixedOrder(batch.shape[0]!)
  let done = 0
  for (const pass of calibrator.passes)
    for (const patch of order) {
      throwIfAborted(signal)
      pass(itemOf(batch, patch), patch)
      onProgress?.({ done: ++done, total: calibrator.passes.length * order.length, what: 'calibration patches' })
    }
  return calibrator.result()
}

/** Patches in parts `[n, ...]`, each time from the start. */
export type PatchSource = () => AsyncIterable<Tensor<'float32'>> | Iterable<Tensor<'float32'>>

/**
 * {@link calibrate} on patches that come in parts and need not fit into memory together. `partial` follows the order in which they come: mix them.
 * @param kept how many of the last patches come back with the calibration
 * @throws AedError as {@link calibrate}; `CALIBRATION_INVALID` also when the source gives another number of patches the second time
 */
export async function calibrateStream(
  graph: Graph, source: PatchSource, settings: CalibrationSettings, kept: number, { signal, onProgress }: StageContext = {},
): Promise<{ readonly calibration: Calibration; readonly last: readonly Tensor<'float32'>[] }> {
  const calibrator = createCalibrator(graph, settings)
  const check = createCheck(graph)
  const last: Tensor<'float32'>[] = []
  let count = 0
  for (const [i, pass] of calibrator.passes.entries()) {
    let taken = 0
    for await (const part of source()) {
      if (i === 0) check.take(part, taken)
      for (let item = 0; item < part.shape[0]!; item++) {
        throwIfAborted(signal)
        const patch = itemOf(part, item)
        pass(patch, taken++)
        if (i === 0 && last.push({ ...patch, data: patch.data.slice() }) > kept) last.shift() // the source may use its arrays again
        // How many there are is known after the first time.
        onProgress?.({ done: i * count + taken, total: calibrator.passes.length * Math.max(taken, count), what: 'calibration patches' })
      }
    }
    if (i === 0) check.end()
    else if (taken !== count)
      throw new AedError('CALIBRATION_INVALID', `calibration data: the source gave ${count} patches at first and ${taken} the second time`, { hint: 'give the same patches each time it is asked, or use the method minMax, which asks once' })
    count = taken
  }
  return { calibration: calibrator.result(), last }
}

function addTo(sums: Float64Array, values: Float32Array): Float64Array {
  const to = sums.length === 0 ? new Float64Array(values.length) : sums
  for (let i = 0; i < values.length; i++) to[i]! += values[i]!
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

/** Looks at calibration data before it is used. */
function createCheck(graph: Graph) {
  const input = tensorOf(graph, graph.inputs[0])
  const fail = (what: string, hint: string) => new AedError('CALIBRATION_INVALID', `calibration data for input '${input.name}' ${what}`, { hint })
  let first: number | undefined
  let varies = false
  return {
    /** @param before patches that came before these */
    take({ shape, data, dtype }: Tensor<'float32'>, before: number): void {
      if ((dtype as string) !== 'float32') throw fail(`is ${dtype}, float32 is needed`, 'give the patches as the float network takes them')
      if ((shape[0] ?? 0) === 0 || data.length === 0) return
      const size = data.length / shape[0]!
      const bad = data.findIndex((value) => !Number.isFinite(value))
      if (bad >= 0) throw fail(`has ${data[bad]!} in patch ${before + Math.floor(bad / size)}`, 'remove that patch or correct its features')
      const known = (first ??= data[0]!)
      varies ||= data.some((value) => value !== known)
    },
    end(): void {
      if (first === undefined) throw fail('holds no patches', 'give some patches of the training data; a few per class are enough')
      if (!varies) throw fail(`is ${first} everywhere`, 'give real patches: their range becomes the range of the int8 input')
    },
  }
}
