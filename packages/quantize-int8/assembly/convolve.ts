import { allShiftRight, requantize, requantizeRight, SCALE_BYTES, storePart, toInt8 } from './requantize'

/** Bytes of a panel of eight channels before its weights: eight int32 biases and two scales. */
const PANEL_HEAD: usize = 32 + 2 * SCALE_BYTES

/**
 * Convolution, or dense layer, of an int16 image that has its padding already.
 *
 * A window is a list of segments: stretches of the image that lie together, as the columns of one filter row do. Four windows by eight
 * channels are summed at a time: each step takes two neighbouring values of a window, repeated in all lanes, times two weights of each of
 * four channels (`dot`), so that a lane is a channel, and needs no sum across lanes at the end.
 *
 * @param windows int32 byte offset in the image of each window, a multiple of four of them; the last ones may repeat
 * @param targets int32 byte offset in the output of each window
 * @param segments int32 byte offset in the window of each segment
 * @param eighths length of a segment in units of eight values; beyond its real end the weights are zero
 * @param panels for each eight channels: biases `int32 [8]`, two scales, weights `int16 [segments, eighths · 4, 8 channels, 2]`
 */
export function convolve(
  image: usize, windows: usize, targets: usize, windowCount: i32, segments: usize, segmentCount: i32, eighths: i32,
  panels: usize, output: usize, channels: i32, zeroPoint: i32, lowest: i32, highest: i32,
): void {
  const zeroPoints = i16x8.splat(<i16>zeroPoint)
  const lower = i8x16.splat(<i8>lowest)
  const upper = i8x16.splat(<i8>highest)
  const panelBytes = PANEL_HEAD + <usize>segmentCount * <usize>eighths * 128
  const segmentEnd = segments + (<usize>segmentCount << 2)
  for (let channel = 0; channel < channels; channel += 8) {
    const bias0 = v128.load(panels)
    const bias1 = v128.load(panels, 16)
    const scale0 = panels + 32
    const scale1 = scale0 + SCALE_BYTES
    const usual = channels - channel >= 8 && allShiftRight(scale0, 2)
    for (let i = 0; i < windowCount; i += 4) {
      const at = windows + (<usize>i << 2)
      const window0 = image + load<u32>(at)
      const window1 = image + load<u32>(at, 4)
      const window2 = image + load<u32>(at, 8)
      const window3 = image + load<u32>(at, 12)
      let sum00 = bias0
      let sum01 = bias1
      let sum10 = bias0
      let sum11 = bias1
      let sum20 = bias0
      let sum21 = bias1
      let sum30 = bias0
      let sum31 = bias1
      let w = panels + PANEL_HEAD
      for (let segment = segments; segment < segmentEnd; segment += 4) {
        const offset = load<u32>(segment)
        let x0 = window0 + offset
        let x1 = window1 + offset
        let x2 = window2 + offset
        let x3 = window3 + offset
        for (const end = w + <usize>eighths * 128; w < end; w += 128) {
          // Written out: a loop of four costs a fifth more.
          let w0 = v128.load(w)
          let w1 = v128.load(w, 16)
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
          w0 = v128.load(w, 32)
          w1 = v128.load(w, 48)
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
          w0 = v128.load(w, 64)
          w1 = v128.load(w, 80)
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
          w0 = v128.load(w, 96)
          w1 = v128.load(w, 112)
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
      const to = output + channel
      const target = targets + (<usize>i << 2)
      const to0 = to + load<u32>(target)
      const to1 = to + load<u32>(target, 4)
      const to2 = to + load<u32>(target, 8)
      const to3 = to + load<u32>(target, 12)
      if (usual) {
        v128.store64_lane(to0, toInt8(requantizeRight(sum00, scale0), requantizeRight(sum01, scale1), zeroPoints, lower, upper), 0)
        v128.store64_lane(to1, toInt8(requantizeRight(sum10, scale0), requantizeRight(sum11, scale1), zeroPoints, lower, upper), 0)
        v128.store64_lane(to2, toInt8(requantizeRight(sum20, scale0), requantizeRight(sum21, scale1), zeroPoints, lower, upper), 0)
        v128.store64_lane(to3, toInt8(requantizeRight(sum30, scale0), requantizeRight(sum31, scale1), zeroPoints, lower, upper), 0)
      } else {
        // Never more than a pixel has: the first channels of the next one may be there already.
        const count = min<i32>(8, channels - channel)
        storePart(to0, toInt8(requantize(sum00, scale0), requantize(sum01, scale1), zeroPoints, lower, upper), count)
        storePart(to1, toInt8(requantize(sum10, scale0), requantize(sum11, scale1), zeroPoints, lower, upper), count)
        storePart(to2, toInt8(requantize(sum20, scale0), requantize(sum21, scale1), zeroPoints, lower, upper), count)
        storePart(to3, toInt8(requantize(sum30, scale0), requantize(sum31, scale1), zeroPoints, lower, upper), count)
      }
    }
    panels += panelBytes
  }
}
