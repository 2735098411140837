import { AedError } from './errors.ts'

/** Array type of each element type. */
export interface DataOf {
  readonly float32: Float32Array
  readonly float64: Float64Array
  readonly int8: Int8Array
  readonly uint8: Uint8Array
  readonly int16: Int16Array
  readonly int32: Int32Array
  readonly int64: BigInt64Array
}

/** Element type of a tensor. */
export type DType = keyof DataOf

/** Constructor of the typed array of each element type. */
export const ARRAY_OF = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
} as const satisfies { [D in DType]: new (length: number) => DataOf[D] }

/** Dense row-major values (last axis fastest) with their shape beside them. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D
  readonly shape: readonly number[]
  readonly data: DataOf[D]
}

/** Number of elements of a shape; 1 for a scalar's `[]`. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}

/** A shape as people read it: `[1, 64, 50, 1]`. */
export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`
}

/**
 * Makes a tensor of the given values, which are not copied.
 * @throws AedError `INVALID_INPUT` when the shape holds another number of elements than `data`
 */
export function tensor<D extends DType>(dtype: D, shape: readonly number[], data: DataOf[D]): Tensor<D> {
  if (sizeOf(shape) !== data.length)
    throw new AedError('INVALID_INPUT', `a tensor of shape ${formatShape(shape)} holds ${sizeOf(shape)} elements, got ${data.length}`)
  return { dtype, shape, data }
}

/** A tensor filled with zeros. */
export function zeros<D extends DType>(dtype: D, shape: readonly number[]): Tensor<D> {
  return { dtype, shape, data: new ARRAY_OF[dtype](sizeOf(shape)) as DataOf[D] }
}

/** Index of the largest value in `values[start, start + length)`, relative to `start`; the first of equals. */
export function argMax(values: ArrayLike<number>, start = 0, length = values.length - start): number {
  let best = 0
  for (let i = 1; i < length; i++) if (values[start + i]! > values[start + best]!) best = i
  return best
}
