import { validateGraph } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { opsOf, outputDifference, SmallGraph } from '../../test/graphs.ts'
import { preactToDepthwise } from './preact-to-depthwise.ts'

describe('preactToDepthwise', () => {
  it('makes one depthwise 1 x 1 convolution of a per-channel mul and add, with its activation', () => {
    const g = new SmallGraph('g')
    const graph = g.build([g.add('bn', g.mul('mul', g.x, g.values('gamma', [3])), g.values('beta', [3]), 'relu')])
    const after = preactToDepthwise(graph)
    expect(after.nodes).toEqual([
      {
        op: 'depthwiseConv2d', name: 'bn', inputs: ['x', 'bn/weights', 'bn/bias'], outputs: ['bn'],
        strides: [1, 1], padding: 'valid', dilations: [1, 1], multiplier: 1, activation: 'relu',
      },
    ])
    expect(outputDifference(graph, validateGraph(after))).toBeLessThan(1e-6)
  })

  it('takes a mul alone, and one whose value is read twice, without the add', () => {
    const g = new SmallGraph('g')
    const mul = g.mul('mul', g.values('gamma', [3]), g.x)
    const graph = g.build([g.add('sum', g.add('shifted', mul, g.values('beta', [3])), mul)])
    expect(opsOf(preactToDepthwise(graph))).toEqual(['depthwiseConv2d mul', 'add shifted', 'add sum'])
    expect(outputDifference(graph, preactToDepthwise(graph))).toBeLessThan(1e-6)
  })

  it('leaves a mul of two activations, one over rows, one of a vector, and an add alone', () => {
    const g = new SmallGraph('g')
    const pooled = g.mean('pooled', g.x, [1, 2])
    const graph = g.build([
      g.mul('square', g.x, g.x),
      g.mul('rows', g.x, g.values('cr', [1, 4, 1, 1])),
      g.mul('vector', pooled, g.values('cv', [3])),
      g.add('add', g.x, g.values('ca', [3])),
    ])
    expect(preactToDepthwise(graph)).toEqual(graph)
  })
})
