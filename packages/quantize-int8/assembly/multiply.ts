/** Bytes of the sums of four windows by eight channels. */
export const SUMS_BYTES: usize = 128

/** Bytes of the weights of eight channels for eight values of a segment. */
export const EIGHTH_BYTES: usize = 128

/**
 * The inner product of four windows and eight channels: int32 `sums[window, channel]`.
 *
 * A window is a list of segments: stretches of an int16 image that lie together, as the columns of one filter row do. Each step takes two
 * neighbouring values of a window, repeated in all lanes, times two weights of each of four channels (`dot`), so that a lane is a channel
 * and nothing is left to sum across lanes. Eight sums, two weights and a value are what the registers of x86 hold.
 *
 * @param segments int32 byte offset in the window of each segment
 * @param eighths length of a segment in units of eight values; beyond its real end the weights are zero
 * @param weights int16 `[segments, eighths · 4, 8 channels, 2]`
 */
@inline
export function multiply(
  window0: usize, window1: usize, window2: usize, window3: usize, segments: usize, segmentEnd: usize, eighths: i32, weights: usize, sums: usize,
): void {
  let sum00 = i32x4.splat(0)
  let sum01 = sum00
  let sum10 = sum00
  let sum11 = sum00
  let sum20 = sum00
  let sum21 = sum00
  let sum30 = sum00
  let sum31 = sum00
  for (; segments < segmentEnd; segments += 4) {
    const offset = load<u32>(segments)
    let x0 = window0 + offset
    let x1 = window1 + offset
    let x2 = window2 + offset
    let x3 = window3 + offset
    for (const end = weights + <usize>eighths * EIGHTH_BYTES; weights < end; weights += EIGHTH_BYTES) {
      // Written out: a loop over the four pairs costs a fifth more.
      let w0 = v128.load(weights)
      let w1 = v128.load(weights, 16)
      let x = v128.load32_splat(x0)
      sum00 = i32x4.add(sum00, i32x4.dot_i16x8_s(x, w0))
      sum01 = i32x4.add(sum01, i32x4.dot_i16x8_s(x, w1))
      x = v128.load32_splat(x1)
      sum10 = i32x4.add(sum10, i32x4.dot_i16x8_s(x, w0))
      sum11 = i32x4.add(sum11, i32x4.dot_i16x8_s(x, w1))
      x = v128.load32_splat(x2)
      sum20 = i32x4.add(sum20, i32x4.dot_i16x8_s(x, w0))
      sum21 = i32x4.add(sum21, i32x4.dot_i16x8_s(x, w1))
      x = v128.load32_splat(x3)
      sum30 = i32x4.add(sum30, i32x4.dot_i16x8_s(x, w0))
      sum31 = i32x4.add(sum31, i32x4.dot_i16x8_s(x, w1))
      w0 = v128.load(weights, 32)
      w1 = v128.load(weights, 48)
      x = v128.load32_splat(x0, 4)
      sum00 = i32x4.add(sum00, i32x4.dot_i16x8_s(x, w0))
      sum01 = i32x4.add(sum01, i32x4.dot_i16x8_s(x, w1))
      x = v128.load32_splat(x1, 4)
      sum10 = i32x4.add(sum10, i32x4.dot_i16x8_s(x, w0))
      sum11 = i32x4.add(sum11, i32x4.dot_i16x8_s(x, w1))
      x = v128.load32_splat(x2, 4)
      sum20 = i32x4.add(sum20, i32x4.dot_i16x8_s(x, w0))
      sum21 = i32x4.add(sum21, i32x4.dot_i16x8_s(x, w1))
      x = v128.load32_splat(x3, 4)
      sum30 = i32x4.add(sum30, i32x4.dot_i16x8_s(x, w0))
      sum31 = i32x4.add(sum31, i32x4.dot_i16x8_s(x, w1))
      w0 = v128.load(weights, 64)
      w1 = v128.load(weights, 80)
      x = v128.load32_splat(x0, 8)
      sum00 = i32x4.add(sum00, i32x4.dot_i16x8_s(x, w0))
      sum01 = i32x4.add(sum01, i32x4.dot_i16x8_s(x, w1))
      x = v128.load32_splat(x1, 8)
      sum10 = i32x4.add(sum10, i32x4.dot_i16x8_s(x, w0))
      sum11 = i32x4.add(sum11, i32x4.dot_i16x8_s(x, w1))
      x = v128.load32_splat(x2, 8)
      sum20 = i32x4.add(sum20, i32x4.dot_i16x8_s(x, w0))
      sum21 = i32x4.add(sum21, i32x4.dot_i16x8_s(x, w1))
      x = v128.load32_splat(x3, 8)
      sum30 = i32x4.add(sum30, i32x4.dot_i16x8_s(x, w0))
      sum31 = i32x4.add(sum31, i32x4.dot_i16x8_s(x, w1))
      w0 = v128.load(weights, 96)
      w1 = v128.load(weights, 112)
      x = v128.load32_splat(x0, 12)
      sum00 = i32x4.add(sum00, i32x4.dot_i16x8_s(x, w0))
      sum01 = i32x4.add(sum01, i32x4.dot_i16x8_s(x, w1))
      x = v128.load32_splat(x1, 12)
      sum10 = i32x4.add(sum10, i32x4.dot_i16x8_s(x, w0))
      sum11 = i32x4.add(sum11, i32x4.dot_i16x8_s(x, w1))
      x = v128.load32_splat(x2, 12)
      sum20 = i32x4.add(sum20, i32x4.dot_i16x8_s(x, w0))
      sum21 = i32x4.add(sum21, i32x4.dot_i16x8_s(x, w1))
      x = v128.load32_splat(x3, 12)
      sum30 = i32x4.add(sum30, i32x4.dot_i16x8_s(x, w0))
      sum31 = i32x4.add(sum31, i32x4.dot_i16x8_s(x, w1))
      x0 += 16
      x1 += 16
      x2 += 16
      x3 += 16
    }
  }
  v128.store(sums, sum00)
  v128.store(sums, sum01, 16)
  v128.store(sums, sum10, 32)
  v128.store(sums, sum11, 48)
  v128.store(sums, sum20, 64)
  v128.store(sums, sum21, 80)
  v128.store(sums, sum30, 96)
  v128.store(sums, sum31, 112)
}
