import type { MeanNode } from '@aed/core'
import type { PlanNode } from '../executor.ts'
import { clamp, multiplyByQuantizedMultiplier, quantizeMultiplier } from '../fixed-point.ts'
import { reductionIndices } from '../index-maps.ts'
import { quantizationOf } from './quantization.ts'

/**
 * The division by the number of elements is folded into the output multiplier, whose lost bits decide roundings.
 * @see tflite::reference_ops::QuantizedMeanOrSum
 */
export const planMean: PlanNode<MeanNode> = (storage, node) => {
  const input = storage.values(node, node.inputs[0], 'int8')
  const output = storage.values(node, node.outputs[0], 'int8')
  const from = quantizationOf(storage, node, node.inputs[0])
  const to = quantizationOf(storage, node, node.outputs[0])
  const target = reductionIndices(storage.tensor(node.inputs[0]).shape, node.axes)
  const count = input.length / output.length
  const scale = quantizeMultiplier(from.scale / to.scale)
  const bits = Math.min(31 - Math.clz32(count), 31 + scale.shift)
  // Exact: the quotient is below 2^31 and, unless whole, 1 / count or more from a whole number, which a double resolves.
  const multiplier = Math.floor((scale.multiplier * (1 << bits)) / count)
  const sums = new Int32Array(output.length)
  return () => {
    sums.fill(0)
    for (let i = 0; i < input.length; i++) sums[target[i]!]! += input[i]!
    for (let i = 0; i < output.length; i++)
      output[i] = clamp(multiplyByQuantizedMultiplier(sums[i]! - from.zeroPoint * count, multiplier, scale.shift - bits) + to.zeroPoint, -128, 127)
  }
}
