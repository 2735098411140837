/** Rows and channels that `multiplyFloat` takes at a time. */
const ROWS: usize = 4
const CHANNELS: usize = 4

/**
 * sums[row, channel] = bias[channel] + Σ rows[row, k] · weights[channel, k] in float64, always summed in the order of k, each product and each sum
 * rounded on its own: the bits of src/matrix-product.ts.
 * @param rows float64 `[count, depth]`, count a multiple of four
 * @param weights float64 `[channels / 4, depth, 4]`, @param bias float64 `[channels]`, channels a multiple of four
 * @param sums float64 `[count, channels]`, written
 */
export function multiplyFloat(rows: usize, count: usize, depth: usize, weights: usize, bias: usize, channels: usize, sums: usize): void {
  const rowBytes = depth << 3
  const sumBytes = channels << 3
  for (let channel: usize = 0; channel < channels; channel += CHANNELS) {
    const bias0 = v128.load(bias + (channel << 3))
    const bias1 = v128.load(bias + (channel << 3), 16)
    let to = sums + (channel << 3)
    let row0 = rows
    for (let row: usize = 0; row < count; row += ROWS) {
      let sum00 = bias0
      let sum01 = bias1
      let sum10 = bias0
      let sum11 = bias1
      let sum20 = bias0
      let sum21 = bias1
      let sum30 = bias0
      let sum31 = bias1
      let x0 = row0
      let x1 = row0 + rowBytes
      let x2 = row0 + 2 * rowBytes
      let x3 = row0 + 3 * rowBytes
      for (let w = weights, end = weights + (rowBytes << 2); w < end; w += 32) {
        const w0 = v128.load(w)
        const w1 = v128.load(w, 16)
        let x = v128.load64_splat(x0)
        sum00 = f64x2.add(sum00, f64x2.mul(x, w0))
        sum01 = f64x2.add(sum01, f64x2.mul(x, w1))
        x = v128.load64_splat(x1)
        sum10 = f64x2.add(sum10, f64x2.mul(x, w0))
        sum11 = f64x2.add(sum11, f64x2.mul(x, w1))
        x = v128.load64_splat(x2)
        sum20 = f64x2.add(sum20, f64x2.mul(x, w0))
        sum21 = f64x2.add(sum21, f64x2.mul(x, w1))
        x = v128.load64_splat(x3)
        sum30 = f64x2.add(sum30, f64x2.mul(x, w0))
        sum31 = f64x2.add(sum31, f64x2.mul(x, w1))
        x0 += 8
        x1 += 8
        x2 += 8
        x3 += 8
      }
      v128.store(to, sum00)
      v128.store(to, sum01, 16)
      v128.store(to + sumBytes, sum10)
      v128.store(to + sumBytes, sum11, 16)
      v128.store(to + 2 * sumBytes, sum20)
      v128.store(to + 2 * sumBytes, sum21, 16)
      v128.store(to + 3 * sumBytes, sum30)
      v128.store(to + 3 * sumBytes, sum31, 16)
      to += sumBytes << 2
      row0 += rowBytes << 2
    }
    weights += rowBytes << 2
  }
}
