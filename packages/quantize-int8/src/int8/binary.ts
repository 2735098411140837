import type { BinaryNode } from '@aed/core'
import type { PlanNode, Storage } from '../executor.ts'
import { clamp, multiplyByQuantizedMultiplier, quantizeMultiplier, type QuantizedMultiplier } from '../fixed-point.ts'
import { broadcastIndices } from '../index-maps.ts'
import { activationRange, quantizationOf, type TensorQuantization } from './quantization.ts'

/** Bits that ADD shifts its inputs left, so that bringing them to one scale costs no precision. */
const ADD_LEFT_SHIFT = 20

/**
 * Both inputs are brought to twice the larger scale with {@link ADD_LEFT_SHIFT} more bits, added, and brought to the output's scale.
 * @see tflite::reference_integer_ops::Add, tflite::ops::builtin::add::Prepare (factors in double)
 */
export function addParameters(storage: Storage, node: BinaryNode) {
  const { a, b, out, ...range } = affines(storage, node)
  const common = 2 * Math.max(a.scale, b.scale)
  return {
    a, b, out, ...range,
    factorA: quantizeMultiplier(a.scale / common),
    factorB: quantizeMultiplier(b.scale / common),
    factor: quantizeMultiplier(common / ((1 << ADD_LEFT_SHIFT) * out.scale)),
  }
}

/** As an input has 256 values, its part of the sum is a table. */
export const planAdd: PlanNode<BinaryNode> = (storage, node) => {
  const { a, b, out, factorA, factorB, factor, min, max } = addParameters(storage, node)
  const scaled = ({ zeroPoint }: TensorQuantization, { multiplier, shift }: QuantizedMultiplier) =>
    Int32Array.from({ length: 256 }, (_, i) => multiplyByQuantizedMultiplier((i - 128 - zeroPoint) << ADD_LEFT_SHIFT, multiplier, shift))
  const [tableA, tableB] = [scaled(a, factorA), scaled(b, factorB)]
  const { valuesA, valuesB, indexA, indexB, output } = operands(storage, node)
  return () => {
    for (let i = 0; i < output.length; i++) {
      const sum = tableA[valuesA[indexA[i]!]! + 128]! + tableB[valuesB[indexB[i]!]! + 128]!
      output[i] = clamp(multiplyByQuantizedMultiplier(sum, factor.multiplier, factor.shift) + out.zeroPoint, min, max)
    }
  }
}

/** @see tflite::ops::builtin::mul::Prepare (the factor in float32) */
export function mulParameters(storage: Storage, node: BinaryNode) {
  const { a, b, out, ...range } = affines(storage, node)
  return { a, b, out, ...range, factor: quantizeMultiplier(Math.fround(Math.fround(a.scale * b.scale) / out.scale)) }
}

/** @see tflite::reference_integer_ops::Mul */
export const planMul: PlanNode<BinaryNode> = (storage, node) => {
  const { a, b, out, factor, min, max } = mulParameters(storage, node)
  const { valuesA, valuesB, indexA, indexB, output } = operands(storage, node)
  return () => {
    for (let i = 0; i < output.length; i++) {
      const product = (valuesA[indexA[i]!]! - a.zeroPoint) * (valuesB[indexB[i]!]! - b.zeroPoint)
      output[i] = clamp(multiplyByQuantizedMultiplier(product, factor.multiplier, factor.shift) + out.zeroPoint, min, max)
    }
  }
}

function affines(storage: Storage, node: BinaryNode) {
  const out = quantizationOf(storage, node, node.outputs[0])
  return { a: quantizationOf(storage, node, node.inputs[0]), b: quantizationOf(storage, node, node.inputs[1]), out, ...activationRange(node.activation, out) }
}

function operands(storage: Storage, node: BinaryNode) {
  const shape = storage.tensor(node.outputs[0]).shape
  return {
    valuesA: storage.values(node, node.inputs[0], 'int8'),
    valuesB: storage.values(node, node.inputs[1], 'int8'),
    indexA: broadcastIndices(storage.tensor(node.inputs[0]).shape, shape),
    indexB: broadcastIndices(storage.tensor(node.inputs[1]).shape, shape),
    output: storage.values(node, node.outputs[0], 'int8'),
  }
}
