import type { LayerWeights, QuantizedWeights } from './choose-scales.ts'
import type { WeightedNode } from './weighted-sums.ts'

/**
 * Biases that take up what int8 weights are off on average: bias − Σ (int8 − float weight) · mean input, for each output channel.
 * @param means of each value of the layer's input, channels fastest
 * @param channels of the input; of a dense layer the values that it takes
 * @see Nagel et al., "Data-free quantization through weight equalization and bias correction", 2019
 */
export function correctedBias(node: WeightedNode, { values, bias, channelOf }: LayerWeights, { weights, scales }: QuantizedWeights, means: Float64Array, channels: number): Float64Array {
  const inputs = new Float64Array(channels)
  means.forEach((mean, i) => (inputs[i % channels]! += (mean * channels) / means.length))
  const corrected = Float64Array.from(bias)
  for (let i = 0; i < values.length; i++) {
    const channel = channelOf(i)
    const error = weights[i]! * scales[scales.length === 1 ? 0 : channel]! - values[i]!
    corrected[channel]! -= error * inputs[node.op === 'depthwiseConv2d' ? Math.floor(channel / node.multiplier) : i % channels]!
  }
  return corrected
}
