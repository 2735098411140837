import { ROW, WIDTH, loadHigh, loadLow, storeRow } from './panels'

/**
 * What the windows of an image give to the gradient of a filter: `gradient[k, channel] += Σ window: value(window, k) · dy[window, channel]`, four
 * values by eight channels at a time. `input` to `length` as `product` takes them.
 * @param panels `dy`, `[count, channels]`, as `pack` lays it out
 * @param gradient `[segmentCount · length, channels]`
 */
export function filterGradient(
  input: usize, windows: usize, count: i32, segments: usize, segmentCount: i32, length: i32, panels: usize, gradient: usize, channels: i32,
): void {
  const windowEnd = windows + (<usize>count << 2)
  const panelBytes = <usize>count * ROW
  const rowBytes = <usize>channels << 2
  for (let segment = 0; segment < segmentCount; segment++, gradient += <usize>length * rowBytes) {
    const image = input + load<u32>(segments + (<usize>segment << 2))
    for (let value = 0; value < length; value += 4) {
      const last = length - 1 - value
      // Of a segment's last values some may be missing: the last one stands for them, and is stored once.
      const v0 = image + (<usize>value << 2)
      const d1: usize = 4 * min(1, last)
      const d2: usize = 4 * min(2, last)
      let panel = panels
      for (let channel = 0; channel < channels; channel += <i32>WIDTH, panel += panelBytes) {
        const columns = min<i32>(<i32>WIDTH, channels - channel)
        let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00
        let b = panel, a = s00, b0 = s00, b1 = s00
        if (last >= 3) {
          for (let window = windows; window < windowEnd; window += 4, b += ROW) {
            const v = v0 + load<u32>(window)
            b0 = v128.load(b), b1 = v128.load(b, 16)
            a = v128.load32_splat(v), s00 = f32x4.add(s00, f32x4.mul(a, b0)), s01 = f32x4.add(s01, f32x4.mul(a, b1))
            a = v128.load32_splat(v, 4), s10 = f32x4.add(s10, f32x4.mul(a, b0)), s11 = f32x4.add(s11, f32x4.mul(a, b1))
            a = v128.load32_splat(v, 8), s20 = f32x4.add(s20, f32x4.mul(a, b0)), s21 = f32x4.add(s21, f32x4.mul(a, b1))
            a = v128.load32_splat(v, 12), s30 = f32x4.add(s30, f32x4.mul(a, b0)), s31 = f32x4.add(s31, f32x4.mul(a, b1))
          }
        } else {
          for (let window = windows; window < windowEnd; window += 4, b += ROW) {
            const v = v0 + load<u32>(window)
            b0 = v128.load(b), b1 = v128.load(b, 16)
            a = v128.load32_splat(v), s00 = f32x4.add(s00, f32x4.mul(a, b0)), s01 = f32x4.add(s01, f32x4.mul(a, b1))
            a = v128.load32_splat(v + d1), s10 = f32x4.add(s10, f32x4.mul(a, b0)), s11 = f32x4.add(s11, f32x4.mul(a, b1))
            a = v128.load32_splat(v + d2), s20 = f32x4.add(s20, f32x4.mul(a, b0)), s21 = f32x4.add(s21, f32x4.mul(a, b1))
          }
        }
        const g = gradient + <usize>value * rowBytes + (<usize>channel << 2)
        addRow(g, s00, s01, columns)
        if (last > 0) addRow(g + rowBytes, s10, s11, columns)
        if (last > 1) addRow(g + 2 * rowBytes, s20, s21, columns)
        if (last > 2) addRow(g + 3 * rowBytes, s30, s31, columns)
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function addRow(to: usize, low: v128, high: v128, columns: i32): void {
  storeRow(to, f32x4.add(loadLow(to, columns), low), f32x4.add(loadHigh(to, columns), high), columns)
}
