import { exp, type BinaryNode, type MeanNode, type PadNode, type PlainNode, type SoftmaxNode } from '@aed/core'
import type { PlanNode } from '../executor.ts'
import { broadcastIndices, paddedIndices, reductionIndices } from '../index-maps.ts'
import { activationLimits } from './activation-limits.ts'

// Local names: see fixed-point.ts.
const { max: larger, min: smaller } = Math

export const planFloatBinary: PlanNode<BinaryNode> = (storage, node) => {
  const shape = storage.tensor(node.outputs[0]).shape
  const a = storage.values(node, node.inputs[0], 'float32')
  const b = storage.values(node, node.inputs[1], 'float32')
  const indexA = broadcastIndices(storage.tensor(node.inputs[0]).shape, shape)
  const indexB = broadcastIndices(storage.tensor(node.inputs[1]).shape, shape)
  const output = storage.values(node, node.outputs[0], 'float32')
  const { min, max } = activationLimits(node.activation)
  if (node.op === 'add')
    return () => {
      for (let i = 0; i < output.length; i++) output[i] = smaller(larger(a[indexA[i]!]! + b[indexB[i]!]!, min), max)
    }
  return () => {
    for (let i = 0; i < output.length; i++) output[i] = smaller(larger(a[indexA[i]!]! * b[indexB[i]!]!, min), max)
  }
}

export const planFloatMean: PlanNode<MeanNode> = (storage, node) => {
  const input = storage.values(node, node.inputs[0], 'float32')
  const output = storage.values(node, node.outputs[0], 'float32')
  const target = reductionIndices(storage.tensor(node.inputs[0]).shape, node.axes)
  const count = input.length / output.length
  const sums = new Float64Array(output.length)
  return () => {
    sums.fill(0)
    for (let i = 0; i < input.length; i++) sums[target[i]!]! += input[i]!
    for (let i = 0; i < output.length; i++) output[i] = sums[i]! / count
  }
}

export const planFloatPad: PlanNode<PadNode> = (storage, node) => {
  const input = storage.values(node, node.inputs[0], 'float32')
  const output = storage.values(node, node.outputs[0], 'float32')
  const target = paddedIndices(storage.tensor(node.inputs[0]).shape, node.paddings)
  return () => {
    // The border of the buffer is zero from the start, and nothing else writes to it.
    for (let i = 0; i < input.length; i++) output[target[i]!] = input[i]!
  }
}

export const planFloatRelu: PlanNode<PlainNode> = (storage, node) => {
  const input = storage.values(node, node.inputs[0], 'float32')
  const output = storage.values(node, node.outputs[0], 'float32')
  return () => {
    for (let i = 0; i < output.length; i++) output[i] = larger(input[i]!, 0)
  }
}

export const planFloatReshape: PlanNode<PlainNode> = (storage, node) => {
  const input = storage.values(node, node.inputs[0], 'float32')
  const output = storage.values(node, node.outputs[0], 'float32')
  return () => output.set(input)
}

export const planFloatLogistic: PlanNode<PlainNode> = (storage, node) => {
  const input = storage.values(node, node.inputs[0], 'float32')
  const output = storage.values(node, node.outputs[0], 'float32')
  return () => {
    for (let i = 0; i < output.length; i++) output[i] = 1 / (1 + exp(-input[i]!))
  }
}

/** Over the last axis, relative to the maximum so that nothing overflows. */
export const planFloatSoftmax: PlanNode<SoftmaxNode> = (storage, node) => {
  const input = storage.values(node, node.inputs[0], 'float32')
  const output = storage.values(node, node.outputs[0], 'float32')
  const classes = storage.tensor(node.inputs[0]).shape.at(-1)!
  const exponentials = new Float64Array(classes)
  return () => {
    for (let row = 0; row < input.length; row += classes) {
      let max = -Infinity
      for (let i = row; i < row + classes; i++) max = larger(max, input[i]!)
      let sum = 0
      for (let i = 0; i < classes; i++) sum += exponentials[i] = exp(node.beta * (input[row + i]! - max))
      for (let i = 0; i < classes; i++) output[row + i] = exponentials[i]! / sum
    }
  }
}
