import { describe, expect, it } from '@jest/globals'
import { opsOf, outputDifference, SmallGraph } from '../../test/graphs.ts'
import { smallNetwork } from '../../test/networks.ts'
import { optimizeGraph } from './optimize-graph.ts'
import { removeDeadNodes } from './remove-dead-nodes.ts'

describe('removeDeadNodes', () => {
  it('leaves out what no output depends on, tensors included, and keeps inputs', () => {
    const g = new SmallGraph('g')
    g.input('unused', [1, 2])
    g.relu('dead end', g.conv('dead', g.x))
    const graph = removeDeadNodes(g.build([g.relu('y', g.x)]))
    expect(opsOf(graph)).toEqual(['relu y'])
    expect(Object.keys(graph.tensors).sort()).toEqual(['unused', 'x', 'y'])
  })
})

describe('optimizeGraph', () => {
  it('turns each pre-activation into one node and each convolution with batch norm and relu into one', () => {
    const graph = smallNetwork()
    const optimized = optimizeGraph(graph)
    expect(opsOf(optimized)).toEqual([
      'pad x/pad', 'conv2d stem', 'pad stem/pad', 'maxPool2d pool',
      'depthwiseConv2d s0b0/pre/relu', 'conv2d s0b0/shortcut', 'conv2d s0b0/bn/relu', 'conv2d s0b0/conv2', 'add s0b0/out',
      'depthwiseConv2d s0b1/pre/relu', 'maxPool2d s0b1/shortcut', 'conv2d s0b1/bn/relu', 'pad s0b1/bn/relu/pad', 'conv2d s0b1/conv2', 'add s0b1/out',
      'depthwiseConv2d post/relu', 'reshape embedding', 'dense logits', 'softmax scores',
    ])
    expect(outputDifference(graph, optimized)).toBeLessThan(1e-6)
  })

  it('shows the graph between the passes', () => {
    const seen: string[] = []
    optimizeGraph(smallNetwork(), (name, { nodes }) => seen.push(`${name} ${nodes.length}`))
    expect(seen).toEqual(['input 32', 'removeDeadNodes 32', 'foldMulAdd 28', 'preactToDepthwise 25', 'fuseRelu 20', 'fusePad 19'])
  })

  it('does not change its argument and finds nothing more to do in its result', () => {
    const graph = smallNetwork(2)
    const copy = structuredClone(graph)
    const optimized = optimizeGraph(graph)
    expect(graph).toEqual(copy)
    expect(optimizeGraph(optimized)).toEqual(optimized)
  })
})
