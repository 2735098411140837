import { allShiftRight, requantize, requantizeRight, SCALE_BYTES, toInt8 } from './requantize'

/** Bytes of a panel of eight channels before its weights: eight int32 biases and two scales. */
const PANEL_HEAD: usize = 32 + 2 * SCALE_BYTES

/**
 * Depthwise convolution, one output channel for each input channel, eight channels at a time, of an int8 image that has its padding
 * already.
 * @param windows int32 byte offset in the image of each window
 * @param taps int32 byte offset in the window of each tap
 * @param panels for each eight channels: biases `int32 [8]`, two scales, weights `int16 [taps, 8]`
 */
export function depthwise(
  image: usize, windows: usize, windowCount: i32, taps: usize, tapCount: i32, panels: usize, output: usize, channels: i32,
  zeroPoint: i32, min: i32, max: i32,
): void {
  const zeroPoints = i16x8.splat(<i16>zeroPoint)
  const lower = i8x16.splat(<i8>min)
  const upper = i8x16.splat(<i8>max)
  const panelBytes = PANEL_HEAD + (<usize>tapCount << 4)
  let usual = true
  for (let panel = panels, channel = 0; channel < channels; channel += 8, panel += panelBytes) usual = usual && allShiftRight(panel + 32, 2)
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
      const scale = panel + 32
      if (usual) low = requantizeRight(low, scale)
      else low = requantize(low, scale)
      if (usual) high = requantizeRight(high, scale + SCALE_BYTES)
      else high = requantize(high, scale + SCALE_BYTES)
      v128.store64_lane(output + channel, toInt8(low, high, zeroPoints, lower, upper), 0)
      panel += panelBytes
    }
    output += channels
  }
}
