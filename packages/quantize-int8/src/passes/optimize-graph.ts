import { validateGraph, type Graph } from '@aed/core'
import { foldMulAdd } from './fold-mul-add.ts'
import { fusePad } from './fuse-pad.ts'
import { fuseRelu } from './fuse-relu.ts'
import { preactToDepthwise } from './preact-to-depthwise.ts'
import { removeDeadNodes } from './remove-dead-nodes.ts'

/** The passes in their order: each takes a float32 graph and returns a new one that computes the same. */
export const PASSES = { removeDeadNodes, foldMulAdd, preactToDepthwise, fuseRelu, fusePad } as const

/**
 * Prepares a float32 graph for quantization: dead nodes removed, batch norm folded, pre-activations as depthwise convolutions,
 * activations and paddings fused.
 * @param onPass called with the graph as given (`input`) and after each pass, by its name
 * @throws AedError `GRAPH_INVALID`
 */
export function optimizeGraph(graph: Graph, onPass?: (name: string, graph: Graph) => void): Graph {
  onPass?.('input', graph)
  const optimized = Object.entries(PASSES).reduce((current, [name, pass]) => {
    const next = pass(current)
    onPass?.(name, next)
    return next
  }, validateGraph(graph))
  return validateGraph(optimized)
}
