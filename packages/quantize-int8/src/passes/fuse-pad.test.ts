import { GraphBuilder, type Graph } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { opsOf, outputDifference } from '../../test/graphs.ts'
import { fusePad } from './fuse-pad.ts'

/** An image of 7 × 6 padded and convolved. */
function padded(before: number, after: number, { filter = 3, stride = 1, tapped = false } = {}): Graph {
  const g = new GraphBuilder('g')
  const pad = g.pad2d('p', g.input('x', [1, 7, 6, 2]), [before, after], [before, after])
  const weights = Float32Array.from({ length: 3 * filter * filter * 2 }, (_, i) => ((i * 37) % 19) / 10 - 1)
  const y = g.conv2d('y', pad, g.constant('w', 'float32', [3, filter, filter, 2], weights), undefined, { strides: [stride, stride] })
  return g.build(tapped ? [y, pad] : [y])
}

describe('fusePad', () => {
  it.each([
    [1, 1, {}],
    [2, 2, { filter: 5 }],
  ] as const)('makes %d before and %d after the padding of the convolution, %j', (before, after, options) => {
    const graph = padded(before, after, options)
    const fused = fusePad(graph)
    expect(opsOf(fused)).toEqual(['conv2d y'])
    expect(fused.nodes[0]).toMatchObject({ padding: 'same', inputs: ['x', 'w'] })
    expect(outputDifference(graph, fused)).toBe(0)
  })

  it.each([
    ['more rows than the filter needs', padded(2, 2)],
    ['all rows at one side', padded(0, 2)],
    ['an odd length, where `same` places none before', padded(1, 1, { stride: 2 })],
    ['a padded image that is an output', padded(1, 1, { tapped: true })],
  ])('leaves %s as it is', (_, graph) => {
    expect(fusePad(graph)).toBe(graph)
  })

  it('leaves padded channels, and the padding of pooling, which counts as a value', () => {
    const g = new GraphBuilder('g')
    const y = g.maxPool2d('y', g.pad2d('p', g.input('x', [1, 6, 6, 1]), [1, 1], [1, 1]), [3, 3], { strides: [1, 1] })
    const graph = g.build([y])
    expect(fusePad(graph)).toBe(graph)
  })
})
