import { AedError, inferShape, tensorOf, type Graph, type GraphTensor } from '@aed/core'

/**
 * The same network for one item: a file may state any batch size, executors run any number of items. Shapes are inferred anew.
 * @throws AedError `MODEL_UNSUPPORTED` where a node mixes the items of a batch
 */
export function toBatchOne(graph: Graph): Graph {
  const batch = tensorOf(graph, graph.inputs[0]).shape[0]
  if (batch === undefined || batch === 1) return graph
  const tensors: Record<string, GraphTensor> = { ...graph.tensors }
  const single: Graph = { ...graph, tensors }
  const resize = (name: string, shape: readonly number[]) => (tensors[name] = { ...tensorOf(graph, name), shape })
  for (const name of graph.inputs) resize(name, [1, ...tensorOf(graph, name).shape.slice(1)])
  for (const node of graph.nodes) {
    const [output] = node.outputs
    const before = tensorOf(graph, output).shape
    const mixes = before[0] !== batch || (node.op === 'mean' && node.axes.includes(0)) || (node.op === 'pad' && node.paddings[0]?.some((amount) => amount !== 0))
    if (mixes) throw new AedError('MODEL_UNSUPPORTED', `graph '${graph.name}', ${node.op} '${node.name}': it mixes the ${batch} items of the batch that the file states`)
    resize(output!, inferShape(single, node) ?? [1, ...before.slice(1)])
  }
  return single
}
