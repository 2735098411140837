import { tensorOf, type BinaryNode, type Graph, type GraphNode } from '@aed/core'
import type { WeightedNode } from '../weighted-sums.ts'
import { countReaders, makerOf, newConstant, rewrite, splitOperands } from './constants.ts'

/**
 * Folds per-channel constants into the layer before them: `mul` into its weights and bias, `add` into its bias. Batch norm after a
 * convolution or dense layer, written as `mul` and `add`, costs nothing then. Only where the layer has no activation of its own and
 * nothing else reads what it makes; the layer takes over the name of the value that it makes now, and a fused activation.
 */
export function foldMulAdd(graph: Graph): Graph {
  for (const node of graph.nodes) {
    const operands = splitOperands(graph, node)
    if (!operands) continue
    const maker = makerOf(graph, operands.input)
    if (!maker || !isWeighted(graph, maker) || maker.activation !== 'none' || countReaders(graph, operands.input) > 1) continue
    return foldMulAdd(fold(graph, maker, node as BinaryNode, operands.values))
  }
  return graph
}

/** A layer whose weights and bias are constants. */
function isWeighted(graph: Graph, node: GraphNode): node is WeightedNode {
  const layer = node.op === 'conv2d' || node.op === 'depthwiseConv2d' || node.op === 'dense'
  return layer && node.inputs.slice(1).every((name) => tensorOf(graph, name).data !== undefined)
}

function fold(graph: Graph, layer: WeightedNode, node: BinaryNode, values: Float32Array): Graph {
  const channels = values.length
  const weights = tensorOf(graph, layer.inputs[1])
  const oldBias = layer.inputs[2] === undefined ? new Float32Array(channels) : (tensorOf(graph, layer.inputs[2]).data as Float32Array)
  const multiplies = node.op === 'mul'
  const newWeights = multiplies
    ? newConstant(graph, `${node.name}/weights`, weights.shape, scaleChannels(weights.data as Float32Array, values, layer.op === 'depthwiseConv2d'))
    : weights
  const bias = newConstant(graph, `${node.name}/bias`, [channels], oldBias.map((value, channel) => (multiplies ? value * values[channel]! : value + values[channel]!)))
  const folded: GraphNode = { ...layer, name: node.name, inputs: [layer.inputs[0]!, newWeights.name, bias.name], outputs: node.outputs, activation: node.activation }
  return rewrite(graph, new Map<GraphNode, GraphNode | null>([[layer, null], [node, folded]]), [newWeights, bias])
}

/** Output channels are the last axis of depthwise weights and the first of all others. */
function scaleChannels(weights: Float32Array, values: Float32Array, last: boolean): Float32Array {
  const depth = weights.length / values.length
  return weights.map((weight, i) => weight * values[last ? i % values.length : Math.floor(i / depth)]!)
}
