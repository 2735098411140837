import type { QuantizedMultiplier } from '../fixed-point.ts'

/** Channels of a vector of int32. */
const LANES = 4

/** Int32 values of a packed scale: four vectors of four channels. */
export const SCALE_VALUES = 16

/**
 * The factors of four channels as assembly/requantize.ts takes them: vectors of left shifts, multipliers, right shifts (both as powers of
 * two) and masks of no right shift. Channels that a tensor does not have get zeros.
 */
export function packRequantization(factors: readonly QuantizedMultiplier[]): Int32Array {
  const packed = new Int32Array(SCALE_VALUES)
  factors.forEach(({ multiplier, shift }, lane) => {
    packed[lane] = shift > 0 ? 1 << shift : 1
    packed[LANES + lane] = multiplier
    packed[2 * LANES + lane] = shift < 0 ? 2 ** (31 + shift) : 0
    packed[3 * LANES + lane] = shift < 0 ? 0 : -1
  })
  return packed
}

/** One factor for all channels. */
export const packUniform = (factor: QuantizedMultiplier): Int32Array => packRequantization(new Array<QuantizedMultiplier>(LANES).fill(factor))
