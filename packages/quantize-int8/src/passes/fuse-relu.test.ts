import { validateGraph } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { opsOf, outputDifference, SmallGraph } from '../../test/graphs.ts'
import { fuseRelu } from './fuse-relu.ts'

describe('fuseRelu', () => {
  it('fuses into convolutions, adds, pooling and dense layers', () => {
    const g = new SmallGraph('g')
    const conv = g.relu('a', g.conv('conv', g.x))
    const sum = g.relu('b', g.add('sum', conv, g.values('c', [2])))
    const pooled = g.relu('c2', g.averagePool2d('pool', sum, [2, 3]))
    const graph = g.build([g.relu('d', g.dense('dense', g.flatten('flat', pooled), g.values('w', [3, 2]), undefined))])
    expect(opsOf(fuseRelu(graph))).toEqual(['conv2d a', 'add b', 'averagePool2d c2', 'reshape flat', 'dense d'])
    expect(fuseRelu(graph).nodes.flatMap((node) => ('activation' in node ? [node.activation] : []))).toEqual(['relu', 'relu', 'relu', 'relu'])
    expect(outputDifference(graph, validateGraph(fuseRelu(graph)))).toBe(0)
  })

  it('leaves a relu of the input, of a padded image, of a value that is read twice or shown, and after relu6', () => {
    const g = new SmallGraph('g')
    const shared = g.conv('shared', g.x)
    const shown = g.conv('shown', g.x)
    const limited = g.add('limited', g.x, g.x, 'relu6')
    const graph = g.build([
      g.relu('of input', g.x),
      g.relu('of pad', g.pad2d('pad', g.x, [1, 1], [1, 1])),
      g.add('sum', g.relu('of shared', shared), shared),
      g.relu('of shown', shown),
      shown,
      g.relu('of limited', limited),
    ])
    expect(fuseRelu(graph)).toEqual(graph)
  })
})
