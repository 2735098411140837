import { tensorOf, type Graph, type GraphNode, type GraphTensor, type Tensor } from '@aed/core'
import { createFloatExecutor } from './float-executor.ts'
import { quantizeValue } from './int8/affine.ts'
import { addError, emptySums, ratioDb } from './signal-noise.ts'

/** Operators that hand on int8 values as they are. */
const EXACT: ReadonlySet<GraphNode['op']> = new Set(['maxPool2d', 'pad', 'reshape', 'relu'])

/** The float graph with the constants of one node as their int8 form has them. */
function withInt8Constants(graph: Graph, quantized: Graph, node: GraphNode, int8: GraphNode): Graph {
  const tensors: Record<string, GraphTensor> = { ...graph.tensors }
  const inputs = node.inputs.map((name, i) => {
    const { data, quantization } = tensorOf(quantized, int8.inputs[i])
    const { shape, data: float } = tensorOf(graph, name)
    if (!data || !float || !quantization) return name
    const { scales, zeroPoints, axis = 0 } = quantization
    const inner = shape.slice(axis + 1).reduce((product, length) => product * length, 1)
    const own = `${name} of ${node.name} in int8`
    const values = Float32Array.from(data as ArrayLike<number>, (value, index) => {
      const channel = scales.length === 1 ? 0 : Math.floor(index / inner) % scales.length
      return (value - zeroPoints[channel]!) * scales[channel]!
    })
    tensors[own] = { name: own, dtype: 'float32', shape, data: values }
    return own
  })
  return { ...graph, tensors, nodes: graph.nodes.map((other) => (other === node ? { ...node, inputs } : other)) }
}

/**
 * What one layer costs the network: the signal-to-noise ratio of its result, dB, where that layer alone has int8 weights and an int8 output.
 * @param results float values of `result` on each patch
 * @returns null for a layer that changes nothing
 */
export function costOfLayer(graph: Graph, quantized: Graph, index: number, patches: readonly Tensor<'float32'>[], result: string, results: readonly Float32Array[]): number | null {
  const [node, int8] = [graph.nodes[index]!, quantized.nodes[index]!]
  if (EXACT.has(node.op)) return null
  const [output] = node.outputs
  const { scales, zeroPoints } = tensorOf(quantized, output).quantization!
  const [scale, zeroPoint] = [scales[0]!, zeroPoints[0]!]
  const executor = createFloatExecutor(withInt8Constants(graph, quantized, node, int8))
  const sums = emptySums()
  patches.forEach((patch, i) => {
    executor.trace(patch, (name, values) => {
      if (name === output) for (let k = 0; k < values.length; k++) values[k] = scale * (quantizeValue(values[k]!, scale, zeroPoint) - zeroPoint)
      if (name === result) for (let k = 0; k < values.length; k++) addError(sums, results[i]![k]!, values[k]!)
    })
  })
  return ratioDb(sums)
}
