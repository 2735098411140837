// Change of scale as TensorFlow Lite's reference kernels do it, with both of its roundings; the scalar specification is
// src/fixed-point.ts. A scale is that of eight channels, 160 bytes, which src/wasm/requantization.ts writes:
//
//   for each four channels, as int32:
//     left        2^shift where the shift is to the left, else 1
//     multiplier  in [0, 2^31)
//     right       2^(31 − e) for a shift of e ≥ 1 to the right, else 0
//     unshifted   all ones where there is no shift to the right, else 0
//   rest        int16 2^(15 − d) for each channel  (where alike)
//   shift       int32 s, with e = s + d
//   alike       int32 1 where all eight shift to the right, by numbers of bits that differ by 6 at most: nearly all do
//
// There are no shifts by a number of bits of each lane's own in WebAssembly: they are multiplications here.

export const SCALE_BYTES: usize = 160
const HALF: usize = 64

/** ⌊(x · factor + 2^30) / 2^31⌋ in each lane; exact, as the 64-bit products cannot overflow and the quotients fit into 32 bits. */
@inline
export function highMul(x: v128, factor: v128): v128 {
  const half = i64x2.splat(1 << 30)
  const low = i64x2.shr_u(i64x2.add(i64x2.extmul_low_i32x4_s(x, factor), half), 31)
  const high = i64x2.shr_u(i64x2.add(i64x2.extmul_high_i32x4_s(x, factor), half), 31)
  return v128.shuffle<i32>(low, high, 0, 2, 4, 6)
}

/** y − [y < 0]: with it ⌊(… + 2^(e − 1)) / 2^e⌋ is y / 2^e rounded with ties away from zero. No overflow: `highMul` gives y > −2^31. */
@inline
export function tiesAway(y: v128): v128 {
  return i32x4.add(y, i32x4.shr_s(y, 31))
}

/**
 * Eight sums at the output's scale, saturated to int16.
 *
 * Where the shifts are alike, ⌊(y + 2^(e − 1)) / 2^e⌋ is taken in two steps, e = s + d: ⌊y / 2^s⌋, the same for all, and
 * ⌊(… + 2^(d − 1)) / 2^d⌋, which is the rounding 16-bit multiplication by 2^(15 − d). What saturates between the two is beyond int8 after
 * them as well, as d ≤ 7.
 */
@inline
export function requantize(low: v128, high: v128, scale: usize): v128 {
  if (load<i32>(scale, 2 * HALF + 20)) {
    const shift = load<i32>(scale, 2 * HALF + 16)
    const y0 = i32x4.shr_s(tiesAway(highMul(low, v128.load(scale, 16))), shift)
    const y1 = i32x4.shr_s(tiesAway(highMul(high, v128.load(scale, HALF + 16))), shift)
    return i16x8.q15mulr_sat_s(i16x8.narrow_i32x4_s(y0, y1), v128.load(scale, 2 * HALF))
  }
  return i16x8.narrow_i32x4_s(requantizeHalf(low, scale), requantizeHalf(high, scale + HALF))
}

/** Four sums, whatever their shifts: the second rounding is a `highMul` by 2^(31 − e) too. */
function requantizeHalf(sums: v128, scale: usize): v128 {
  const y = highMul(i32x4.mul(sums, v128.load(scale)), v128.load(scale, 16))
  return v128.bitselect(y, highMul(tiesAway(y), v128.load(scale, 32)), v128.load(scale, 48))
}

/** Eight int16 plus the zero point, between two bounds, as int8 in the lower half. */
@inline
export function toInt8(values: v128, zeroPoint: v128, lowest: v128, highest: v128): v128 {
  const wide = i16x8.add_sat_s(values, zeroPoint)
  return i8x16.min_s(i8x16.max_s(i8x16.narrow_i16x8_s(wide, wide), lowest), highest)
}

/** Stores the first `count` of the eight int8 in the lower half. */
export function storePart(to: usize, values: v128, count: i32): void {
  let bits = i64x2.extract_lane(values, 0)
  for (let i = 0; i < count; i++) {
    store<i8>(to + i, <i8>bits)
    bits >>= 8
  }
}
