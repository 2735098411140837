import { AedError, tensor, throwIfAborted, type Graph, type StageContext, type Tensor } from '@aed/core'
import { createFloatExecutor } from './float-executor.ts'

/** Smallest and largest value of a tensor over all calibration patches. */
export interface Range {
  readonly min: number
  readonly max: number
}

/** The items of a batch, one at a time, without copying. */
export function* itemsOf(batch: Tensor<'float32'>, count = batch.shape[0] ?? 0): Generator<Tensor<'float32'>> {
  const size = batch.data.length / (batch.shape[0] || 1)
  for (let item = 0; item < count; item++) yield tensor('float32', [1, ...batch.shape.slice(1)], batch.data.subarray(item * size, (item + 1) * size))
}

/**
 * Runs a float32 graph on calibration patches and notes the range of every activation.
 * @returns ranges by tensor name
 * @throws AedError `CALIBRATION_INVALID` for no patches, values that are not finite, or patches that are all one value; `MODEL_MISMATCH`
 * when the patches do not fit the graph
 */
export function calibrateRanges(graph: Graph, calibration: Tensor<'float32'>, { signal, onProgress }: StageContext = {}): Map<string, Range> {
  const executor = createFloatExecutor(graph)
  checkCalibration(calibration)
  const ranges = new Map<string, Range>()
  const total = calibration.shape[0]!
  let done = 0
  for (const patch of itemsOf(calibration)) {
    throwIfAborted(signal)
    executor.trace(patch, (name, values) => {
      const { min, max } = rangeOf(values)
      if (!(max - min < Infinity))
        throw new AedError('CALIBRATION_INVALID', `tensor '${name}' has values that are not finite on calibration patch ${done}`, { hint: 'look for broken weights in the float network' })
      const known = ranges.get(name)
      ranges.set(name, { min: Math.min(known?.min ?? 0, min), max: Math.max(known?.max ?? 0, max) })
    })
    onProgress?.({ done: ++done, total, what: 'calibration patches' })
  }
  return ranges
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

function checkCalibration({ shape, data, dtype }: Tensor): void {
  const fail = (what: string, hint: string) => new AedError('CALIBRATION_INVALID', `calibration data ${what}`, { hint })
  if (dtype !== 'float32') throw fail(`is ${dtype}, float32 is needed`, 'give the patches as the float network takes them')
  if ((shape[0] ?? 0) === 0 || data.length === 0) throw fail('holds no patches', 'give some patches of the training data; a few per class are enough')
  const size = data.length / shape[0]!
  const bad = data.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0) throw fail(`has ${data[bad]!} in patch ${Math.floor(bad / size)}`, 'remove that patch or correct its features')
  if (data.every((value) => value === data[0])) throw fail(`is ${data[0]!} everywhere`, 'give real patches: their range becomes the range of the int8 input')
}
