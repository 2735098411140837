import { EIGHTH_BYTES, multiply } from './multiply'
import { requantize, SCALE_BYTES, storePart, toInt8 } from './requantize'

/** Bytes of a panel of eight channels before its weights: eight int32 biases and their scale. */
export const PANEL_HEAD: usize = 32 + SCALE_BYTES

/**
 * Convolution, or dense layer, of an int16 image that has its padding already; four windows by eight channels at a time.
 * @param windows int32 byte offset in the image of each window, a multiple of four of them; the last ones may repeat
 * @param targets int32 byte offset in the output of each window
 * @param segments, eighths see `multiply`
 * @param panels for each eight channels: biases `int32 [8]`, scale, weights as `multiply` takes them
 * @param sums room for the sums of `multiply`
 */
export function convolve(
  image: usize, windows: usize, targets: usize, windowCount: i32, segments: usize, segmentCount: i32, eighths: i32,
  panels: usize, sums: usize, output: usize, channels: i32, zeroPoint: i32, lowest: i32, highest: i32,
): void {
  const zeroPoints = i16x8.splat(<i16>zeroPoint)
  const lower = i8x16.splat(<i8>lowest)
  const upper = i8x16.splat(<i8>highest)
  const panelBytes = PANEL_HEAD + <usize>segmentCount * <usize>eighths * EIGHTH_BYTES
  const segmentEnd = segments + (<usize>segmentCount << 2)
  for (let channel = 0; channel < channels; channel += 8) {
    const bias0 = v128.load(panels)
    const bias1 = v128.load(panels, 16)
    const scale = panels + 32
    // Never more than a pixel has: the first channels of the next one may be there already.
    const count = min<i32>(8, channels - channel)
    for (let i = 0; i < windowCount; i += 4) {
      const from = windows + (<usize>i << 2)
      multiply(image + load<u32>(from), image + load<u32>(from, 4), image + load<u32>(from, 8), image + load<u32>(from, 12), segments, segmentEnd, eighths, panels + PANEL_HEAD, sums)
      const target = targets + (<usize>i << 2)
      for (let window: usize = 0; window < 4; window++) {
        const sum = sums + (window << 5)
        const sum16 = requantize(i32x4.add(v128.load(sum), bias0), i32x4.add(v128.load(sum, 16), bias1), scale)
        const values = toInt8(sum16, zeroPoints, lower, upper)
        const to = output + channel + load<u32>(target + (window << 2))
        if (count === 8) v128.store64_lane(to, values, 0)
        else storePart(to, values, count)
      }
    }
    panels += panelBytes
  }
}
