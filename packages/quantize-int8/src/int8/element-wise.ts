import { AedError, exp, type PadNode, type PlainNode, type SoftmaxNode } from '@aed/core'
import type { PlanNode, Storage } from '../executor.ts'
import { clamp, multiplyByQuantizedMultiplier, quantizeMultiplier, roundHalfAway } from '../fixed-point.ts'
import { paddedIndices } from '../index-maps.ts'
import { quantizeValue } from './affine.ts'
import { int8Table, quantizationOf, type TensorQuantization } from './quantization.ts'

/** Changes of scale: a table of 256 values, as every function of one int8 is. */
function rescaled(from: TensorQuantization, to: TensorQuantization, factor: number, min: number): Int8Array {
  const { multiplier, shift } = quantizeMultiplier(factor)
  return int8Table((q) => clamp(multiplyByQuantizedMultiplier(q - from.zeroPoint, multiplier, shift) + to.zeroPoint, min, 127))
}

function planLookUp(storage: Storage, node: PlainNode, table: Int8Array): () => void {
  const input = storage.values(node, node.inputs[0], 'int8')
  const output = storage.values(node, node.outputs[0], 'int8')
  return () => {
    for (let i = 0; i < output.length; i++) output[i] = table[input[i]! + 128]!
  }
}

/** @see tflite::reference_ops::ReluX (the factor in float32) */
export function reluTable(storage: Storage, node: PlainNode): Int8Array {
  const from = quantizationOf(storage, node, node.inputs[0])
  const to = quantizationOf(storage, node, node.outputs[0])
  return rescaled(from, to, Math.fround(from.scale / to.scale), Math.max(-128, to.zeroPoint))
}

/** 1 / (1 + e^−x) in float32 for each of the 256 inputs. @see tflite::LUTPopulate */
export function logisticTable(storage: Storage, node: PlainNode): Int8Array {
  const from = quantizationOf(storage, node, node.inputs[0])
  const to = quantizationOf(storage, node, node.outputs[0])
  const inverse = Math.fround(1 / to.scale)
  return int8Table((q) => {
    const x = Math.fround(from.scale * (q - from.zeroPoint))
    const y = Math.fround(1 / Math.fround(1 + Math.fround(exp(-x))))
    return roundHalfAway(Math.fround(y * inverse)) + to.zeroPoint
  })
}

/** int8 → int8 of another scale. @see tflite::reference_ops::Requantize */
export function requantizeTable(storage: Storage, node: PlainNode): Int8Array {
  const from = quantizationOf(storage, node, node.inputs[0])
  const to = quantizationOf(storage, node, node.outputs[0])
  return rescaled(from, to, from.scale / to.scale, -128)
}

export const planRelu: PlanNode<PlainNode> = (storage, node) => planLookUp(storage, node, reluTable(storage, node))
export const planLogistic: PlanNode<PlainNode> = (storage, node) => planLookUp(storage, node, logisticTable(storage, node))

/** e^(−scale · beta · d) in float32 for each distance d = 0 … 255 to the maximum, and the rest that softmax needs. */
export function softmaxParameters(storage: Storage, node: SoftmaxNode) {
  const from = quantizationOf(storage, node, node.inputs[0])
  const to = quantizationOf(storage, node, node.outputs[0])
  const factor = Math.fround(-from.scale * Math.fround(node.beta))
  const table = Float32Array.from({ length: 256 }, (_, distance) => exp(Math.fround(factor * distance)))
  return { table, to, classes: storage.tensor(node.inputs[0]).shape.at(-1)! }
}

/**
 * Softmax over the last axis: the exponentials are summed in float32 in order.
 * @see tflite::optimized_ops::Softmax with PopulateSoftmaxLookupTable, which the reference resolver uses too
 */
export const planSoftmax: PlanNode<SoftmaxNode> = (storage, node) => {
  const input = storage.values(node, node.inputs[0], 'int8')
  const output = storage.values(node, node.outputs[0], 'int8')
  const { table, to, classes } = softmaxParameters(storage, node)
  return () => {
    for (let row = 0; row < input.length; row += classes) {
      let max = -128
      for (let i = row; i < row + classes; i++) max = Math.max(max, input[i]!)
      let sum = 0
      for (let i = row; i < row + classes; i++) sum = Math.fround(sum + table[max - input[i]!]!)
      const inverse = Math.fround(1 / Math.fround(sum * to.scale))
      for (let i = row; i < row + classes; i++) output[i] = clamp(roundHalfAway(Math.fround(table[max - input[i]!]! * inverse)) + to.zeroPoint, -128, 127)
    }
  }
}

export const planReshape: PlanNode<PlainNode> = (storage, node) => {
  const input = storage.values(node, node.inputs[0], 'int8')
  const output = storage.values(node, node.outputs[0], 'int8')
  return () => output.set(input)
}

/** The padding is the output's zero point. */
export const planPad: PlanNode<PadNode> = (storage, node) => {
  const input = storage.values(node, node.inputs[0], 'int8')
  const output = storage.values(node, node.outputs[0], 'int8')
  const { zeroPoint } = quantizationOf(storage, node, node.outputs[0])
  const target = paddedIndices(storage.tensor(node.inputs[0]).shape, node.paddings)
  return () => {
    output.fill(zeroPoint)
    for (let i = 0; i < input.length; i++) output[target[i]!] = input[i]!
  }
}

export const notANumber = ({ graph }: Storage, node: PlainNode, index: number) =>
  new AedError('INVALID_INPUT', `graph '${graph.name}', quantize '${node.name}': value ${index} is not a number`)

/**
 * float32 → int8: x / scale in float32, rounded half away from zero, plus zero point, clamped; or int8 → int8 of another scale.
 * @see tflite::reference_ops::AffineQuantize
 */
export const planQuantize: PlanNode<PlainNode> = (storage, node) => {
  if (storage.tensor(node.inputs[0]).dtype === 'int8') return planLookUp(storage, node, requantizeTable(storage, node))
  const output = storage.values(node, node.outputs[0], 'int8')
  const to = quantizationOf(storage, node, node.outputs[0])
  const input = storage.values(node, node.inputs[0], 'float32')
  return () => {
    for (let i = 0; i < output.length; i++) {
      const x = input[i]!
      if (x !== x) throw notANumber(storage, node, i)
      output[i] = quantizeValue(x, to.scale, to.zeroPoint)
    }
  }
}

/** @see tflite::reference_ops::Dequantize */
export const planDequantize: PlanNode<PlainNode> = (storage, node) => {
  const input = storage.values(node, node.inputs[0], 'int8')
  const output = storage.values(node, node.outputs[0], 'float32')
  const { scale, zeroPoint } = quantizationOf(storage, node, node.inputs[0])
  return () => {
    for (let i = 0; i < output.length; i++) output[i] = scale * (input[i]! - zeroPoint)
  }
}
