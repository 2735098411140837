import type { Activation, Conv2dNode, DenseNode, DepthwiseConv2dNode } from '@aed/core'
import { unsupported, type Storage } from '../executor.ts'

/** Lower and upper limit of a fused activation. */
export function activationLimits(activation: Activation): { min: number; max: number } {
  return { min: activation === 'none' ? -Infinity : 0, max: activation === 'relu6' ? 6 : Infinity }
}

/** Weights and bias as doubles, which the inner loops then need not convert. */
export interface FloatProduct {
  /** `[channels, depth]`. */
  readonly weights: Float64Array
  readonly bias: Float64Array
  readonly min: number
  readonly max: number
  readonly depth: number
  readonly channels: number
}

export function planFloatProduct(storage: Storage, node: Conv2dNode | DenseNode | DepthwiseConv2dNode, channels: number): FloatProduct {
  const weights = Float64Array.from(storage.values(node, node.inputs[1], 'float32'))
  const bias = node.inputs[2] === undefined ? new Float64Array(channels) : Float64Array.from(storage.values(node, node.inputs[2], 'float32'))
  if (bias.length !== channels) throw unsupported(storage.graph, node, `bias '${node.inputs[2] ?? ''}' has ${bias.length} values for ${channels} output channels`)
  return { weights, bias, ...activationLimits(node.activation), depth: weights.length / channels, channels }
}

/**
 * output[row, channel] = bias[channel] + Σ rows[row, k] · weights[channel, k]: two rows by four channels at a time, summed in float64
 * in the order of k and rounded to float32 once.
 */
export function multiplyFloatRows(rows: Float64Array, count: number, product: FloatProduct, output: Float32Array, outputAt: number): void {
  const { weights, bias, min, max, depth, channels } = product
  const paired = count & ~1
  const blocked = channels & ~3
  for (let row = 0; row < paired; row += 2) {
    const from = row * depth
    const end = from + depth
    const to = outputAt + row * channels
    for (let channel = 0; channel < blocked; channel += 4) {
      let w = channel * depth
      const [b0, b1, b2, b3] = [bias[channel]!, bias[channel + 1]!, bias[channel + 2]!, bias[channel + 3]!]
      let [sum00, sum01, sum02, sum03] = [b0, b1, b2, b3]
      let [sum10, sum11, sum12, sum13] = [b0, b1, b2, b3]
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
      const [upper, lower] = [to + channel, to + channels + channel]
      output[upper] = sum00 < min ? min : sum00 > max ? max : sum00
      output[upper + 1] = sum01 < min ? min : sum01 > max ? max : sum01
      output[upper + 2] = sum02 < min ? min : sum02 > max ? max : sum02
      output[upper + 3] = sum03 < min ? min : sum03 > max ? max : sum03
      output[lower] = sum10 < min ? min : sum10 > max ? max : sum10
      output[lower + 1] = sum11 < min ? min : sum11 > max ? max : sum11
      output[lower + 2] = sum12 < min ? min : sum12 > max ? max : sum12
      output[lower + 3] = sum13 < min ? min : sum13 > max ? max : sum13
    }
  }
  // What the blocks leave: the last channels of every row, and all channels of a last single row.
  for (let row = 0; row < count; row++) {
    for (let channel = row < paired ? blocked : 0; channel < channels; channel++) {
      let sum = bias[channel]!
      for (let i = row * depth, end = i + depth, w = channel * depth; i < end; ) sum += rows[i++]! * weights[w++]!
      output[outputAt + row * channels + channel] = sum < min ? min : sum > max ? max : sum
    }
  }
}
