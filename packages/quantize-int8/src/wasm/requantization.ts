import type { QuantizedMultiplier } from '../fixed-point.ts'

/** Channels of a scale, and of a vector of int32. */
const CHANNELS = 8
const LANES = 4

/** Bytes of a packed scale. */
export const SCALE_BYTES = 160

/** Shifts that differ by more than this are not alike: what is left of one, s + d, must have 1 ≤ d ≤ 7. */
const MOST_DIFFERENCE = 6

/** The factors of up to eight channels, laid out as assembly/requantize.ts explains. */
export function packRequantization(factors: readonly QuantizedMultiplier[]): Uint8Array {
  const scale = new Uint8Array(SCALE_BYTES)
  factors.forEach(({ multiplier, shift }, channel) => {
    const half = new Int32Array(scale.buffer, channel < LANES ? 0 : 64, 4 * LANES)
    const lane = channel % LANES
    half[lane] = shift > 0 ? 1 << shift : 1
    half[LANES + lane] = multiplier
    half[2 * LANES + lane] = shift < 0 ? 2 ** (31 + shift) : 0
    half[3 * LANES + lane] = shift < 0 ? 0 : -1
  })
  const shifts = factors.map(({ shift }) => -shift)
  const [least, most] = [Math.min(...shifts), Math.max(...shifts)]
  if (least >= 1 && most - least <= MOST_DIFFERENCE) {
    new Int16Array(scale.buffer, 128, CHANNELS).set(shifts.map((shift) => 2 ** (15 - (shift - least + 1))))
    new Int32Array(scale.buffer, 144, 2).set([least - 1, 1])
  }
  return scale
}

/** One factor for all channels. */
export const packUniform = (factor: QuantizedMultiplier): Uint8Array => packRequantization(new Array<QuantizedMultiplier>(CHANNELS).fill(factor))
