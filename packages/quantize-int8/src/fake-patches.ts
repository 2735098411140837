import { AedError, createRandom, sizeOf, tensor, tensorOf, type Graph, type Tensor } from '@aed/core'

/** What files that were quantized with {@link fakePatches} are worth; for every place that shows one. */
export const FAKE_DATA_WARNING =
  'Ranges are taken from noise, not from sound: good for measuring size, memory and speed; its labels mean nothing, and accuracy figures of it must not be used.'

/** Extent of noise patches. */
export interface FakePatchRange {
  readonly min: number
  readonly max: number
}

/**
 * Noise in place of calibration patches, uniform between two values, for those who have no data and say so.
 * @throws AedError `INVALID_OPTION` for an empty range
 */
export function fakePatches(graph: Graph, { min, max }: FakePatchRange, count = 32, seed: number | string = 0): Tensor<'float32'> {
  if (!(max > min)) throw new AedError('INVALID_OPTION', `fake patches: takes max above min, got ${min} and ${max}`)
  const random = createRandom(seed)
  const shape = [count, ...tensorOf(graph, graph.inputs[0]).shape.slice(1)]
  return tensor('float32', shape, Float32Array.from({ length: sizeOf(shape) }, () => random.between(min, max)))
}
