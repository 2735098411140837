import type { BinaryNode } from '@aed/core'
import type { PlanNode } from '../executor.ts'
import { clamp, multiplyByQuantizedMultiplier, quantizeMultiplier } from '../fixed-point.ts'
import { broadcastIndices } from '../index-maps.ts'
import { activationRange, quantizationOf } from './quantization.ts'

/** Bits that ADD shifts its inputs left, so that bringing them to one scale costs no precision. */
const ADD_LEFT_SHIFT = 20

/**
 * Both inputs are brought to twice the larger scale with 20 more bits, added, and brought to the output's scale. As an input has 256
 * values, its part of the sum is a table.
 * @see tflite::reference_integer_ops::Add, tflite::ops::builtin::add::Prepare (factors in double)
 */
export const planAdd: PlanNode<BinaryNode> = (storage, node) => {
  const a = quantizationOf(storage, node, node.inputs[0])
  const b = quantizationOf(storage, node, node.inputs[1])
  const out = quantizationOf(storage, node, node.outputs[0])
  const common = 2 * Math.max(a.scale, b.scale)
  const scaled = ({ scale, zeroPoint }: typeof a) => {
    const factor = quantizeMultiplier(scale / common)
    return Int32Array.from({ length: 256 }, (_, i) => multiplyByQuantizedMultiplier((i - 128 - zeroPoint) << ADD_LEFT_SHIFT, factor.multiplier, factor.shift))
  }
  const [tableA, tableB] = [scaled(a), scaled(b)]
  const { multiplier, shift } = quantizeMultiplier(common / ((1 << ADD_LEFT_SHIFT) * out.scale))
  const { min, max } = activationRange(node.activation, out)
  const { valuesA, valuesB, indexA, indexB, output } = operands(storage, node)
  return () => {
    for (let i = 0; i < output.length; i++) {
      const sum = tableA[valuesA[indexA[i]!]! + 128]! + tableB[valuesB[indexB[i]!]! + 128]!
      output[i] = clamp(multiplyByQuantizedMultiplier(sum, multiplier, shift) + out.zeroPoint, min, max)
    }
  }
}

/** @see tflite::reference_integer_ops::Mul, tflite::ops::builtin::mul::Prepare (the factor in float32) */
export const planMul: PlanNode<BinaryNode> = (storage, node) => {
  const a = quantizationOf(storage, node, node.inputs[0])
  const b = quantizationOf(storage, node, node.inputs[1])
  const out = quantizationOf(storage, node, node.outputs[0])
  const { multiplier, shift } = quantizeMultiplier(Math.fround(Math.fround(a.scale * b.scale) / out.scale))
  const { min, max } = activationRange(node.activation, out)
  const { valuesA, valuesB, indexA, indexB, output } = operands(storage, node)
  return () => {
    for (let i = 0; i < output.length; i++) {
      const product = (valuesA[indexA[i]!]! - a.zeroPoint) * (valuesB[indexB[i]!]! - b.zeroPoint)
      output[i] = clamp(multiplyByQuantizedMultiplier(product, multiplier, shift) + out.zeroPoint, min, max)
    }
  }
}

function operands(storage: Parameters<PlanNode>[0], node: BinaryNode) {
  const shape = storage.tensor(node.outputs[0]).shape
  return {
    valuesA: storage.values(node, node.inputs[0], 'int8'),
    valuesB: storage.values(node, node.inputs[1], 'int8'),
    indexA: broadcastIndices(storage.tensor(node.inputs[0]).shape, shape),
    indexB: broadcastIndices(storage.tensor(node.inputs[1]).shape, shape),
    output: storage.values(node, node.outputs[0], 'int8'),
  }
}
