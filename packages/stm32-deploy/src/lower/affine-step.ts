import type { Lines, Way } from '../network.ts'

// Taken once, as in fixed-point.ts.
const { abs, floor, max, min, round } = Math

/** Values of int8, in the order in which functions of it are tabulated: index q + 128. */
const VALUES = 256
/** Right shifts that are tried, finest first. */
const LARGEST_SHIFT = 22
const SMALLEST_SHIFT = 12
/** How far from the rounded slopes the two factors of a pair are looked for. */
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
 * The offsets `[low, high]` for which `clamp((value + offset) >> shift)` gives `expected`: where the limits clamp, one side is free.
 * @param leastRoom between the two below which the rest need not be looked at
 */
function offsetsFor(valueOf: (i: number) => number, expected: Int8Array, limits: Limits, shift: number, leastRoom = -Infinity) {
  const unit = 2 ** shift
  let [low, high, least, most] = [-Infinity, Infinity, Infinity, -Infinity]
  for (let i = 0; i < expected.length; i++) {
    const value = valueOf(i)
    const e = expected[i]!
    if (e > limits.min) low = max(low, e * unit - value)
    if (e < limits.max) high = min(high, (e + 1) * unit - 1 - value)
    if (high - low < leastRoom) break
    least = min(least, value)
    most = max(most, value)
  }
  return { low, high, least, most }
}

/** The middle of these offsets, or undefined where there are none that leave all sums in int32. */
function middleOf({ low, high, least, most }: ReturnType<typeof offsetsFor>): number | undefined {
  if (low > high) return undefined
  const middle = floor((max(low, -(2 ** 30)) + min(high, 2 ** 30)) / 2)
  // Every partial sum has to fit in int32: the products alone, and with the offset.
  const largest = max(-least, most, abs(middle), -(least + middle), most + middle)
  return middle < low || middle > high || largest > 0x7fffffff ? undefined : middle
}

const near = (slope: number, shift: number): number[] => {
  const middle = round(slope * 2 ** shift)
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
      // What a coarser shift can do, the finest can: where there is no line at it, there is none.
      if (found === 'none' && shift === LARGEST_SHIFT) return undefined
      if (typeof found === 'string') break
      steps.push(found)
    }
    if (steps.length === tables.length) return { shift, steps }
  }
  return undefined
}

/** The kernel that computes a step of every channel. */
export function perChannelStep(lines: Lines, out: Lines, range: { readonly zero_point: number; readonly min: number; readonly max: number }, { shift, steps }: NonNullable<ReturnType<typeof affineStep>>): Way {
  const table = (name: string, values: readonly number[]) => ({ name, kind: 'weights' as const, data: Int32Array.from(values), shape: [out.channels] })
  return {
    kernel: 'affine_s8',
    parameters: { in: { ring: lines }, out: { ring: out }, range, shift },
    tables: [table('factor', steps.map(({ factors }) => factors[0]!)), table('offset', steps.map(({ offset }) => offset))],
    arguments: [{ table: 0 }, { table: 1 }, { storage: lines.storage }, { storage: out.storage }],
    cost: 7 * out.height * out.width * out.channels,
    proof: { inputs: VALUES * out.channels },
  }
}

/**
 * The factor that leaves most choice of offset. The room between the least and the greatest offset is a concave function of the factor, as each input bounds
 * it by lines: halving finds its top, and where there is no room at the top there is none.
 */
function findFactor(table: Int8Array, slope: number, limits: Limits, shift: number): AffineStep | 'none' | 'too large' {
  const offsets = (factor: number) => offsetsFor((i) => factor * (i - 128), table, limits, shift)
  const room = (factor: number) => {
    const { low, high } = offsets(factor)
    return high - low
  }
  const middle = round(slope * 2 ** shift)
  // A factor further off would miss by more than one output at the ends.
  let [from, to] = [middle - 2 ** (shift - 7), middle + 2 ** (shift - 7)]
  while (from < to) {
    const factor = floor((from + to) / 2)
    if (room(factor) < room(factor + 1)) from = factor + 1
    else to = factor
  }
  if (room(from) < 0) return 'none'
  const offset = middleOf(offsets(from))
  return offset === undefined || abs(from) > 0x7fffff ? 'too large' : { factors: [from], offset }
}

/**
 * The same for a function of two int8, proven over all 65,536 pairs.
 * @param table outputs `[256, 256]`, the first operand's value changing slowest
 */
export function affinePair(table: Int8Array, slopes: readonly [number, number], limits: Limits): (AffineStep & { readonly shift: number }) | undefined {
  for (let shift = LARGEST_SHIFT; shift >= SMALLEST_SHIFT; shift--)
    for (const a of near(slopes[0], shift))
      for (const b of near(slopes[1], shift)) {
        if (max(abs(a), abs(b)) > 0x7fffff) continue
        const offset = middleOf(offsetsFor((i) => a * ((i >> 8) - 128) + b * ((i & 255) - 128), table, limits, shift, 0))
        if (offset !== undefined) return { factors: [a, b], offset, shift }
      }
  return undefined
}
