import { paddingBefore, tensorOf, type Graph, type GraphNode, type PadNode } from '@aed/core'
import { countReaders, makerOf, rewrite } from './constants.ts'

type Convolution = Extract<GraphNode, { op: 'conv2d' | 'depthwiseConv2d' }>

/**
 * A `pad` before a convolution becomes its padding `same`, where that places the same zeros and nothing else reads the padded image: one operation
 * and one copy of the image less. Paddings that `same` cannot express stay, and those of pooling too, whose `same` padding never counts as a value.
 */
export function fusePad(graph: Graph): Graph {
  for (const node of graph.nodes) {
    if ((node.op !== 'conv2d' && node.op !== 'depthwiseConv2d') || node.padding !== 'valid') continue
    const pad = makerOf(graph, node.inputs[0]!)
    if (pad?.op !== 'pad' || countReaders(graph, node.inputs[0]!) > 1 || !isSame(graph, pad, node)) continue
    const fused: GraphNode = { ...node, inputs: [pad.inputs[0]!, ...node.inputs.slice(1)], padding: 'same' }
    return fusePad(rewrite(graph, new Map<GraphNode, GraphNode | null>([[pad, null], [node, fused]])))
  }
  return graph
}

function isSame(graph: Graph, pad: PadNode, node: Convolution): boolean {
  const [shape, output, weights] = [pad.inputs[0], node.outputs[0], node.inputs[1]].map((name) => tensorOf(graph, name).shape) as [readonly number[], readonly number[], readonly number[]]
  return pad.paddings.every(([before, after], axis) => {
    if (axis === 0 || axis === 3) return before === 0 && after === 0
    const [length, filter, stride, dilation] = [shape[axis]!, weights[axis]!, node.strides[axis - 1]!, node.dilations[axis - 1]!]
    return before === paddingBefore(length, filter, stride, 'same', dilation) && output[axis] === Math.ceil(length / stride)
  })
}
