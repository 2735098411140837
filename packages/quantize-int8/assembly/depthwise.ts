import { PANEL_HEAD } from './convolve'
import { requantize, toInt8 } from './requantize'

/**
 * Depthwise convolution, one output channel for each input channel, eight channels at a time, of an int8 image that has its padding
 * already.
 * @param windows int32 byte offset in the image of each window
 * @param taps int32 byte offset in the window of each tap
 * @param panels for each eight channels: biases `int32 [8]`, scale, weights `int16 [taps, 8]`
 */
export function depthwise(
  image: usize, windows: usize, windowCount: i32, taps: usize, tapCount: i32, panels: usize, output: usize, channels: i32,
  zeroPoint: i32, min: i32, max: i32,
): void {
  const zeroPoints = i16x8.splat(<i16>zeroPoint)
  const lower = i8x16.splat(<i8>min)
  const upper = i8x16.splat(<i8>max)
  const panelBytes = PANEL_HEAD + (<usize>tapCount << 4)
  const windowEnd = windows + (<usize>windowCount << 2)
  for (let window = windows; window < windowEnd; window += 4) {
    const from = image + load<u32>(window)
    let panel = panels
    for (let channel = 0; channel < channels; channel += 8) {
      let low = v128.load(panel)
      let high = v128.load(panel, 16)
      for (let tap = 0; tap < tapCount; tap++) {
        const x = v128.load_ext<i8>(from + channel + load<u32>(taps + (<usize>tap << 2)))
        const w = v128.load(panel + PANEL_HEAD + (<usize>tap << 4))
        low = i32x4.add(low, i32x4.extmul_low_i16x8_s(x, w))
        high = i32x4.add(high, i32x4.extmul_high_i16x8_s(x, w))
      }
      // Past the last channel this writes into the next pixel, which is written later.
      v128.store64_lane(output + channel, toInt8(requantize(low, high, panel + 32), zeroPoints, lower, upper), 0)
      panel += panelBytes
    }
    output += channels
  }
}
