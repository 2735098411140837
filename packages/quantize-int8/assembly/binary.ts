import { allShiftRight, requantize, requantizeRight, SCALE_BYTES, toInt8 } from './requantize'

/** Bits that ADD shifts its inputs left, so that bringing them to one scale costs no precision. */
const ADD_LEFT_SHIFT = 20

/** Eight int8 minus their zero point, as int16. */
// @ts-ignore: decorator
@inline
function centred(from: usize, zeroPoint: v128): v128 {
  return i16x8.sub(v128.load_ext<i8>(from), zeroPoint)
}

/**
 * a + b, of which b has the larger scale or the same. At twice the larger scale b's factor is exactly one half: bringing x there is
 * ⌊(x · 2^20 · 2^30 + 2^30) / 2^31⌋ = x · 2^19.
 * @param scales of a, which never shifts to the left, and of the sum
 */
export function add(a: usize, b: usize, output: usize, count: i32, scales: usize, zeroA: i32, zeroB: i32, zeroPoint: i32, min: i32, max: i32): void {
  const scaleSum = scales + SCALE_BYTES
  const usual = allShiftRight(scales, 2)
  const zerosA = i16x8.splat(<i16>zeroA)
  const zerosB = i16x8.splat(<i16>zeroB)
  const zeroPoints = i16x8.splat(<i16>zeroPoint)
  const lower = i8x16.splat(<i8>min)
  const upper = i8x16.splat(<i8>max)
  for (let i = 0; i < count; i += 8) {
    const x = centred(a + i, zerosA)
    const y = centred(b + i, zerosB)
    let low = i32x4.shl(i32x4.extend_low_i16x8_s(x), ADD_LEFT_SHIFT)
    let high = i32x4.shl(i32x4.extend_high_i16x8_s(x), ADD_LEFT_SHIFT)
    const lowB = i32x4.shl(i32x4.extend_low_i16x8_s(y), ADD_LEFT_SHIFT - 1)
    const highB = i32x4.shl(i32x4.extend_high_i16x8_s(y), ADD_LEFT_SHIFT - 1)
    if (usual) {
      low = requantizeRight(i32x4.add(requantizeRight(low, scales), lowB), scaleSum)
      high = requantizeRight(i32x4.add(requantizeRight(high, scales), highB), scaleSum)
    } else {
      low = requantize(i32x4.add(requantize(low, scales), lowB), scaleSum)
      high = requantize(i32x4.add(requantize(high, scales), highB), scaleSum)
    }
    v128.store64_lane(output + i, toInt8(low, high, zeroPoints, lower, upper), 0)
  }
}

export function mul(a: usize, b: usize, output: usize, count: i32, scale: usize, zeroA: i32, zeroB: i32, zeroPoint: i32, min: i32, max: i32): void {
  const usual = allShiftRight(scale, 1)
  const zerosA = i16x8.splat(<i16>zeroA)
  const zerosB = i16x8.splat(<i16>zeroB)
  const zeroPoints = i16x8.splat(<i16>zeroPoint)
  const lower = i8x16.splat(<i8>min)
  const upper = i8x16.splat(<i8>max)
  for (let i = 0; i < count; i += 8) {
    const x = centred(a + i, zerosA)
    const y = centred(b + i, zerosB)
    let low = i32x4.extmul_low_i16x8_s(x, y)
    let high = i32x4.extmul_high_i16x8_s(x, y)
    if (usual) {
      low = requantizeRight(low, scale)
      high = requantizeRight(high, scale)
    } else {
      low = requantize(low, scale)
      high = requantize(high, scale)
    }
    v128.store64_lane(output + i, toInt8(low, high, zeroPoints, lower, upper), 0)
  }
}
