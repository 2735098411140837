import type { Tensor } from '@aed/core'

/** How many values differ between two tensors of one shape; jest's own comparison is slow on large arrays. */
export function countDifferences(got: Tensor, wanted: Tensor): number {
  if (got.dtype !== wanted.dtype || String(got.shape) !== String(wanted.shape)) throw new Error(`${got.dtype} [${String(got.shape)}], wanted ${wanted.dtype} [${String(wanted.shape)}]`)
  return countUnequal(got.data as Float32Array, wanted.data as Float32Array)
}

export function countUnequal(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let different = Math.abs(got.length - wanted.length)
  for (let i = 0; i < wanted.length; i++) if (!Object.is(got[i], wanted[i])) different++
  return different
}

/** Largest absolute difference. */
export function largestDifference(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let largest = got.length === wanted.length ? 0 : Infinity
  for (let i = 0; i < wanted.length; i++) largest = Math.max(largest, Math.abs(got[i]! - wanted[i]!))
  return largest
}
