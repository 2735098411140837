/**
 * Fixed-point arithmetic of TensorFlow Lite's reference kernels (gemmlowp's double rounding). All operands are int32 held in
 * JavaScript numbers.
 */

// Local names: in the contexts that test runners make, looking up a global in a hot loop costs more than the call.
const { abs, floor } = Math

/** A positive real factor as `multiplier` · 2^(`shift` − 31); the multiplier is 0 or in [2^30, 2^31). */
export interface QuantizedMultiplier {
  readonly multiplier: number
  readonly shift: number
}

const bits = new DataView(new ArrayBuffer(8))

/** real = mantissa · 2^exponent with ½ ≤ mantissa < 1, as C's `frexp` does, for normal positive numbers. */
function frexp(real: number): { mantissa: number; exponent: number } {
  bits.setFloat64(0, real)
  const high = bits.getUint32(0)
  bits.setUint32(0, (high & 0x800fffff) | (1022 << 20))
  return { mantissa: bits.getFloat64(0), exponent: ((high >>> 20) & 0x7ff) - 1022 }
}

/**
 * The nearest Q31 multiplier of a real factor ≥ 0.
 * @see tflite::QuantizeMultiplier in kernels/internal/quantization_util.cc
 */
export function quantizeMultiplier(real: number): QuantizedMultiplier {
  if (real < 1e-300) return { multiplier: 0, shift: 0 }
  const { mantissa, exponent } = frexp(real)
  const rounded = floor(mantissa * 2147483648 + 0.5)
  const [multiplier, shift] = rounded === 2147483648 ? [1073741824, exponent + 1] : [rounded, exponent]
  return shift < -31 ? { multiplier: 0, shift: 0 } : { multiplier, shift }
}

/**
 * Saturating rounding doubling high multiply: ⌊(x · multiplier + 2^30) / 2^31⌋, ties toward +∞, for int32 `x` and
 * 0 ≤ multiplier < 2^31 (so that it never saturates).
 *
 * Exact in doubles: with multiplier = high · 2^16 + low, both parts below 2^16, |x · high| < 2^46 and |x · low + 2^30| < 2^48
 * are exact integers, and so is their quotient by 2^16 after `floor`. As x · high is an integer,
 * ⌊(x · high · 2^16 + t) / 2^31⌋ = ⌊(x · high + ⌊t / 2^16⌋) / 2^15⌋ for t = x · low + 2^30. Divisions are by powers of two.
 */
export function saturatingRoundingDoublingHighMul(x: number, multiplier: number): number {
  return floor((x * (multiplier >>> 16) + floor((x * (multiplier & 0xffff) + 1073741824) / 65536)) / 32768)
}

/** x / 2^exponent rounded to nearest, ties away from zero; 0 ≤ exponent ≤ 31. */
export function roundingDivideByPowerOfTwo(x: number, exponent: number): number {
  const mask = exponent === 31 ? 0x7fffffff : (1 << exponent) - 1
  const threshold = (mask >> 1) + (x < 0 ? 1 : 0)
  return (x >> exponent) + ((x & mask) > threshold ? 1 : 0)
}

/**
 * x times a quantized multiplier: a positive shift is applied before the multiplication, a negative one after it, with a
 * rounding of its own.
 * @see tflite::MultiplyByQuantizedMultiplier in kernels/internal/common.h (TFLITE_SINGLE_ROUNDING off)
 */
export function multiplyByQuantizedMultiplier(x: number, multiplier: number, shift: number): number {
  return shift > 0
    ? saturatingRoundingDoublingHighMul(x << shift, multiplier)
    : roundingDivideByPowerOfTwo(saturatingRoundingDoublingHighMul(x, multiplier), -shift)
}

/** To the nearest integer, ties away from zero: C's `round`. */
export function roundHalfAway(x: number): number {
  // x + 0.5 itself may round up (0.49999999999999994), x − ⌊x⌋ is exact.
  const magnitude = abs(x)
  const whole = floor(magnitude)
  const rounded = magnitude - whole >= 0.5 ? whole + 1 : whole
  return x < 0 ? 0 - rounded : rounded // never −0
}

export function clamp(x: number, min: number, max: number): number {
  return x < min ? min : x > max ? max : x
}
