/** A matrix product whose weights stay: fill `rows`, run, read `sums`. Both may be other arrays after each call of {@link PlanProduct}. */
export interface MatrixProduct {
  /** `[count, depth]`, zeros at first. */
  readonly rows: Float64Array
  /** `[count, channels]`. */
  readonly sums: Float64Array
  readonly run: () => void
}

/** Prepares bias + rows · weights as {@link multiplyRows} computes it; `weights` are `[channels, depth]`. */
export type PlanProduct = (count: number, weights: Float64Array, bias: Float64Array) => MatrixProduct

export const planProduct: PlanProduct = (count, weights, bias) => {
  const rows = new Float64Array((count * weights.length) / bias.length)
  const sums = new Float64Array(count * bias.length)
  return { rows, sums, run: () => multiplyRows(rows, count, weights, bias, sums) }
}

/**
 * sums[row, channel] = bias[channel] + Σ rows[row, k] · weights[channel, k], two rows by four channels at a time so that six loads serve
 * eight products; always summed in the order of k.
 *
 * Everything is a double. For float32 networks that gives sums nearer to the true value than float32 sums. For int8 networks all
 * products and sums are whole numbers far below 2^53, hence exact, and twice as fast as int32 multiplications in V8.
 * @param rows `[count, depth]` @param weights `[channels, depth]` @param bias `[channels]` @param sums `[count, channels]`, written
 */
export function multiplyRows(rows: Float64Array, count: number, weights: Float64Array, bias: Float64Array, sums: Float64Array): void {
  const channels = bias.length
  const depth = weights.length / channels
  const paired = count & ~1
  const blocked = channels & ~3
  for (let row = 0; row < paired; row += 2) {
    const from = row * depth
    const end = from + depth
    for (let channel = 0; channel < blocked; channel += 4) {
      let w = channel * depth
      let sum00 = bias[channel]!
      let sum01 = bias[channel + 1]!
      let sum02 = bias[channel + 2]!
      let sum03 = bias[channel + 3]!
      let sum10 = sum00
      let sum11 = sum01
      let sum12 = sum02
      let sum13 = sum03
      for (let i = from; i < end; i++, w++) {
        const x0 = rows[i]!
        const x1 = rows[i + depth]!
        const w0 = weights[w]!
        const w1 = weights[w + depth]!
        const w2 = weights[w + 2 * depth]!
        const w3 = weights[w + 3 * depth]!
        sum00 += x0 * w0
        sum01 += x0 * w1
        sum02 += x0 * w2
        sum03 += x0 * w3
        sum10 += x1 * w0
        sum11 += x1 * w1
        sum12 += x1 * w2
        sum13 += x1 * w3
      }
      const upper = row * channels + channel
      const lower = upper + channels
      sums[upper] = sum00
      sums[upper + 1] = sum01
      sums[upper + 2] = sum02
      sums[upper + 3] = sum03
      sums[lower] = sum10
      sums[lower + 1] = sum11
      sums[lower + 2] = sum12
      sums[lower + 3] = sum13
    }
  }
  // What the blocks leave: the last channels of every row, and all channels of a last single row.
  for (let row = 0; row < count; row++) {
    for (let channel = row < paired ? blocked : 0; channel < channels; channel++) {
      let sum = bias[channel]!
      for (let i = row * depth, end = i + depth, w = channel * depth; i < end; ) sum += rows[i++]! * weights[w++]!
      sums[row * channels + channel] = sum
    }
  }
}
