import { tensorOf, type BinaryNode, type Graph, type GraphNode } from '@aed/core'
import { countReaders, newConstant, rewrite, splitOperands } from './constants.ts'

/**
 * A per-channel `mul` of an image, with the `add` behind it if there is one, becomes one depthwise 1 × 1 convolution. That is how the
 * batch norm of a pre-activation block is left when there is no convolution before it to fold it into. In int8 it then has a scale for
 * each channel and one rounding, where `mul` and `add` share a scale and round twice.
 */
export function preactToDepthwise(graph: Graph): Graph {
  for (const mul of graph.nodes) {
    if (mul.op !== 'mul') continue
    const scaled = splitOperands(graph, mul)
    const shape = tensorOf(graph, mul.outputs[0]).shape
    if (!scaled || shape.length !== 4 || tensorOf(graph, scaled.input).shape.length !== 4) continue
    const shifted = mul.activation === 'none' ? followingAdd(graph, mul) : undefined
    const last = shifted?.node ?? mul
    const channels = scaled.values.length
    const weights = newConstant(graph, `${last.name}/weights`, [1, 1, 1, channels], scaled.values)
    const bias = newConstant(graph, `${last.name}/bias`, [channels], shifted?.values ?? new Float32Array(channels))
    const depthwise: GraphNode = {
      op: 'depthwiseConv2d', name: last.name, inputs: [scaled.input, weights.name, bias.name], outputs: last.outputs,
      strides: [1, 1], padding: 'valid', dilations: [1, 1], multiplier: 1, activation: last.activation,
    }
    return preactToDepthwise(rewrite(graph, new Map<GraphNode, GraphNode | null>([[mul, null], [last, depthwise]]), [weights, bias]))
  }
  return graph
}

/** The `add` of a per-channel constant that alone reads what `mul` makes. */
function followingAdd(graph: Graph, mul: BinaryNode): { readonly node: BinaryNode; readonly values: Float32Array } | undefined {
  const made = mul.outputs[0]!
  const node = graph.nodes.find((candidate): candidate is BinaryNode => candidate.op === 'add' && candidate.inputs.includes(made))
  const operands = node && splitOperands(graph, node)
  return operands?.input === made && countReaders(graph, made) === 1 ? { node: node!, values: operands.values } : undefined
}
