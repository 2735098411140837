import { sizeOf, type BinaryNode, type MeanNode, type PadNode, type PlainNode, type Pool2dNode, type SoftmaxNode } from '@aed/core'
import { broadcastIndices, paddedIndices } from '../index-maps.ts'
import { addParameters, mulParameters } from '../int8/binary.ts'
import { logisticTable, notANumber, reluTable, requantizeTable, softmaxParameters } from '../int8/element-wise.ts'
import { meanParameters } from '../int8/mean.ts'
import { poolParameters } from '../int8/pool2d.ts'
import { quantizationOf } from '../int8/quantization.ts'
import type { Pointer } from './kernels.ts'
import { packUniform } from './requantization.ts'
import type { PlanWasmNode, WasmStorage } from './wasm-storage.ts'

const sizeOfTensor = (storage: WasmStorage, name: string | undefined): number => sizeOf(storage.tensor(name).shape)

/** An operand of the output's shape: a constant is broadcast now, an activation by a step before the operation. */
function broadcastOperand(storage: WasmStorage, node: BinaryNode, operand: 0 | 1): { readonly at: Pointer; readonly prepare: (() => void) | undefined } {
  const name = node.inputs[operand]
  const [{ shape, data }, result] = [storage.tensor(name), storage.tensor(node.outputs[0]).shape]
  const size = sizeOf(result)
  if (sizeOf(shape) === size) return { at: storage.address(node, name, 'int8'), prepare: undefined }
  const indices = broadcastIndices(shape, result)
  if (data) {
    const values = storage.values(node, name, 'int8')
    const broadcast = new Int8Array(size)
    for (let i = 0; i < size; i++) broadcast[i] = values[indices[i]!]!
    return { at: storage.constant(broadcast), prepare: undefined }
  }
  const from = storage.address(node, name, 'int8')
  const [indicesAt, at] = [storage.constant(indices), storage.scratch(size, operand)]
  return { at, prepare: () => storage.kernels.gather(from, at, indicesAt, size) }
}

function operands(storage: WasmStorage, node: BinaryNode) {
  const [a, b] = [broadcastOperand(storage, node, 0), broadcastOperand(storage, node, 1)]
  const prepare = () => {
    a.prepare?.()
    b.prepare?.()
  }
  return { a: a.at, b: b.at, prepare, output: storage.address(node, node.outputs[0], 'int8'), count: sizeOfTensor(storage, node.outputs[0]) }
}

export const planAdd: PlanWasmNode<BinaryNode> = (storage, node) => {
  const p = addParameters(storage, node)
  const { a, b, prepare, output, count } = operands(storage, node)
  // The kernel takes the operand of the larger scale second.
  const [x, y] = p.a.scale <= p.b.scale ? [{ at: a, ...p.a, factor: p.factorA }, { at: b, ...p.b }] : [{ at: b, ...p.b, factor: p.factorB }, { at: a, ...p.a }]
  const scale = storage.constant(packUniform(p.factor))
  const { multiplier, shift } = x.factor
  const { kernels } = storage
  return () => {
    prepare()
    kernels.add(x.at, y.at, output, count, multiplier, -shift, scale, x.zeroPoint, y.zeroPoint, p.out.zeroPoint, p.min, p.max)
  }
}

export const planMul: PlanWasmNode<BinaryNode> = (storage, node) => {
  const p = mulParameters(storage, node)
  const { a, b, prepare, output, count } = operands(storage, node)
  const scale = storage.constant(packUniform(p.factor))
  const { kernels } = storage
  return () => {
    prepare()
    kernels.mul(a, b, output, count, scale, p.a.zeroPoint, p.b.zeroPoint, p.out.zeroPoint, p.min, p.max)
  }
}

export const planPool2d: PlanWasmNode<Pool2dNode> = (storage, node) => {
  const { geometry: g, min, max } = poolParameters(storage, node)
  const input = storage.address(node, node.inputs[0], 'int8')
  const output = storage.address(node, node.outputs[0], 'int8')
  const { kernels } = storage
  const pool = node.op === 'maxPool2d' ? kernels.maxPool : kernels.averagePool
  return () =>
    pool(
      input, output, g.inputHeight, g.inputWidth, g.inputChannels, g.outputHeight, g.outputWidth,
      g.filterHeight, g.filterWidth, g.strideHeight, g.strideWidth, g.padTop, g.padLeft, min, max,
    )
}

