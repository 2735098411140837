import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { createRandom, decodeNpy, sizeOf, type Tensor } from '@aed/core'

/** Bytes of a golden file of this package. */
export const golden = (name: string): Uint8Array => new Uint8Array(readFileSync(fileURLToPath(new URL(`golden/${name}`, import.meta.url))))

/** Parsed JSON of a golden file of this package. */
export const goldenJson = (name: string): unknown => JSON.parse(new TextDecoder().decode(golden(name)))

/** A float32 `.npy` or `.npy.gz`. */
export function npy(...parts: readonly string[]): Tensor<'float32'> {
  const bytes = readFileSync(path.join(...parts))
  return decodeNpy(new Uint8Array(parts.at(-1)!.endsWith('.gz') ? gunzipSync(bytes) : bytes)) as Tensor<'float32'>
}

/** The first items of a batch. */
export function first({ dtype, shape, data }: Tensor<'float32'>, n: number): Tensor<'float32'> {
  const item = shape.slice(1)
  return { dtype, shape: [n, ...item], data: data.slice(0, n * sizeOf(item)) }
}

/** Standard normal values. */
export function noise(shape: readonly number[], seed: string): Tensor<'float32'> {
  const random = createRandom(seed)
  return { dtype: 'float32', shape, data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()) }
}

/** Largest absolute difference. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values against ${b.length}`)
  let largest = 0
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!))
  return largest
}
