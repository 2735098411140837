import { highMul, requantize, tiesAway, toInt8 } from './requantize'

/** Bits that ADD shifts its inputs left, so that bringing them to one scale costs no precision. */
const ADD_LEFT_SHIFT = 20

/** Eight int8 minus their zero point, as int16. */
@inline
function centred(from: usize, zeroPoint: v128): v128 {
  return i16x8.sub(v128.load_ext<i8>(from), zeroPoint)
}

/**
 * a + b, of which b has the larger scale or the same. At twice the larger scale b's factor is exactly one half: bringing x there is
 * ⌊(x · 2^20 · 2^30 + 2^30) / 2^31⌋ = x · 2^19.
 * @param multiplierA, shiftA a's factor, which never shifts to the left: e = `shiftA` ≥ 0
 */
export function add(
  a: usize, b: usize, output: usize, count: i32, multiplierA: i32, shiftA: i32, scale: usize, zeroA: i32, zeroB: i32, zeroPoint: i32, min: i32, max: i32,
): void {
  const zerosA = i16x8.splat(<i16>zeroA)
  const zerosB = i16x8.splat(<i16>zeroB)
  const factor = i32x4.splat(multiplierA)
  const shifts = shiftA > 0
  const half = i32x4.splat(shifts ? 1 << (shiftA - 1) : 0)
  const zeroPoints = i16x8.splat(<i16>zeroPoint)
  const lower = i8x16.splat(<i8>min)
  const upper = i8x16.splat(<i8>max)
  for (let i = 0; i < count; i += 8) {
    const x = centred(a + i, zerosA)
    const y = centred(b + i, zerosB)
    let low = highMul(i32x4.shl(i32x4.extend_low_i16x8_s(x), ADD_LEFT_SHIFT), factor)
    let high = highMul(i32x4.shl(i32x4.extend_high_i16x8_s(x), ADD_LEFT_SHIFT), factor)
    if (shifts) {
      // |x| < 2^28: adding a half overflows nothing.
      low = i32x4.shr_s(i32x4.add(tiesAway(low), half), shiftA)
      high = i32x4.shr_s(i32x4.add(tiesAway(high), half), shiftA)
    }
    low = i32x4.add(low, i32x4.shl(i32x4.extend_low_i16x8_s(y), ADD_LEFT_SHIFT - 1))
    high = i32x4.add(high, i32x4.shl(i32x4.extend_high_i16x8_s(y), ADD_LEFT_SHIFT - 1))
    v128.store64_lane(output + i, toInt8(requantize(low, high, scale), zeroPoints, lower, upper), 0)
  }
}

export function mul(a: usize, b: usize, output: usize, count: i32, scale: usize, zeroA: i32, zeroB: i32, zeroPoint: i32, min: i32, max: i32): void {
  const zerosA = i16x8.splat(<i16>zeroA)
  const zerosB = i16x8.splat(<i16>zeroB)
  const zeroPoints = i16x8.splat(<i16>zeroPoint)
  const lower = i8x16.splat(<i8>min)
  const upper = i8x16.splat(<i8>max)
  for (let i = 0; i < count; i += 8) {
    const x = centred(a + i, zerosA)
    const y = centred(b + i, zerosB)
    const values = requantize(i32x4.extmul_low_i16x8_s(x, y), i32x4.extmul_high_i16x8_s(x, y), scale)
    v128.store64_lane(output + i, toInt8(values, zeroPoints, lower, upper), 0)
  }
}
