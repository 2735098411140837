import { createRandom, type Tensor } from '@aed/core'

/** Rates of the audio context: two that are resampled down, one that is taken as it is, one that is resampled up. */
export const RATES = [44_100, 48_000, 16_000, 8_000] as const
export const MEL = { nMels: 64, dbRef: 'running' } as const
export const PATCHES = { patchLength: 20, patchOverlap: 0.5, includeLastPatch: true } as const

export function noise(length: number): Float32Array<ArrayBuffer> {
  const random = createRandom('worklet')
  return Float32Array.from({ length }, (_, i) => 0.2 * random.normal() * (i % 9000 < 3000 ? 0.01 : 1))
}

export function concat(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** The columns of `[rows, columns]`, one after another. */
export function framesOf({ data, shape }: Tensor<'float32'>): Float32Array<ArrayBuffer> {
  const [rows = 0, columns = 0] = shape
  return Float32Array.from({ length: data.length }, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!)
}

export function sameBits(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]))
}
