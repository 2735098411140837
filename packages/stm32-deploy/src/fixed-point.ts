/** Fixed-point arithmetic of TensorFlow Lite's reference kernels, as far as tables and factors are made ahead of time. */

/** A real factor ≥ 0 as `multiplier` · 2^(`shift` − 31); the multiplier is 0 or in [2^30, 2^31). */
export interface Factor {
  readonly multiplier: number
  readonly shift: number
}

/** Taken once: where code runs in a context of its own, as in jest, looking up a global costs more than the arithmetic. */
const { floor, max, min } = Math

const bits = new DataView(new ArrayBuffer(8))

/**
 * The nearest Q31 multiplier of a factor.
 * @see tflite::QuantizeMultiplier in kernels/internal/quantization_util.cc
 */
export function quantizeMultiplier(real: number): Factor {
  if (real < 1e-300) return { multiplier: 0, shift: 0 }
  // real = mantissa · 2^exponent with ½ ≤ mantissa < 1: C's frexp.
  bits.setFloat64(0, real)
  const high = bits.getUint32(0)
  const exponent = ((high >>> 20) & 0x7ff) - 1022
  bits.setUint32(0, (high & 0x800fffff) | (1022 << 20))
  const rounded = floor(bits.getFloat64(0) * 2147483648 + 0.5)
  const [multiplier, shift] = rounded === 2147483648 ? [1073741824, exponent + 1] : [rounded, exponent]
  return shift < -31 ? { multiplier: 0, shift: 0 } : { multiplier, shift }
}

/** (x · multiplier + 2^30) >> 31 of an int32 and a multiplier below 2^31: in doubles, all of them whole and below 2^53. */
export function roundedHigh(x: number, multiplier: number): number {
  const low = floor((x * (multiplier & 0xffff) + 2 ** 30) / 65536)
  return floor((x * (multiplier >>> 16) + low) / 32768)
}

/** An int32 times a factor, rounded as `aed_scale` in c/include/aed_types.h does. */
export function scale(x: number, { multiplier, shift }: Factor): number {
  const high = roundedHigh(shift > 0 ? x << shift : x, multiplier)
  const right = shift > 0 ? 0 : -shift
  const mask = right === 31 ? 0x7fffffff : (1 << right) - 1
  const threshold = (mask >> 1) + (high < 0 ? 1 : 0)
  return (high >> right) + ((high & mask) > threshold ? 1 : 0)
}

/** To the nearest integer, ties away from zero: C's `round`. */
export function roundHalfAway(x: number): number {
  const magnitude = Math.abs(x)
  const whole = floor(magnitude)
  const rounded = magnitude - whole >= 0.5 ? whole + 1 : whole
  return x < 0 ? -rounded : rounded
}

export function clampToInt8(x: number): number {
  return max(-128, min(127, x))
}
