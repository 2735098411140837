import { unsupported, type Storage } from '../executor.ts'
import type { PlanProduct } from '../matrix-product.ts'
import { planWeightedSums, type WeightedNode } from '../weighted-sums.ts'
import { activationLimits } from './activation-limits.ts'

/** Convolutions and dense layers: sums in float64, rounded to float32 once. */
export const planFloatWeighted = (storage: Storage, node: WeightedNode, plan: PlanProduct): (() => void) => {
  const input = storage.values(node, node.inputs[0], 'float32')
  const output = storage.values(node, node.outputs[0], 'float32')
  const weights = Float64Array.from(storage.values(node, node.inputs[1], 'float32'))
  const channels = storage.tensor(node.inputs[1]).shape[node.op === 'depthwiseConv2d' ? 3 : 0]!
  const bias = node.inputs[2] === undefined ? new Float64Array(channels) : Float64Array.from(storage.values(node, node.inputs[2], 'float32'))
  if (bias.length !== channels) throw unsupported(storage.graph, node, `bias '${node.inputs[2] ?? ''}' has ${bias.length} values for ${channels} output channels`)
  const { min, max } = activationLimits(node.activation)
  const sums = planWeightedSums(storage.graph, node, weights, bias, plan)
  return () => {
    sums.input.set(input)
    let at = 0
    for (let row = 0; row < sums.rows; row++) {
      const rowSums = sums.computeRow(row)
      for (let i = 0; i < rowSums.length; i++) {
        const sum = rowSums[i]!
        output[at++] = sum < min ? min : sum > max ? max : sum
      }
    }
  }
}
