// Change of scale as TensorFlow Lite's reference kernels do it, with both of its roundings; the scalar specification is
// src/fixed-point.ts. A scale is four vectors of four channels each, 64 bytes, which packRequantization in src/wasm/requantization.ts writes:
//
//   left        2^shift where the shift is to the left, else 1
//   multiplier  in [0, 2^31)
//   right       2^(31 − e) for a shift of e ≥ 1 to the right, else 0
//   unshifted   all ones where there is no shift to the right, else 0
//
// There are no shifts by a number of bits of each lane's own in WebAssembly: they are multiplications here.

export const SCALE_BYTES: usize = 64

/** ⌊(x · factor + 2^30) / 2^31⌋ in each lane; exact, as the 64-bit products cannot overflow and the quotients fit into 32 bits. */
// @ts-ignore: decorator
@inline
function highMul(x: v128, factor: v128): v128 {
  const half = i64x2.splat(1 << 30)
  const low = i64x2.shr_u(i64x2.add(i64x2.extmul_low_i32x4_s(x, factor), half), 31)
  const high = i64x2.shr_u(i64x2.add(i64x2.extmul_high_i32x4_s(x, factor), half), 31)
  return v128.shuffle<i32>(low, high, 0, 2, 4, 6)
}

/**
 * Four sums at the output's scale, not yet clamped.
 *
 * The second rounding, of y / 2^e with ties away from zero, is ⌊(y − [y < 0] + 2^(e − 1)) / 2^e⌋, which is a `highMul` by 2^(31 − e) of
 * y − [y < 0]; that cannot overflow, as y ≥ −2^31 + 1.
 */
// @ts-ignore: decorator
@inline
export function requantize(sums: v128, scale: usize): v128 {
  const y = highMul(i32x4.mul(sums, v128.load(scale)), v128.load(scale, 16))
  return v128.bitselect(y, shiftRight(y, v128.load(scale, 32)), v128.load(scale, 48))
}

/** The same for scales that shift to the right, by a bit or more, in all lanes: nearly all do. */
// @ts-ignore: decorator
@inline
export function requantizeRight(sums: v128, scale: usize): v128 {
  return shiftRight(highMul(sums, v128.load(scale, 16)), v128.load(scale, 32))
}

// @ts-ignore: decorator
@inline
function shiftRight(y: v128, right: v128): v128 {
  return highMul(i32x4.add(y, i32x4.shr_s(y, 31)), right)
}

/** Whether all lanes of some scales, one after another, shift to the right. */
export function allShiftRight(scales: usize, count: i32): bool {
  let none = i32x4.splat(0)
  for (let i = 0; i < count; i++) none = v128.or(none, v128.load(scales + <usize>i * SCALE_BYTES, 48))
  return !v128.any_true(none)
}

/**
 * Eight requantized sums as int8 in the lower half: plus the zero point, between min and max. They saturate as int16 before the zero
 * point is added, which moves none across the bounds of int8.
 */
// @ts-ignore: decorator
@inline
export function toInt8(low: v128, high: v128, zeroPoint: v128, min: v128, max: v128): v128 {
  const wide = i16x8.add_sat_s(i16x8.narrow_i32x4_s(low, high), zeroPoint)
  return i8x16.min_s(i8x16.max_s(i8x16.narrow_i16x8_s(wide, wide), min), max)
}

/** Stores the first `count` of the eight int8 in the lower half. */
// @ts-ignore: decorator
@inline
export function storePart(to: usize, values: v128, count: i32): void {
  let bits = i64x2.extract_lane(values, 0)
  for (let i = 0; i < count; i++) {
    store<i8>(to + i, <i8>bits)
    bits >>= 8
  }
}
