import { tensorOf, type Graph, type GraphNode } from '@aed/core'
import { quantizeMultiplier } from '../fixed-point.ts'
import type { Table } from '../network.ts'
import type { Lowering } from './lowering.ts'
import { affineOf, constantOf, unsupported } from './quantization.ts'
import type { SumRange } from './requantize.ts'

/** Weights of a sum of products with what brings the sums to the output. */
export interface WeightedSum {
  readonly weights: Int8Array
  readonly shape: readonly number[]
  readonly bias: Int32Array
  readonly multiplier: Int32Array
  readonly shift: Int8Array
}

/** How the scale of a channel's sums is computed: convolutions in double, a dense layer of one scale in float32. */
type Combine = (input: number, weights: number, output: number) => number
export const inDouble: Combine = (input, weights, output) => (input * weights) / output
export const productInFloat: Combine = (input, weights, output) => Math.fround(input * weights) / output

/**
 * Reads weights, bias and scales of a convolution or dense layer.
 * @param axis of the weights' output channels
 * @see tflite::PopulateConvolutionQuantizationParams, tflite::GetQuantizedConvolutionMultipler
 */
export function weightedSum({ graph }: Lowering, node: GraphNode, axis: number, combine: Combine): WeightedSum {
  const { data: weights, shape, quantization } = constantOf(graph, node, node.inputs[1])
  const channels = shape[axis]!
  const scales = quantization?.scales ?? []
  if (scales.length !== 1 && (scales.length !== channels || (quantization?.axis ?? 0) !== axis))
    throw unsupported(graph, node, `its weights have ${scales.length} scales along axis ${quantization?.axis ?? 0}, expected 1, or ${channels} along axis ${axis}`)
  if (quantization!.zeroPoints.some((zeroPoint) => zeroPoint !== 0)) throw unsupported(graph, node, 'its weights have zero points other than 0')
  if (scales.some((scale) => !(scale >= 0 && scale < Infinity))) throw unsupported(graph, node, 'its weights have a scale that is not finite and positive')
  const [input, output] = [affineOf(graph, node, node.inputs[0]), affineOf(graph, node, node.outputs[0])]
  const factors = Array.from({ length: channels }, (_, channel) => {
    const factor = quantizeMultiplier(combine(input.scale, Math.fround(scales[scales.length === 1 ? 0 : channel]!), output.scale))
    if (factor.shift > 30) throw unsupported(graph, node, `the scale of channel ${channel} is 2^30 or more`)
    return factor
  })
  return {
    weights,
    shape,
    bias: biasOf(graph, node, channels),
    multiplier: Int32Array.from(factors, ({ multiplier }) => multiplier),
    shift: Int8Array.from(factors, ({ shift }) => shift),
  }
}

function biasOf(graph: Graph, node: GraphNode, channels: number): Int32Array {
  const name = node.inputs[2]
  if (name === undefined) return new Int32Array(channels)
  const { data, dtype } = tensorOf(graph, name)
  if (!data || dtype !== 'int32' || data.length !== channels) throw unsupported(graph, node, `bias '${name}' is not ${channels} int32 constants`)
  return data as Int32Array
}

/**
 * Σ (x − zeroPoint) · w = Σ x · w − zeroPoint · Σ w: the zero point leaves the inner loop for the bias.
 * @returns the new bias, and the bits of a signed accumulator that no partial sum exceeds
 * @throws AedError `DEPLOY_UNSUPPORTED` where 32 bits do not suffice, which would be undefined behaviour in C
 */
export function foldZeroPoint({ graph }: Lowering, node: GraphNode, { weights, bias }: WeightedSum, zeroPoint: number) {
  const depth = weights.length / bias.length
  const folded = new Int32Array(bias.length)
  let largest = 0
  bias.forEach((value, channel) => {
    let sum = 0
    let magnitude = 0
    for (let i = channel * depth; i < (channel + 1) * depth; i++) {
      sum += weights[i]!
      magnitude += Math.abs(weights[i]!)
    }
    const start = value - zeroPoint * sum
    folded[channel] = start
    largest = Math.max(largest, Math.abs(start) + 128 * magnitude, Math.abs(value))
  })
  return { bias: folded, accumulatorBits: accumulatorBits(graph, node, largest) }
}

/** Least and most of each channel's Σ (x − zeroPoint) · w + bias over all inputs x, padding among them. */
export function sumRanges({ weights, bias }: WeightedSum, zeroPoint: number): readonly SumRange[] {
  const depth = weights.length / bias.length
  const [low, high] = [-128 - zeroPoint, 127 - zeroPoint]
  return Array.from(bias, (start, channel) => {
    let [least, most] = [start, start]
    for (let i = channel * depth; i < (channel + 1) * depth; i++) {
      const w = weights[i]!
      least += w > 0 ? w * low : w * high
      most += w > 0 ? w * high : w * low
    }
    return { least, most }
  })
}

/** Bits of a signed integer of at most this magnitude. @throws AedError `DEPLOY_UNSUPPORTED` beyond 32 */
export function accumulatorBits(graph: Graph, node: GraphNode, largest: number): number {
  if (largest > 0x7fffffff)
    throw unsupported(graph, node, `its sums can reach ${largest}, beyond int32`, 'quantize with smaller biases or narrower layers')
  return 33 - Math.clz32(largest)
}

/** The four tables that the kernels of weighted sums read, in their order. */
export function weightTables(sum: WeightedSum, bias: Int32Array): readonly Table[] {
  const channels = [bias.length]
  return [
    { name: 'weights', kind: 'weights', data: sum.weights, shape: sum.shape },
    { name: 'bias', kind: 'weights', data: bias, shape: channels },
    { name: 'multiplier', kind: 'tables', data: sum.multiplier, shape: channels },
    { name: 'shift', kind: 'tables', data: sum.shift, shape: channels },
  ]
}
