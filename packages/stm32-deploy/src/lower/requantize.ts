import type { WeightedSum } from './weights.ts'

/** Right shifts that the short requantization takes. */
const LARGEST_SHIFT = 20

/** Least and most of a channel's sum over all inputs. */
export interface SumRange {
  readonly least: number
  readonly most: number
}

/** (sum · multiplier + 2^30) >> 31, in doubles that stay below 2^53. */
function roundedHigh(sum: number, multiplier: number): number {
  const low = Math.floor((sum * (multiplier & 0xffff) + 2 ** 30) / 65536)
  return Math.floor((sum * (multiplier >>> 16) + low) / 32768)
}

/** `aed_scale` for right shifts, plus the zero point, as int8. */
function literal(sum: number, multiplier: number, right: number, zeroPoint: number): number {
  const high = roundedHigh(sum, multiplier)
  const unit = 2 ** right
  const floor = Math.floor(high / unit)
  const threshold = unit / 2 - 1 + (high < 0 ? 1 : 0)
  return clamp(floor + (high - floor * unit > threshold ? 1 : 0) + zeroPoint)
}

/** `aed_requantize` of c/include/aed_dsp.h. */
function short(sum: number, multiplier: number, right: number, zeroPoint: number): number {
  const value = roundedHigh(sum, multiplier) + (2 * zeroPoint + 1) * 2 ** (right - 1) + (sum < 0 ? -1 : 0)
  return clamp(Math.floor(value / 2 ** right))
}

const clamp = (value: number) => Math.max(-128, Math.min(127, value))

/**
 * Compares the short requantization with the literal one for every sum that a layer can have. Both never fall as the sum grows: they are equal
 * everywhere when they are at both ends and on both sides of every sum at which the literal one steps up.
 * @returns the number of steps compared, or why there is no proof
 */
export function proveRequantization({ multiplier, shift }: WeightedSum, ranges: readonly SumRange[], zeroPoint: number): number | string {
  let thresholds = 0
  for (const [channel, { least, most }] of ranges.entries()) {
    const [m, right] = [multiplier[channel]!, -shift[channel]!]
    if (right < 1 || right > LARGEST_SHIFT) return `channel ${channel} is shifted right by ${right}, expected 1 to ${LARGEST_SHIFT}`
    const differs = (sum: number) => short(sum, m, right, zeroPoint) !== literal(sum, m, right, zeroPoint)
    if (differs(least) || differs(most)) return `channel ${channel} differs at an end of its sums`
    const [lowest, highest] = [literal(least, m, right, zeroPoint), literal(most, m, right, zeroPoint)]
    for (let output = lowest + 1; output <= highest; output++) {
      let step = Math.max(least + 1, Math.min(most, Math.round((output - zeroPoint - 0.5) * 2 ** right * (2 ** 31 / m))))
      while (literal(step, m, right, zeroPoint) < output) step++
      while (literal(step - 1, m, right, zeroPoint) >= output) step--
      if (differs(step) || differs(step - 1)) return `channel ${channel} differs where its output becomes ${output}`
      thresholds++
    }
  }
  return thresholds
}