export const planMean: PlanWasmNode<MeanNode> = (storage, node) => {
  const { targets, offset, factor, zeroPoint } = meanParameters(storage, node)
  const input = storage.address(node, node.inputs[0], 'int8')
  const output = storage.address(node, node.outputs[0], 'int8')
  const outputs = sizeOfTensor(storage, node.outputs[0])
  const [targetsAt, scale, sums] = [storage.constant(targets), storage.constant(packUniform(factor)), storage.scratch(4 * outputs + 32)]
  const { kernels } = storage
  return () => kernels.mean(input, targetsAt, targets.length, sums, output, outputs, offset, scale, zeroPoint)
}

function planLookUp(storage: WasmStorage, node: PlainNode, values: Int8Array): () => void {
  const input = storage.address(node, node.inputs[0], 'int8')
  const output = storage.address(node, node.outputs[0], 'int8')
  const table = storage.constant(values)
  const count = sizeOfTensor(storage, node.outputs[0])
  return () => storage.kernels.lookUp(input, output, table, count)
}

export const planRelu: PlanWasmNode<PlainNode> = (storage, node) => planLookUp(storage, node, reluTable(storage, node))
export const planLogistic: PlanWasmNode<PlainNode> = (storage, node) => planLookUp(storage, node, logisticTable(storage, node))

export const planSoftmax: PlanWasmNode<SoftmaxNode> = (storage, node) => {
  const { table, to, classes } = softmaxParameters(storage, node)
  const input = storage.address(node, node.inputs[0], 'int8')
  const output = storage.address(node, node.outputs[0], 'int8')
  const tableAt = storage.constant(table)
  const rows = sizeOfTensor(storage, node.inputs[0]) / classes
  return () => storage.kernels.softmax(input, output, rows, classes, tableAt, to.scale, to.zeroPoint)
}

export const planReshape: PlanWasmNode<PlainNode> = (storage, node) => {
  const input = storage.address(node, node.inputs[0], 'int8')
  const output = storage.address(node, node.outputs[0], 'int8')
  const size = sizeOfTensor(storage, node.outputs[0])
  return () => storage.kernels.copy(input, output, size)
}

export const planPad: PlanWasmNode<PadNode> = (storage, node) => {
  const { zeroPoint } = quantizationOf(storage, node, node.outputs[0])
  const input = storage.address(node, node.inputs[0], 'int8')
  const output = storage.address(node, node.outputs[0], 'int8')
  const { shape } = storage.tensor(node.inputs[0])
  const padded = storage.tensor(node.outputs[0]).shape
  // The last padded axis and those behind it: a line of them stays together.
  const last = Math.max(0, node.paddings.findLastIndex(([before, after]) => before + after > 0))
  const [length, paddedLength] = [sizeOf(shape.slice(last)), sizeOf(padded.slice(last))]
  const start = (node.paddings[last]?.[0] ?? 0) * sizeOf(shape.slice(last + 1))
  const offsets = paddedIndices(shape.slice(0, last), node.paddings.slice(0, last)).map((line) => line * paddedLength + start)
  const size = sizeOfTensor(storage, node.outputs[0])
  const offsetsAt = storage.constant(offsets)
  return () => storage.kernels.pad(input, output, offsetsAt, offsets.length, length, size, zeroPoint)
}

export const planQuantize: PlanWasmNode<PlainNode> = (storage, node) => {
  if (storage.tensor(node.inputs[0]).dtype === 'int8') return planLookUp(storage, node, requantizeTable(storage, node))
  const { scale, zeroPoint } = quantizationOf(storage, node, node.outputs[0])
  const input = storage.address(node, node.inputs[0], 'float32')
  const output = storage.address(node, node.outputs[0], 'int8')
  const count = sizeOfTensor(storage, node.outputs[0])
  return () => {
    const index = storage.kernels.quantize(input, output, count, scale, zeroPoint)
    if (index >= 0) throw notANumber(storage, node, index)
  }
}

export const planDequantize: PlanWasmNode<PlainNode> = (storage, node) => {
  const { scale, zeroPoint } = quantizationOf(storage, node, node.inputs[0])
  const input = storage.address(node, node.inputs[0], 'int8')
  const output = storage.address(node, node.outputs[0], 'float32')
  const count = sizeOfTensor(storage, node.outputs[0])
  return () => storage.kernels.dequantize(input, output, count, scale, zeroPoint)
}
