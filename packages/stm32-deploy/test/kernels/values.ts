import { createRandom } from '@aed/core'
import type { Kernel, KernelCase } from './driver.ts'

/* Values, shapes and the arithmetic of the specifications: one loop an axis, integers beyond 32 bits as BigInt. */

export const random = createRandom('kernels')
const ROUNDS = 12
export const rounds = <T>(make: (round: number) => readonly T[]): readonly T[] => Array.from({ length: ROUNDS }, (_, round) => make(round)).flat()
export const between = (low: number, high: number) => low + random.integer(high - low + 1)

/** int8 values: random, at the ends, all least, all most. */
export function int8s(length: number, round: number, least = -128): Int8Array {
  const one = [() => between(least, 127), () => (random.integer(2) ? 127 : least), () => least, () => 127][round % 4]!
  return Int8Array.from({ length }, one)
}

export interface Shape {
  readonly height: number
  readonly width: number
  readonly channels: number
}
export const shape = (height: number, width: number, channels: number): Shape => ({ height, width, channels })
export const sizeOf = ({ height, width, channels }: Shape) => height * width * channels
export const at = ({ width, channels }: Shape, y: number, x: number, c: number) => (y * width + x) * channels + c
export const lines = ({ height, width, channels }: Shape, slots = height) => [slots, height, width, channels]

/** Rows `[from, to)` of a tensor in a ring of `slots`, anything in the others. */
export function ring(values: Int8Array, of: Shape, slots: number, from: number, to: number): Int8Array {
  const size = of.width * of.channels
  const held = int8s(slots * size, 0)
  for (let y = Math.max(0, from); y < Math.min(of.height, to); y++) held.set(values.subarray(y * size, (y + 1) * size), (y % slots) * size)
  return held
}

export interface Range {
  readonly zero: number
  readonly min: number
  readonly max: number
}
export function someRange(round: number): Range {
  if (round % 3 === 0) return { zero: between(-128, 127), min: -128, max: 127 }
  const [a, b] = [between(-128, 127), between(-128, 127)]
  return { zero: between(-128, 127), min: Math.min(a, b), max: Math.max(a, b) }
}
export const rangeFields = ({ zero, min, max }: Range) => [zero, min, max]
export const limit = (value: number, { min, max }: Omit<Range, 'zero'>) => Math.min(Math.max(value, min), max)

/** MultiplyByQuantizedMultiplier. */
export function times(x: number, multiplier: number, shift: number): number {
  const high = (BigInt(x * 2 ** Math.max(shift, 0)) * BigInt(multiplier) + (1n << 30n)) >> 31n
  const right = BigInt(Math.max(-shift, 0))
  if (right === 0n) return Number(high)
  const half = 1n << (right - 1n)
  return Number(high < 0n ? -((-high + half) >> right) : (high + half) >> right)
}
export const someMultiplier = () => 2 ** 30 + random.integer(2 ** 30)

/** Every value of an output's row, in a ring. */
export function checkRow(of: Shape, slots: number, y: number, value: (x: number, c: number) => number): KernelCase['check'] {
  return (out) => {
    for (let x = 0; x < of.width; x++)
      for (let c = 0; c < of.channels; c++) {
        const [found, expected] = [out[at(of, y % slots, x, c)]!, value(x, c)]
        if (found !== expected) throw new Error(`row ${y}, column ${x}, channel ${c}: ${found}, expected ${expected}`)
      }
  }
}


const pointers = (count: number) => Array.from({ length: count }, (_, i) => `b[${i}]`).join(', ')
/** A kernel whose arguments are arrays and the row. */
export const rowKernel = (name: string, arrays: number, cases: readonly KernelCase[]): Kernel => ({ file: `src/aed_${name}.c`, call: `aed_${name}(${pointers(arrays)}, index)`, cases })
