import { AedError, validateGraph, type Graph } from '@aed/core'
import { removeDeadNodes } from '@aed/quantize-int8'

/**
 * A graph cut to what some of its tensors need, these being its outputs in the order given: the network of a clip head.
 * @throws AedError `MODEL_MISMATCH` for a tensor that the graph does not make, with those that it has
 */
export function tapGraph(graph: Graph, tensors: readonly string[]): Graph {
  const made = new Set(graph.nodes.flatMap(({ outputs }) => outputs))
  const missing = tensors.find((name) => !made.has(name))
  if (missing !== undefined) throw new AedError('MODEL_MISMATCH', `graph '${graph.name}' has no tensor '${missing}' to tap`, { hint: `it makes ${[...made].join(', ')}` })
  return validateGraph(removeDeadNodes({ ...graph, outputs: [...new Set(tensors)] }))
}
