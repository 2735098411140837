import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { createRandom, decodeNpy, sizeOf, type Tensor } from '@aed/core'
import type { KerasNetwork, KerasWeights } from '../src/keras/network.ts'
import { miniResNetV2Network, type MiniResNetV2Input } from '../src/miniresnetv2-network.ts'

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

/** Largest difference, relative to the largest value, or to `least` where that is larger. */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>, least = 0): number {
  return distance(found, expected) / Array.from(expected).reduce((largest, value) => Math.max(largest, Math.abs(value)), least)
}

/** MiniResNetV2 with a part of its filters: tfjs's cpu backend is slow. */
export function narrowNetwork(options: MiniResNetV2Input, part: number): KerasNetwork {
  const wide = miniResNetV2Network(options)
  return { ...wide, layers: wide.layers.map((layer) => (layer.type === 'Conv2D' ? { ...layer, filters: layer.filters / part } : layer)) }
}

/** Of a training step in TensorFlow. */
interface GoldenStep {
  readonly loss: number
  readonly scores: number[]
  readonly gradients: Readonly<Record<string, number[]>>
}

/** A narrow MiniResNetV2 with what TensorFlow makes of a batch, with the statistics of the batch and with moving ones; `shares` weigh the patches. */
export function goldenNetwork() {
  const { network: golden } = goldenJson('gradients.json') as {
    readonly network: Readonly<Record<'filters' | 'classes' | 'count', number> & Record<'x' | 'targets' | 'shares', number[]> & Record<'batch' | 'moving', GoldenStep>> & {
      readonly weights: Readonly<Record<string, { readonly shape: number[]; readonly data: number[] }>>
    }
  }
  const network = narrowNetwork({ inputShape: [16, 13, 1], classes: golden.classes }, 64 / golden.filters)
  const weights: KerasWeights = Object.fromEntries(Object.entries(golden.weights).map(([key, { shape, data }]) => [key, { dtype: 'float32' as const, shape, data: Float32Array.from(data) }]))
  return { ...golden, model: { network, weights } }
}
