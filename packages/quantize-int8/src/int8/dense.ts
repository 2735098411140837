import type { DenseNode } from '@aed/core'
import type { PlanNode } from '../executor.ts'
import { multiplyRows, planProduct } from './matrix-product.ts'
import { channelMultipliers, convolutionMultipliers, quantizationOf, weightScales } from './quantization.ts'

/**
 * Weights of one scale have their factor from a product of scales in float32, weights of a scale for each output one in double.
 * @see tflite::reference_integer_ops::FullyConnected, tflite::GetQuantizedConvolutionMultipler
 */
export const planDense: PlanNode<DenseNode> = (storage, node) => {
  const channels = storage.tensor(node.inputs[1]).shape[0]!
  const input = storage.values(node, node.inputs[0], 'int8')
  const output = storage.values(node, node.outputs[0], 'int8')
  const perTensor = storage.tensor(node.inputs[1]).quantization?.scales.length === 1
  const factor = () => {
    const scale = weightScales(storage, node, node.inputs[1], 0, channels)[0]!
    return Math.fround(quantizationOf(storage, node, node.inputs[0]).scale * scale) / quantizationOf(storage, node, node.outputs[0]).scale
  }
  const scaling = perTensor ? channelMultipliers(new Array<number>(channels).fill(factor())) : convolutionMultipliers(storage, node, 0, channels)
  const product = planProduct(storage, node, channels, scaling)
  const rows = input.length / product.depth
  return () => multiplyRows(input, rows, product, output, 0)
}
