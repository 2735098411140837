import { tensorOf, type Activation, type Graph, type GraphNode, type GraphTensor } from '@aed/core'
import type { Encodable } from './encode.ts'
import { ACTIVATIONS, BUILTIN_OPERATORS, PADDINGS, type OptionsName } from './schema.ts'

/** An operator as the file states it. */
export interface FileOperator<N extends OptionsName = OptionsName> {
  /** Number of the built-in operator. */
  readonly code: number
  readonly version: number
  readonly options?: { readonly table: N; readonly values: Encodable<N> }
  /** A constant that the graph has as an attribute and the file as a further input. */
  readonly attribute?: { readonly name: string; readonly shape: readonly number[]; readonly values: Int32Array }
}

const OPERATORS = {
  conv2d: 'CONV_2D',
  depthwiseConv2d: 'DEPTHWISE_CONV_2D',
  maxPool2d: 'MAX_POOL_2D',
  averagePool2d: 'AVERAGE_POOL_2D',
  mean: 'MEAN',
  add: 'ADD',
  mul: 'MUL',
  pad: 'PAD',
  relu: 'RELU',
  reshape: 'RESHAPE',
  dense: 'FULLY_CONNECTED',
  softmax: 'SOFTMAX',
  logistic: 'LOGISTIC',
  quantize: 'QUANTIZE',
  dequantize: 'DEQUANTIZE',
} as const satisfies Record<GraphNode['op'], string>

/**
 * Version of an operator: the lowest that has what the node uses, so that old runtimes load the file.
 * @see tensorflow/compiler/mlir/lite/tools/versioning/op_version.cc
 */
function versionOf(graph: Graph, node: GraphNode): number {
  const int8 = tensorOf(graph, node.inputs[0]).dtype === 'int8'
  switch (node.op) {
    case 'conv2d':
    case 'depthwiseConv2d':
      return int8 ? 3 : node.op === 'depthwiseConv2d' && node.dilations.some((step) => step !== 1) ? 2 : 1
    case 'dense':
      if ((tensorOf(graph, node.inputs[1]).quantization?.scales.length ?? 0) > 1) return 12
      return node.inputs[2] === undefined ? 6 : int8 ? 4 : 1
    case 'reshape':
    case 'quantize':
      return 1
    default:
      return int8 ? 2 : 1
  }
}

const activationNumber = (activation: Activation) => ACTIVATIONS.indexOf(activation)

/** What the file says of a node. */
export function describeNode(graph: Graph, node: GraphNode): FileOperator {
  const base = { code: BUILTIN_OPERATORS.indexOf(OPERATORS[node.op]), version: versionOf(graph, node) }
  const output: GraphTensor = tensorOf(graph, node.outputs[0])
  const attribute = (what: string, shape: readonly number[], values: readonly number[]) => ({ name: `${node.name}/${what}`, shape, values: Int32Array.from(values) })
  switch (node.op) {
    case 'conv2d':
    case 'depthwiseConv2d': {
      const values = {
        padding: PADDINGS.indexOf(node.padding),
        strideH: node.strides[0],
        strideW: node.strides[1],
        dilationHFactor: node.dilations[0],
        dilationWFactor: node.dilations[1],
        fusedActivationFunction: activationNumber(node.activation),
      }
      if (node.op === 'conv2d') return { ...base, options: { table: 'Conv2DOptions', values } }
      return { ...base, options: { table: 'DepthwiseConv2DOptions', values: { ...values, depthMultiplier: node.multiplier } } }
    }
    case 'maxPool2d':
    case 'averagePool2d': {
      const values = {
        padding: PADDINGS.indexOf(node.padding),
        strideH: node.strides[0],
        strideW: node.strides[1],
        filterHeight: node.filter[0],
        filterWidth: node.filter[1],
        fusedActivationFunction: activationNumber(node.activation),
      }
      return { ...base, options: { table: 'Pool2DOptions', values } }
    }
    case 'mean':
      return { ...base, options: { table: 'ReducerOptions', values: { keepDims: node.keepDims ? 1 : 0 } }, attribute: attribute('axes', [node.axes.length], node.axes) }
    case 'add':
    case 'mul':
      return { ...base, options: { table: node.op === 'add' ? 'AddOptions' : 'MulOptions', values: { fusedActivationFunction: activationNumber(node.activation) } } }
    case 'pad':
      return { ...base, options: { table: 'PadOptions', values: {} }, attribute: attribute('paddings', [node.paddings.length, 2], node.paddings.flat()) }
    case 'reshape': {
      // −1 leaves the batch open, so that an interpreter can be resized to any.
      const shape = [-1, ...output.shape.slice(1)]
      return { ...base, options: { table: 'ReshapeOptions', values: { newShape: Int32Array.from(shape) } }, attribute: attribute('shape', [shape.length], shape) }
    }
    case 'dense':
      return { ...base, options: { table: 'FullyConnectedOptions', values: { fusedActivationFunction: activationNumber(node.activation) } } }
    case 'softmax':
      return { ...base, options: { table: 'SoftmaxOptions', values: { beta: node.beta } } }
    case 'quantize':
      return { ...base, options: { table: 'QuantizeOptions', values: {} } }
    case 'dequantize':
      return { ...base, options: { table: 'DequantizeOptions', values: {} } }
    case 'relu':
    case 'logistic':
      return base
  }
}
