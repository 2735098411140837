import { tensorOf } from '@aed/core'
import { unsupported, type PlanNode, type Storage } from '../executor.ts'
import { clamp, multiplyByQuantizedMultiplier, quantizeMultiplier, type QuantizedMultiplier } from '../fixed-point.ts'
import { planWeightedSums, type WeightedNode } from '../weighted-sums.ts'
import { activationRange, quantizationOf } from './quantization.ts'

/** Axis of the output channels in the weights. */
const CHANNEL_AXIS = { conv2d: 0, depthwiseConv2d: 3, dense: 0 } as const

/** One scale for each output channel; weights of a single scale have it in each. */
function weightScales(storage: Storage, node: WeightedNode, channels: number): readonly number[] {
  const name = node.inputs[1]!
  const { quantization } = tensorOf(storage.graph, name)
  const { scales, zeroPoints, axis = 0 } = quantization ?? { scales: [], zeroPoints: [] }
  if (scales.length !== 1 && (scales.length !== channels || axis !== CHANNEL_AXIS[node.op]))
    throw unsupported(storage.graph, node, `weights '${name}' have ${scales.length} scales along axis ${axis} for ${channels} output channels`)
  if (scales.some((scale) => !(scale >= 0 && scale < Infinity))) throw unsupported(storage.graph, node, `weights '${name}' have a scale that is not finite and positive`)
  if (node.op !== 'dense' && zeroPoints.some((zeroPoint) => zeroPoint !== 0)) throw unsupported(storage.graph, node, `weights '${name}' have a zero point, a convolution's are symmetric`)
  return scales.length === 1 ? new Array<number>(channels).fill(scales[0]!) : scales
}

function biasOf(storage: Storage, node: WeightedNode, channels: number): Int32Array {
  if (node.inputs[2] === undefined) return new Int32Array(channels)
  const bias = storage.values(node, node.inputs[2], 'int32')
  if (bias.length !== channels) throw unsupported(storage.graph, node, `bias '${node.inputs[2]}' has ${bias.length} values for ${channels} output channels`)
  return bias
}

/** What a convolution or dense layer computes with, whatever the engine. */
export interface WeightedParameters {
  readonly channels: number
  readonly inputZeroPoint: number
  readonly outputZeroPoint: number
  /** In the layout of the node, zero point subtracted. */
  readonly weights: Int16Array
  readonly bias: Int32Array
  /** One factor for each output channel. */
  readonly factors: readonly QuantizedMultiplier[]
  readonly min: number
  readonly max: number
}

/**
 * The factor, input scale · weight scale / output scale, is computed in double, but for a dense layer of one weight scale the product
 * of the two scales is rounded to float32 first.
 * @see tflite::PopulateConvolutionQuantizationParams, tflite::GetQuantizedConvolutionMultipler
 */
export function weightedParameters(storage: Storage, node: WeightedNode): WeightedParameters {
  const weightTensor = tensorOf(storage.graph, node.inputs[1])
  if (!weightTensor.data) throw unsupported(storage.graph, node, `weights '${weightTensor.name}' must be constant`)
  const weights = storage.values(node, node.inputs[1], 'int8')
  const channels = weightTensor.shape[CHANNEL_AXIS[node.op]]!
  const from = quantizationOf(storage, node, node.inputs[0])
  const to = quantizationOf(storage, node, node.outputs[0])
  const perTensor = weightTensor.quantization?.scales.length === 1
  const factors = weightScales(storage, node, channels).map((scale) => {
    const product = from.scale * scale
    return quantizeMultiplier((node.op === 'dense' && perTensor ? Math.fround(product) : product) / to.scale)
  })
  const zeroPoint = weightTensor.quantization?.zeroPoints[0] ?? 0
  if (!Number.isInteger(zeroPoint) || zeroPoint < -128 || zeroPoint > 127) throw unsupported(storage.graph, node, `weights '${weightTensor.name}' have zero point ${zeroPoint}`)
  return {
    channels,
    inputZeroPoint: from.zeroPoint,
    outputZeroPoint: to.zeroPoint,
    weights: zeroPoint === 0 ? new Int16Array(weights) : Int16Array.from(weights, (weight) => weight - zeroPoint),
    bias: biasOf(storage, node, channels),
    factors,
    ...activationRange(node.activation, to),
  }
}

/**
 * Convolutions and dense layers: int32 sums of (input − zero point) · weight plus bias, brought to the output's scale by a factor for
 * each output channel.
 * @see tflite::reference_integer_ops::ConvPerChannel, DepthwiseConvPerChannel, FullyConnected
 */
export const planWeighted: PlanNode<WeightedNode> = (storage, node) => {
  const input = storage.values(node, node.inputs[0], 'int8')
  const output = storage.values(node, node.outputs[0], 'int8')
  const { channels, inputZeroPoint, outputZeroPoint, weights, bias, factors, min, max } = weightedParameters(storage, node)
  const multipliers = Int32Array.from(factors, ({ multiplier }) => multiplier)
  const shifts = Int32Array.from(factors, ({ shift }) => shift)
  const sums = planWeightedSums(storage.graph, node, new Float64Array(weights), new Float64Array(bias))
  return () => {
    for (let i = 0; i < input.length; i++) sums.input[i] = input[i]! - inputZeroPoint
    let at = 0
    for (let row = 0; row < sums.rows; row++) {
      const rowSums = sums.computeRow(row)
      for (let i = 0; i < rowSums.length; )
        for (let channel = 0; channel < channels; channel++) {
          const sum = rowSums[i++]! | 0 // int32, as the kernels' accumulator
          output[at++] = clamp(multiplyByQuantizedMultiplier(sum, multipliers[channel]!, shifts[channel]!) + outputZeroPoint, min, max)
        }
    }
  }
}
