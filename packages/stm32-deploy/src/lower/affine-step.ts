/** Values of int8, in the order in which functions of it are tabulated: index q + 128. */
const VALUES = 256
/** Right shifts that are tried, finest first. */
const LARGEST_SHIFT = 22
const SMALLEST_SHIFT = 12
/** How far from the rounded slope a factor is looked for. */
const REACH = 2

export interface Limits {
  readonly min: number
  readonly max: number
}

/** `clamp((Σ factors[i] · x[i] + offset) >> shift)`. */
export interface AffineStep {
  readonly factors: readonly number[]
  readonly offset: number
}

/**
 * The offsets for which `clamp((value + offset) >> shift)` gives `expected`: where the limits clamp, one side is free.
 * @returns the middle of the interval, or undefined when it is empty
 */
function offsetFor(values: Float64Array, expected: Int8Array, { min, max }: Limits, shift: number): number | undefined {
  const unit = 2 ** shift
  let [low, high, least, most] = [-Infinity, Infinity, Infinity, -Infinity]
  for (let i = 0; i < values.length; i++) {
    const [value, e] = [values[i]!, expected[i]!]
    if (e > min) low = Math.max(low, e * unit - value)
    if (e < max) high = Math.min(high, (e + 1) * unit - 1 - value)
    if (low > high) return undefined
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  const middle = Math.floor((Math.max(low, -(2 ** 30)) + Math.min(high, 2 ** 30)) / 2)
  // Every partial sum has to fit in int32: the products alone, and with the offset.
  const largest = Math.max(-least, most, Math.abs(middle), -(least + middle), most + middle)
  return middle < low || middle > high || largest > 0x7fffffff ? undefined : middle
}

const near = (slope: number, shift: number): number[] => {
  const middle = Math.round(slope * 2 ** shift)
  return Array.from({ length: 2 * REACH + 1 }, (_, i) => middle + (i % 2 === 0 ? i / 2 : -(i + 1) / 2))
}

/**
 * One multiplication and a shift for each channel in place of the literal sequence, proven over all 256 inputs.
 * @param tables outputs of each channel for q = −128 … 127
 * @param slopes of each channel, near which the factor is looked for
 * @returns undefined when some channel has none at any common shift
 */
export function affineStep(tables: readonly Int8Array[], slopes: readonly number[], limits: Limits): { readonly shift: number; readonly steps: readonly AffineStep[] } | undefined {
  for (let shift = LARGEST_SHIFT; shift >= SMALLEST_SHIFT; shift--) {
    const steps: AffineStep[] = []
    for (const [channel, table] of tables.entries()) {
      const found = findFactor(table, slopes[channel]!, limits, shift)
      if (!found) break
      steps.push(found)
    }
    if (steps.length === tables.length) return { shift, steps }
  }
  return undefined
}

function findFactor(table: Int8Array, slope: number, limits: Limits, shift: number): AffineStep | undefined {
  for (const factor of near(slope, shift)) {
    const offset = offsetFor(Float64Array.from({ length: VALUES }, (_, i) => factor * (i - 128)), table, limits, shift)
    if (offset !== undefined && Math.abs(factor) <= 0x7fffff) return { factors: [factor], offset }
  }
  return undefined
}

/**
 * The same for a function of two int8, proven over all 65,536 pairs.
 * @param table outputs `[256, 256]`, the first operand's value changing slowest
 */
export function affinePair(table: Int8Array, slopes: readonly [number, number], limits: Limits): (AffineStep & { readonly shift: number }) | undefined {
  const values = new Float64Array(VALUES * VALUES)
  for (let shift = LARGEST_SHIFT; shift >= SMALLEST_SHIFT; shift--)
    for (const a of near(slopes[0], shift))
      for (const b of near(slopes[1], shift)) {
        if (Math.max(Math.abs(a), Math.abs(b)) > 0x7fffff) continue
        for (let i = 0; i < values.length; i++) values[i] = a * ((i >> 8) - 128) + b * ((i & 255) - 128)
        const offset = offsetFor(values, table, limits, shift)
        if (offset !== undefined) return { factors: [a, b], offset, shift }
      }
  return undefined
}
