import { sizeOf, tensorOf, type Graph, type GraphNode, type GraphTensor } from '@aed/core'

/**
 * Values of a float32 constant that holds one value for each channel (the last axis) or a single one for all.
 * @returns one value for each channel, or undefined when the tensor is none of these
 */
export function perChannelValues(graph: Graph, name: string, channels: number): Float32Array | undefined {
  const { data, dtype, shape } = tensorOf(graph, name)
  if (!data || dtype !== 'float32') return undefined
  if (data.length === 1) return new Float32Array(channels).fill((data as Float32Array)[0]!)
  return data.length === channels && shape.at(-1) === channels && sizeOf(shape) === channels ? (data as Float32Array) : undefined
}

/** A binary node's activation operand and its per-channel constant, on whichever side it stands. */
export function splitOperands(graph: Graph, node: GraphNode): { readonly input: string; readonly values: Float32Array } | undefined {
  if (node.op !== 'mul' && node.op !== 'add') return undefined
  const shape = tensorOf(graph, node.outputs[0]).shape
  const channels = shape.at(-1) ?? 1
  for (const [input, constant] of [node.inputs, [...node.inputs].reverse()] as [string, string][]) {
    const values = perChannelValues(graph, constant, channels)
    const { data, shape: inputShape } = tensorOf(graph, input)
    if (values && !data && sizeOf(inputShape) === sizeOf(shape)) return { input, values }
  }
  return undefined
}

/** A float32 constant of a name that the graph does not use yet. */
export function newConstant(graph: Graph, wanted: string, shape: readonly number[], data: Float32Array): GraphTensor {
  const name = Object.hasOwn(graph.tensors, wanted) ? unusedName(graph, wanted, 2) : wanted
  return { name, dtype: 'float32', shape, data }
}

function unusedName(graph: Graph, wanted: string, number: number): string {
  const name = `${wanted}_${number}`
  return Object.hasOwn(graph.tensors, name) ? unusedName(graph, wanted, number + 1) : name
}

/** How many nodes, and outputs of the graph, read a tensor. */
export function countReaders(graph: Graph, name: string): number {
  return [...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs].filter((read) => read === name).length
}

/** The node that makes a tensor. */
export const makerOf = (graph: Graph, name: string): GraphNode | undefined => graph.nodes.find((node) => node.outputs.includes(name))

/** The graph with some nodes replaced (by none or one) and constants added; tensors that nothing refers to any more are left out. */
export function rewrite(graph: Graph, replaced: ReadonlyMap<GraphNode, GraphNode | null>, added: readonly GraphTensor[] = []): Graph {
  const nodes = graph.nodes.flatMap((node) => {
    const replacement = replaced.get(node)
    return replacement === undefined ? [node] : replacement === null ? [] : [replacement]
  })
  const used = new Set([...graph.inputs, ...graph.outputs, ...nodes.flatMap((node) => [...node.inputs, ...node.outputs])])
  const tensors = [...Object.values(graph.tensors), ...added].filter(({ name }) => used.has(name))
  return { ...graph, nodes, tensors: Object.fromEntries(tensors.map((tensor) => [tensor.name, tensor])) }
}
