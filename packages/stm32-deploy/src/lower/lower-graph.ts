import { AedError, formatShape, sizeOf, tensorOf, type Graph, type GraphNode, type GraphOp } from '@aed/core'
import type { Network, NetworkEnd } from '../network.ts'
import { lowerAdd, lowerMul } from './binary.ts'
import { lowerConv2d } from './conv2d.ts'
import { lowerDense } from './dense.ts'
import { lowerDepthwiseConv2d } from './depthwise-conv2d.ts'
import { lowerLogistic, lowerPad, lowerQuantize, lowerRelu, lowerReshape, lowerSoftmax } from './element-wise.ts'
import { Lowering, type LowerNode } from './lowering.ts'
import { lowerTap, type Tap } from './tap.ts'
import { lowerMean } from './mean.ts'
import { lowerAveragePool2d, lowerMaxPool2d } from './pool2d.ts'
import { affineOf, unsupported } from './quantization.ts'

/** How each operator becomes a layer. */
const LOWER: Readonly<Record<GraphOp, LowerNode>> = {
  conv2d: lowerConv2d,
  depthwiseConv2d: lowerDepthwiseConv2d,
  maxPool2d: lowerMaxPool2d,
  averagePool2d: lowerAveragePool2d,
  mean: lowerMean,
  add: lowerAdd,
  mul: lowerMul,
  relu: lowerRelu,
  pad: lowerPad,
  dense: lowerDense,
  reshape: lowerReshape,
  softmax: lowerSoftmax,
  logistic: lowerLogistic,
  quantize: lowerQuantize,
  dequantize: ({ graph }, node: GraphNode) => {
    throw unsupported(graph, node, 'only the last node of a network may leave int8')
  },
}

/**
 * An int8 graph as layers. A leading QUANTIZE and a trailing DEQUANTIZE are left out; so is a last softmax where only its input is wanted.
 * @param logits true: the output is the input of the last softmax
 * @throws AedError `DEPLOY_UNSUPPORTED` with the place
 */
export function lowerGraph(graph: Graph, logits: boolean): Network {
  const input = firstInt8(graph, only(graph, 'input', graph.inputs))
  const output = lastInt8(graph, only(graph, 'output', graph.outputs), logits)
  const maker = graph.nodes.find((node) => node.outputs.includes(output))
  if (!maker || output === input) throw new AedError('DEPLOY_UNSUPPORTED', `graph '${graph.name}': no node between input and output`)
  const lowering = new Lowering(graph, input, output, LOWER)
  lowering.lines(maker, output)
  return { input: inputEnd(graph, input, maker), output: endOf(graph, maker, output), storages: lowering.storages, layers: lowering.layers }
}

/**
 * An int8 graph as layers whose taps statistics are taken of, row by row as they are made; nothing else of it is computed.
 * @throws AedError `DEPLOY_UNSUPPORTED` with the place
 */
export function lowerTaps(graph: Graph, taps: readonly Tap[]): Network {
  const input = firstInt8(graph, only(graph, 'input', graph.inputs))
  const lowering = new Lowering(graph, input, null, LOWER)
  const makers = taps.map((tap) => lowerTap(lowering, tap))
  return { input: inputEnd(graph, input, makers[0]!), output: null, storages: lowering.storages, layers: lowering.layers }
}

function inputEnd(graph: Graph, input: string, otherwise: GraphNode): NetworkEnd {
  return endOf(graph, graph.nodes.find((node) => node.inputs.includes(input)) ?? otherwise, input)
}

function endOf(graph: Graph, node: GraphNode, name: string): NetworkEnd {
  const { shape } = tensorOf(graph, name)
  return { name, shape, size: sizeOf(shape), ...affineOf(graph, node, name) }
}

function only(graph: Graph, what: string, names: readonly string[]): string {
  if (names.length !== 1) throw new AedError('DEPLOY_UNSUPPORTED', `graph '${graph.name}' has ${names.length} ${what}s, expected one`)
  return names[0]!
}

/** The graph's input, or what its QUANTIZE makes of it. */
function firstInt8(graph: Graph, name: string): string {
  const { dtype, shape } = tensorOf(graph, name)
  if (dtype === 'int8') return name
  const readers = graph.nodes.filter((node) => node.inputs.includes(name))
  const [first] = readers
  if (first?.op === 'quantize' && readers.length === 1) return first.outputs[0]!
  throw notInt8(graph, `input '${name}' ${formatShape(shape)} is ${dtype}`)
}

/** The graph's output before a DEQUANTIZE, and before a softmax where logits are wanted. */
function lastInt8(graph: Graph, name: string, logits: boolean): string {
  const makerOf = (tensor: string) => graph.nodes.find((node) => node.outputs.includes(tensor))
  const { dtype, shape } = tensorOf(graph, name)
  const maker = makerOf(name)
  const last = dtype !== 'int8' && maker?.op === 'dequantize' ? maker.inputs[0]! : name
  if (tensorOf(graph, last).dtype !== 'int8') throw notInt8(graph, `output '${name}' ${formatShape(shape)} is ${dtype}`)
  if (!logits) return last
  const softmax = makerOf(last)
  if (softmax?.op !== 'softmax') throw new AedError('INVALID_OPTION', `logits: graph '${graph.name}' does not end in a softmax`, { hint: 'leave the option out' })
  return softmax.inputs[0]!
}

function notInt8(graph: Graph, what: string): AedError {
  return new AedError('DEPLOY_UNSUPPORTED', `graph '${graph.name}': ${what}, expected int8`, { hint: 'quantize the model first: aed quantize' })
}
