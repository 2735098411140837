import type { Graph, GraphNode } from '@aed/core'
import { rewrite } from './constants.ts'

/** Leaves out the nodes, and then the tensors, that no output of the graph depends on. Inputs of the graph stay. */
export function removeDeadNodes(graph: Graph): Graph {
  const needed = new Set(graph.outputs)
  const dead = new Map<GraphNode, null>()
  for (const node of [...graph.nodes].reverse()) {
    if (node.outputs.some((name) => needed.has(name))) for (const name of node.inputs) needed.add(name)
    else dead.set(node, null)
  }
  return rewrite(graph, dead)
}
