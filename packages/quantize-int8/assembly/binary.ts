import { requantize, SCALE_BYTES, toInt8 } from './requantize'

/** Bits that ADD shifts its inputs left, so that bringing them to one scale costs no precision. */
const ADD_LEFT_SHIFT = 20

/** Eight int8 minus their zero point, as int16. */
// @ts-ignore: decorator
@inline
function centred(from: usize, zeroPoint: v128): v128 {
  return i16x8.sub(v128.load_ext<i8>(from), zeroPoint)
}

/** @param scales of a, of b and of the sum */
export function add(a: usize, b: usize, output: usize, count: i32, scales: usize, zeroA: i32, zeroB: i32, zeroPoint: i32, min: i32, max: i32): void {
  const scaleB = scales + SCALE_BYTES
  const scaleSum = scaleB + SCALE_BYTES
  const zerosA = i16x8.splat(<i16>zeroA)
  const zerosB = i16x8.splat(<i16>zeroB)
  const zeroPoints = i16x8.splat(<i16>zeroPoint)
  const lower = i8x16.splat(<i8>min)
  const upper = i8x16.splat(<i8>max)
  for (let i = 0; i < count; i += 8) {
    const x = centred(a + i, zerosA)
    const y = centred(b + i, zerosB)
    const low = i32x4.add(
      requantize(i32x4.shl(i32x4.extend_low_i16x8_s(x), ADD_LEFT_SHIFT), scales),
      requantize(i32x4.shl(i32x4.extend_low_i16x8_s(y), ADD_LEFT_SHIFT), scaleB),
    )
    const high = i32x4.add(
      requantize(i32x4.shl(i32x4.extend_high_i16x8_s(x), ADD_LEFT_SHIFT), scales),
      requantize(i32x4.shl(i32x4.extend_high_i16x8_s(y), ADD_LEFT_SHIFT), scaleB),
    )
    v128.store64_lane(output + i, toInt8(requantize(low, scaleSum), requantize(high, scaleSum), zeroPoints, lower, upper), 0)
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
    const low = requantize(i32x4.extmul_low_i16x8_s(x, y), scale)
    const high = requantize(i32x4.extmul_high_i16x8_s(x, y), scale)
    v128.store64_lane(output + i, toInt8(low, high, zeroPoints, lower, upper), 0)
  }
}
