import { ROW, WIDTH, loadHigh, loadLow, storeRow } from './panels'

/**
 * Windows of an image times a matrix: a convolution, or a plain product where a window is a row. Four windows by eight channels at a time, so
 * that the sums stay in registers.
 * @param windows int32 byte offset in the input of each window
 * @param segments int32 byte offset in a window of each segment: `length` values that lie one after another
 * @param panels the matrix `[segmentCount · length, channels]` as `pack` lays it out
 * @param bias `[channels]`, where the sums begin; 0: at zero, or with `add` at what the output holds
 * @param output `[count, channels]`, a row every `rowBytes`
 */
export function product(
  input: usize, windows: usize, count: i32, segments: usize, segmentCount: i32, length: i32, panels: usize, bias: usize, output: usize, rowBytes: i32, channels: i32, add: bool,
): void {
  const segmentEnd = segments + (<usize>segmentCount << 2)
  const whole = (<usize>length & ~3) << 2
  const part = (<usize>length & 3) << 2
  const panelBytes = <usize>segmentCount * length * ROW
  for (let channel = 0; channel < channels; channel += <i32>WIDTH) {
    const columns = min<i32>(<i32>WIDTH, channels - channel)
    let low = f32x4.splat(0)
    let high = low
    if (bias) {
      low = loadLow(bias + (<usize>channel << 2), columns)
      high = loadHigh(bias + (<usize>channel << 2), columns)
    }
    for (let window = 0; window < count; window += 4) {
      // The last windows may be one and the same: it is computed as often, and stored once.
      const last = count - 1
      const from = windows + (<usize>window << 2)
      const w0 = input + load<u32>(from)
      const w1 = input + load<u32>(windows + (<usize>min(window + 1, last) << 2))
      const w2 = input + load<u32>(windows + (<usize>min(window + 2, last) << 2))
      const w3 = input + load<u32>(windows + (<usize>min(window + 3, last) << 2))
      const o0 = output + window * rowBytes + (<usize>channel << 2)
      const o1 = o0 + (window + 1 > last ? 0 : rowBytes)
      const o2 = o1 + (window + 2 > last ? 0 : rowBytes)
      const o3 = o2 + (window + 3 > last ? 0 : rowBytes)
      let s00 = low, s01 = high, s10 = low, s11 = high, s20 = low, s21 = high, s30 = low, s31 = high
      if (add) {
        s00 = f32x4.add(s00, loadLow(o0, columns))
        s01 = f32x4.add(s01, loadHigh(o0, columns))
        s10 = f32x4.add(s10, loadLow(o1, columns))
        s11 = f32x4.add(s11, loadHigh(o1, columns))
        s20 = f32x4.add(s20, loadLow(o2, columns))
        s21 = f32x4.add(s21, loadHigh(o2, columns))
        s30 = f32x4.add(s30, loadLow(o3, columns))
        s31 = f32x4.add(s31, loadHigh(o3, columns))
      }
      let b = panels, a = low, b0 = low, b1 = low
      for (let segment = segments; segment < segmentEnd; segment += 4) {
        const offset = load<u32>(segment)
        let a0 = w0 + offset
        let a1 = w1 + offset
        let a2 = w2 + offset
        let a3 = w3 + offset
        for (const end = a0 + whole; a0 < end; ) {
          b0 = v128.load(b), b1 = v128.load(b, 16)
          a = v128.load32_splat(a0), s00 = f32x4.add(s00, f32x4.mul(a, b0)), s01 = f32x4.add(s01, f32x4.mul(a, b1))
          a = v128.load32_splat(a1), s10 = f32x4.add(s10, f32x4.mul(a, b0)), s11 = f32x4.add(s11, f32x4.mul(a, b1))
          a = v128.load32_splat(a2), s20 = f32x4.add(s20, f32x4.mul(a, b0)), s21 = f32x4.add(s21, f32x4.mul(a, b1))
          a = v128.load32_splat(a3), s30 = f32x4.add(s30, f32x4.mul(a, b0)), s31 = f32x4.add(s31, f32x4.mul(a, b1))
          b0 = v128.load(b, 32), b1 = v128.load(b, 48)
          a = v128.load32_splat(a0, 4), s00 = f32x4.add(s00, f32x4.mul(a, b0)), s01 = f32x4.add(s01, f32x4.mul(a, b1))
          a = v128.load32_splat(a1, 4), s10 = f32x4.add(s10, f32x4.mul(a, b0)), s11 = f32x4.add(s11, f32x4.mul(a, b1))
          a = v128.load32_splat(a2, 4), s20 = f32x4.add(s20, f32x4.mul(a, b0)), s21 = f32x4.add(s21, f32x4.mul(a, b1))
          a = v128.load32_splat(a3, 4), s30 = f32x4.add(s30, f32x4.mul(a, b0)), s31 = f32x4.add(s31, f32x4.mul(a, b1))
          b0 = v128.load(b, 64), b1 = v128.load(b, 80)
          a = v128.load32_splat(a0, 8), s00 = f32x4.add(s00, f32x4.mul(a, b0)), s01 = f32x4.add(s01, f32x4.mul(a, b1))
          a = v128.load32_splat(a1, 8), s10 = f32x4.add(s10, f32x4.mul(a, b0)), s11 = f32x4.add(s11, f32x4.mul(a, b1))
          a = v128.load32_splat(a2, 8), s20 = f32x4.add(s20, f32x4.mul(a, b0)), s21 = f32x4.add(s21, f32x4.mul(a, b1))
          a = v128.load32_splat(a3, 8), s30 = f32x4.add(s30, f32x4.mul(a, b0)), s31 = f32x4.add(s31, f32x4.mul(a, b1))
          b0 = v128.load(b, 96), b1 = v128.load(b, 112)
          a = v128.load32_splat(a0, 12), s00 = f32x4.add(s00, f32x4.mul(a, b0)), s01 = f32x4.add(s01, f32x4.mul(a, b1))
          a = v128.load32_splat(a1, 12), s10 = f32x4.add(s10, f32x4.mul(a, b0)), s11 = f32x4.add(s11, f32x4.mul(a, b1))
          a = v128.load32_splat(a2, 12), s20 = f32x4.add(s20, f32x4.mul(a, b0)), s21 = f32x4.add(s21, f32x4.mul(a, b1))
          a = v128.load32_splat(a3, 12), s30 = f32x4.add(s30, f32x4.mul(a, b0)), s31 = f32x4.add(s31, f32x4.mul(a, b1))
          a0 += 16, a1 += 16, a2 += 16, a3 += 16, b += 4 * ROW
        }
        for (const end = a0 + part; a0 < end; ) {
          b0 = v128.load(b), b1 = v128.load(b, 16)
          a = v128.load32_splat(a0), s00 = f32x4.add(s00, f32x4.mul(a, b0)), s01 = f32x4.add(s01, f32x4.mul(a, b1))
          a = v128.load32_splat(a1), s10 = f32x4.add(s10, f32x4.mul(a, b0)), s11 = f32x4.add(s11, f32x4.mul(a, b1))
          a = v128.load32_splat(a2), s20 = f32x4.add(s20, f32x4.mul(a, b0)), s21 = f32x4.add(s21, f32x4.mul(a, b1))
          a = v128.load32_splat(a3), s30 = f32x4.add(s30, f32x4.mul(a, b0)), s31 = f32x4.add(s31, f32x4.mul(a, b1))
          a0 += 4, a1 += 4, a2 += 4, a3 += 4, b += ROW
        }
      }
      storeRow(o3, s30, s31, columns)
      storeRow(o2, s20, s21, columns)
      storeRow(o1, s10, s11, columns)
      storeRow(o0, s00, s01, columns)
    }
    panels += panelBytes
  }
}
