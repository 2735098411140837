import type { Conv2dNode, DenseNode, GraphNode } from '@aed/core'
import { unsupported, type Storage } from '../executor.ts'
import { clamp, multiplyByQuantizedMultiplier } from '../fixed-point.ts'
import { activationRange, quantizationOf, type ChannelMultipliers } from './quantization.ts'

/** What turns rows of int8 values into rows of int8 outputs. */
export interface MatrixProduct {
  /** `[channels, depth]`. */
  readonly weights: Int8Array
  /** One for each channel; the input's zero point is already in it. */
  readonly bias: Int32Array
  readonly scaling: ChannelMultipliers
  readonly zeroPoint: number
  readonly min: number
  readonly max: number
  readonly depth: number
  readonly channels: number
}

/** Bias of a convolution or dense layer, zeros where it has none. */
export function biasOf(storage: Storage, node: GraphNode, channels: number): Int32Array {
  if (node.inputs[2] === undefined) return new Int32Array(channels)
  const bias = storage.values(node, node.inputs[2], 'int32')
  if (bias.length !== channels) throw unsupported(storage.graph, node, `bias '${node.inputs[2]}' has ${bias.length} values for ${channels} output channels`)
  return bias
}

/** Gathers weights, bias, scales and limits of a node whose output channels are the rows of its weights. */
export function planProduct(storage: Storage, node: Conv2dNode | DenseNode, channels: number, scaling: ChannelMultipliers): MatrixProduct {
  const weights = storage.values(node, node.inputs[1], 'int8')
  const depth = weights.length / channels
  const input = quantizationOf(storage, node, node.inputs[0])
  const output = quantizationOf(storage, node, node.outputs[0])
  // Σ (x − zeroPoint) · w = Σ x · w − zeroPoint · Σ w, so the zero point leaves the inner loop.
  const bias = biasOf(storage, node, channels).map((value, channel) => {
    let sum = 0
    for (let k = 0; k < depth; k++) sum += weights[channel * depth + k]!
    return value - input.zeroPoint * sum
  })
  return { weights, bias, scaling, zeroPoint: output.zeroPoint, ...activationRange(node.activation, output), depth, channels }
}

/**
 * output[row, channel] = requantize(bias[channel] + Σ rows[row, k] · weights[channel, k]) for `count` rows of the input, four
 * channels at a time, so that every value is loaded once for four products. Sums are int32, as TFLite's.
 */
export function multiplyRows(rows: Int8Array, count: number, product: MatrixProduct, output: Int8Array, outputAt: number): void {
  const { weights, bias, scaling, zeroPoint, min, max, depth, channels } = product
  const { multipliers, shifts } = scaling
  const blocked = channels & ~3
  for (let row = 0; row < count; row++) {
    const from = row * depth
    const end = from + depth
    const to = outputAt + row * channels
    for (let channel = 0; channel < blocked; channel += 4) {
      let w0 = channel * depth
      let w1 = w0 + depth
      let w2 = w1 + depth
      let w3 = w2 + depth
      let sum0 = bias[channel]!
      let sum1 = bias[channel + 1]!
      let sum2 = bias[channel + 2]!
      let sum3 = bias[channel + 3]!
      for (let i = from; i < end; i++) {
        const x = rows[i]!
        sum0 = (sum0 + x * weights[w0++]!) | 0
        sum1 = (sum1 + x * weights[w1++]!) | 0
        sum2 = (sum2 + x * weights[w2++]!) | 0
        sum3 = (sum3 + x * weights[w3++]!) | 0
      }
      output[to + channel] = clamp(multiplyByQuantizedMultiplier(sum0, multipliers[channel]!, shifts[channel]!) + zeroPoint, min, max)
      output[to + channel + 1] = clamp(multiplyByQuantizedMultiplier(sum1, multipliers[channel + 1]!, shifts[channel + 1]!) + zeroPoint, min, max)
      output[to + channel + 2] = clamp(multiplyByQuantizedMultiplier(sum2, multipliers[channel + 2]!, shifts[channel + 2]!) + zeroPoint, min, max)
      output[to + channel + 3] = clamp(multiplyByQuantizedMultiplier(sum3, multipliers[channel + 3]!, shifts[channel + 3]!) + zeroPoint, min, max)
    }
    for (let channel = blocked; channel < channels; channel++) {
      let w = channel * depth
      let sum = bias[channel]!
      for (let i = from; i < end; i++) sum = (sum + rows[i]! * weights[w++]!) | 0
      output[to + channel] = clamp(multiplyByQuantizedMultiplier(sum, multipliers[channel]!, shifts[channel]!) + zeroPoint, min, max)
    }
  }
}
