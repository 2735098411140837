import { validateGraph } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { opsOf, outputDifference, SmallGraph } from '../../test/graphs.ts'
import { foldMulAdd } from './fold-mul-add.ts'

describe('foldMulAdd', () => {
  it('folds batch norm into the convolution before it, which takes the name of its value', () => {
    const g = new SmallGraph('g')
    const scaled = g.mul('mul', g.conv('conv', g.x), g.values('gamma', [2]))
    const graph = g.build([g.add('bn', scaled, g.values('beta', [2]), 'relu')])
    const folded = foldMulAdd(graph)
    expect(opsOf(folded)).toEqual(['conv2d bn'])
    expect(folded.nodes[0]).toMatchObject({ activation: 'relu', outputs: ['bn'] })
    expect(Object.keys(folded.tensors)).toHaveLength(4)
    expect(outputDifference(graph, validateGraph(folded))).toBeLessThan(1e-6)
  })

  it('folds constants on either side, scalars, and where there is no bias', () => {
    const g = new SmallGraph('g')
    const scaled = g.mul('mul', g.values('scalar', [1]), g.conv('conv', g.x, false))
    const graph = g.build([g.add('add', scaled, g.values('beta', [1, 1, 1, 2]))])
    expect(opsOf(foldMulAdd(graph))).toEqual(['conv2d add'])
    expect(outputDifference(graph, foldMulAdd(graph))).toBeLessThan(1e-6)
  })

  it('folds into depthwise and dense layers', () => {
    const g = new SmallGraph('g')
    const attributes = { strides: [1, 1], padding: 'same', activation: 'none', dilations: [1, 1], multiplier: 2 } as const
    const depthwise = g.node('dw', [g.x, g.values('dw/w', [1, 3, 3, 6])], { op: 'depthwiseConv2d', ...attributes })
    const flat = g.flatten('flat', g.mul('dw/mul', depthwise, g.values('gamma', [6])))
    const dense = g.dense('dense', flat, g.values('dense/w', [4, 120]), g.values('dense/b', [4]))
    const graph = g.build([g.add('end', g.mul('dense/mul', dense, g.values('delta', [4])), g.values('epsilon', [4]))])
    expect(opsOf(foldMulAdd(graph))).toEqual(['depthwiseConv2d dw/mul', 'reshape flat', 'dense end'])
    expect(outputDifference(graph, foldMulAdd(graph))).toBeLessThan(1e-5)
  })

  it('leaves what must stay: an activation between, a second reader, an output of the graph, a constant over rows', () => {
    const g = new SmallGraph('g')
    const active = g.conv2d('active', g.x, g.values('w', [2, 1, 1, 3]), undefined, { activation: 'relu' })
    const shared = g.conv('shared', g.x)
    const shown = g.conv('shown', g.x)
    const rows = g.conv('rows', g.x)
    const graph = g.build([
      g.mul('a', active, g.values('ca', [2])),
      g.add('b', g.mul('b/mul', shared, g.values('cb', [2])), shared),
      shown,
      g.mul('c', shown, g.values('cc', [2])),
      g.mul('d', rows, g.values('cd', [1, 2, 1, 1])),
    ])
    expect(foldMulAdd(graph)).toEqual(graph)
  })
})
