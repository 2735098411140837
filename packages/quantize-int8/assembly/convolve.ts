import { EIGHTH_BYTES, multiply } from './multiply'
import { allShiftRight, requantize, requantizeRight, SCALE_BYTES, storePart, toInt8 } from './requantize'

/** Bytes of a panel of eight channels before its weights: eight int32 biases and two scales. */
export const PANEL_HEAD: usize = 32 + 2 * SCALE_BYTES

/**
 * Convolution, or dense layer, of an int16 image that has its padding already; four windows by eight channels at a time.
 * @param windows int32 byte offset in the image of each window, a multiple of four of them; the last ones may repeat
 * @param targets int32 byte offset in the output of each window
 * @param segments, eighths see `multiply`
 * @param panels for each eight channels: biases `int32 [8]`, two scales, weights as `multiply` takes them
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
    const scale0 = panels + 32
    const scale1 = scale0 + SCALE_BYTES
    // Never more than a pixel has: the first channels of the next one may be there already.
    const count = min<i32>(8, channels - channel)
    const usual = count === 8 && allShiftRight(scale0, 2)
    for (let i = 0; i < windowCount; i += 4) {
      const from = windows + (<usize>i << 2)
      multiply(image + load<u32>(from), image + load<u32>(from, 4), image + load<u32>(from, 8), image + load<u32>(from, 12), segments, segmentEnd, eighths, panels + PANEL_HEAD, sums)
      for (let window = 0; window < 4; window++) {
        const to = output + channel + load<u32>(targets + (<usize>(i + window) << 2))
        const low = i32x4.add(v128.load(sums + (<usize>window << 5)), bias0)
        const high = i32x4.add(v128.load(sums + (<usize>window << 5), 16), bias1)
        if (usual) v128.store64_lane(to, toInt8(requantizeRight(low, scale0), requantizeRight(high, scale1), zeroPoints, lower, upper), 0)
        else storePart(to, toInt8(requantize(low, scale0), requantize(high, scale1), zeroPoints, lower, upper), count)
      }
    }
    panels += panelBytes
  }
}
