import { tensorOf, validateGraph, type Graph } from '@aed/core'
import { removeDeadNodes } from './remove-dead-nodes.ts'

/**
 * The int8 part of a graph: a quantize at an input and a dequantize at an output are left out, so that the tensors inside become the
 * graph's own input and output. What a microcontroller runs.
 */
export function int8Core(graph: Graph): Graph {
  const maker = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)))
  const entries = graph.nodes.filter((node) => node.op === 'quantize' && graph.inputs.includes(node.inputs[0]!) && tensorOf(graph, node.inputs[0]).dtype === 'float32')
  const replaced = new Map(entries.map((node) => [node.inputs[0]!, node.outputs[0]!]))
  const outputs = graph.outputs.map((name) => {
    const node = maker.get(name)
    return node?.op === 'dequantize' && tensorOf(graph, node.inputs[0]).dtype === 'int8' ? node.inputs[0]! : name
  })
  const inputs = graph.inputs.map((name) => replaced.get(name) ?? name)
  const gone = new Set(replaced.keys())
  const tensors = Object.fromEntries(Object.entries(graph.tensors).filter(([name]) => !gone.has(name)))
  const nodes = graph.nodes.filter((node) => !node.inputs.some((name) => gone.has(name)))
  return validateGraph(removeDeadNodes({ ...graph, inputs, outputs, tensors, nodes }))
}
