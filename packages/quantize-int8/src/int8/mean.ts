import { sizeOf, type MeanNode } from '@aed/core'
import type { PlanNode, Storage } from '../executor.ts'
import { clamp, multiplyByQuantizedMultiplier, quantizeMultiplier } from '../fixed-point.ts'
import { reductionIndices } from '../index-maps.ts'
import { quantizationOf } from './quantization.ts'

/**
 * The division by the number of elements is folded into the output multiplier, whose lost bits decide roundings.
 * @see tflite::reference_ops::QuantizedMeanOrSum
 */
export function meanParameters(storage: Storage, node: MeanNode) {
  const from = quantizationOf(storage, node, node.inputs[0])
  const to = quantizationOf(storage, node, node.outputs[0])
  const { shape } = storage.tensor(node.inputs[0])
  const count = sizeOf(shape) / sizeOf(storage.tensor(node.outputs[0]).shape)
  const scale = quantizeMultiplier(from.scale / to.scale)
  const bits = Math.min(31 - Math.clz32(count), 31 + scale.shift)
  // Exact: the quotient is below 2^31 and, unless whole, 1 / count or more from a whole number, which a double resolves.
  const multiplier = Math.floor((scale.multiplier * (1 << bits)) / count)
  return {
    /** For each element the index of its sum. */
    targets: reductionIndices(shape, node.axes),
    /** What is added to each sum. */
    offset: 0 - from.zeroPoint * count,
    factor: { multiplier, shift: scale.shift - bits },
    zeroPoint: to.zeroPoint,
  }
}

export const planMean: PlanNode<MeanNode> = (storage, node) => {
  const input = storage.values(node, node.inputs[0], 'int8')
  const output = storage.values(node, node.outputs[0], 'int8')
  const { targets, offset, factor, zeroPoint } = meanParameters(storage, node)
  const sums = new Int32Array(output.length)
  return () => {
    sums.fill(offset)
    for (let i = 0; i < input.length; i++) sums[targets[i]!]! += input[i]!
    for (let i = 0; i < output.length; i++) output[i] = clamp(multiplyByQuantizedMultiplier(sums[i]!, factor.multiplier, factor.shift) + zeroPoint, -128, 127)
  }
}
