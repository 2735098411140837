import { AedError, type Quantization } from '@aed/core'
import type { Range } from './calibrate.ts'
import { clamp, roundHalfAway } from './fixed-point.ts'

/** A smaller scale is noise, and products of scales must stay normal float32 numbers. */
const MIN_SCALE = 1e-12

/**
 * Asymmetric int8 quantization of a range that includes 0: real zero is exactly the zero point, which is rounded ("nudged") from the
 * end of the range where that costs less.
 * @see tflite::optimize::utils::GetAsymmetricQuantizationParams
 */
export function quantizationOfRange(range: Range): Quantization {
  const min = Math.min(range.min, 0)
  const max = Math.max(range.max, 0)
  if (min === max) return { scales: [1], zeroPoints: [0] }
  const scale = Math.fround(Math.max((max - min) / 255, MIN_SCALE))
  const fromMin = -128 - min / scale
  const fromMax = 127 - max / scale
  const closer = 128 + Math.abs(min / scale) < 127 + Math.abs(max / scale) ? fromMin : fromMax
  return { scales: [scale], zeroPoints: [clamp(roundHalfAway(closer), -128, 127)] }
}

/** Weights of a layer and what the choice of their scales depends on. */
export interface LayerWeights {
  readonly values: Float32Array
  /** One for each output channel. */
  readonly bias: Float32Array
  /** Output channel of a weight by its index. */
  readonly channelOf: (index: number) => number
  readonly inputScale: number
  readonly outputScale: number
  /** One scale for all output channels, as TFLite's dense layers have. */
  readonly perTensor: boolean
}

export interface QuantizedWeights {
  readonly weights: Int8Array
  readonly bias: Int32Array
  /** Of the weights, one or one for each output channel; the bias has the input's scale times these. */
  readonly scales: readonly number[]
}

/**
 * Symmetric int8 weights in −127 … 127 and an int32 bias of scale input · weights. A channel's scale is what its largest weight needs,
 * or more where its bias would not fit into 31 bits, and never so small that the output's multiplier underflows; so a channel of
 * zeros needs no special case.
 * @throws AedError `GRAPH_INVALID` for weights that are not finite
 */
export function quantizeWeights({ values, bias, channelOf, inputScale, outputScale, perTensor }: LayerWeights): QuantizedWeights {
  const largest = new Float64Array(bias.length)
  for (let i = 0; i < values.length; i++) {
    const channel = channelOf(i)
    largest[channel] = Math.max(largest[channel]!, Math.abs(values[i]!))
  }
  const needed = Array.from(bias, (offset, channel) =>
    Math.max(largest[channel]! / 127, Math.abs(offset) / inputScale / 2 ** 30, outputScale / inputScale / 2 ** 30),
  )
  if (needed.some((scale) => !Number.isFinite(scale))) throw new AedError('GRAPH_INVALID', 'weights or bias hold values that are not finite')
  const scales = (perTensor ? [Math.max(...needed)] : needed).map(Math.fround)
  const scaleOf = (channel: number) => scales[perTensor ? 0 : channel]!
  return {
    weights: Int8Array.from(values, (value, i) => clamp(roundHalfAway(value / scaleOf(channelOf(i))), -127, 127)),
    bias: quantizeBias(bias, inputScale, scales),
    scales,
  }
}

/** int32 biases of scale input · weights. @param scales of the weights, one or one for each output channel */
export function quantizeBias(bias: ArrayLike<number>, inputScale: number, scales: readonly number[]): Int32Array {
  const scaleOf = (channel: number) => Math.fround(inputScale * scales[scales.length === 1 ? 0 : channel]!)
  return Int32Array.from({ length: bias.length }, (_, channel) => clamp(roundHalfAway(bias[channel]! / scaleOf(channel)), -2147483648, 2147483647))
}
