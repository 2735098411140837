import { requantize, toInt8 } from './requantize'

/**
 * Means over some axes: sums of the elements, brought to the output's scale by one factor that holds the division.
 * @param targets for each element the int32 index of its sum
 * @param sums room for int32 `[outputs]` and one vector more
 * @param offset added to each sum: −zero point · elements of a sum
 */
export function mean(input: usize, targets: usize, count: i32, sums: usize, output: usize, outputs: i32, offset: i32, scale: usize, zeroPoint: i32): void {
  for (let i = 0; i < outputs; i++) store<i32>(sums + (<usize>i << 2), offset)
  for (let i = 0; i < count; i++) {
    const sum = sums + (load<u32>(targets + (<usize>i << 2)) << 2)
    store<i32>(sum, load<i32>(sum) + <i32>load<i8>(input + i))
  }
  const zeroPoints = i16x8.splat(<i16>zeroPoint)
  const lower = i8x16.splat(-128)
  const upper = i8x16.splat(127)
  for (let i = 0; i < outputs; i += 8) {
    const from = sums + (<usize>i << 2)
    v128.store64_lane(output + i, toInt8(requantize(v128.load(from), v128.load(from, 16), scale), zeroPoints, lower, upper), 0)
  }
}
