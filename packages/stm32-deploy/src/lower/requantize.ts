import { clampToInt8, roundedHigh, scale } from '../fixed-point.ts'
import type { WeightedSum } from './weights.ts'

// Taken once, as in fixed-point.ts.
const { floor, max, min, round } = Math

/** Right shifts that the short requantization takes. */
const LARGEST_SHIFT = 20

/** Least and most of a channel's sum over all inputs. */
export interface SumRange {
  readonly least: number
  readonly most: number
}

/** `aed_scale` plus the zero point, as int8. */
const literal = (sum: number, multiplier: number, right: number, zeroPoint: number) => clampToInt8(scale(sum, { multiplier, shift: -right }) + zeroPoint)

/** `aed_requantize` of c/include/aed_dsp.h. */
const short = (sum: number, multiplier: number, right: number, zeroPoint: number) =>
  clampToInt8(floor((roundedHigh(sum, multiplier) + (2 * zeroPoint + 1) * 2 ** (right - 1) + (sum < 0 ? -1 : 0)) / 2 ** right))

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
    const equal = (sum: number, output: number) => short(sum, m, right, zeroPoint) === output
    const [lowest, highest] = [literal(least, m, right, zeroPoint), literal(most, m, right, zeroPoint)]
    if (!equal(least, lowest) || !equal(most, highest)) return `channel ${channel} differs at an end of its sums`
    const sumsAnOutput = 2 ** right * (2 ** 31 / m)
    for (let output = lowest + 1; output <= highest; output++) {
      let step = max(least + 1, min(most, round((output - zeroPoint - 0.5) * sumsAnOutput)))
      let [below, above] = [literal(step - 1, m, right, zeroPoint), literal(step, m, right, zeroPoint)]
      for (; above < output; step++) [below, above] = [above, literal(step + 1, m, right, zeroPoint)]
      for (; below >= output; step--) [below, above] = [literal(step - 2, m, right, zeroPoint), below]
      if (!equal(step - 1, below) || !equal(step, above)) return `channel ${channel} differs where its output becomes ${output}`
      thresholds++
    }
  }
  return thresholds
}
