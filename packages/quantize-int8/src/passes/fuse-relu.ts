import type { Graph, GraphNode } from '@aed/core'
import { countReaders, makerOf, rewrite } from './constants.ts'

/**
 * A `relu` becomes the fused activation of the node before it, where that has none yet and nothing else reads what it makes. The
 * fused node takes over the name of the value that it makes now.
 */
export function fuseRelu(graph: Graph): Graph {
  for (const relu of graph.nodes) {
    if (relu.op !== 'relu') continue
    const input = relu.inputs[0]!
    const maker = makerOf(graph, input)
    if (!maker || !('activation' in maker) || maker.activation !== 'none' || countReaders(graph, input) > 1) continue
    const fused: GraphNode = { ...maker, name: relu.name, outputs: relu.outputs, activation: 'relu' }
    return fuseRelu(rewrite(graph, new Map<GraphNode, GraphNode | null>([[maker, null], [relu, fused]])))
  }
  return graph
}
