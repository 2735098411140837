import { validateGraph, type Graph } from '@aed/core'
import { foldMulAdd } from './fold-mul-add.ts'
import { fuseRelu } from './fuse-relu.ts'
import { preactToDepthwise } from './preact-to-depthwise.ts'
import { removeDeadNodes } from './remove-dead-nodes.ts'

/** The passes in their order: each takes a float32 graph and returns a new one that computes the same. */
export const PASSES = { removeDeadNodes, foldMulAdd, preactToDepthwise, fuseRelu } as const

/**
 * Prepares a float32 graph for quantization: dead nodes removed, batch norm folded, pre-activations as depthwise convolutions,
 * activations fused.
 * @throws AedError `GRAPH_INVALID`
 */
export function optimizeGraph(graph: Graph): Graph {
  return validateGraph(Object.values(PASSES).reduce((current, pass) => pass(current), validateGraph(graph)))
}
