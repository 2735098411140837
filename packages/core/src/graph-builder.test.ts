import { describe, expect, it } from '@jest/globals'
import { GraphBuilder } from './graph-builder.ts'

const values = (n: number) => Float32Array.from({ length: n }, (_, i) => i)

describe('GraphBuilder', () => {
  it('builds a residual network whose shapes follow from its nodes', () => {
    const g = new GraphBuilder('net')
    const x = g.input('x', [1, 64, 50, 1])
    const stem = g.conv2d('stem', x, g.constant('stem/w', 'float32', [8, 7, 7, 1], values(392)), g.constant('stem/b', 'float32', [8], values(8)), { strides: [2, 2], padding: 'same', activation: 'relu' })
    const pooled = g.maxPool2d('pool', stem, [3, 3], { strides: [2, 2], padding: 'same' })
    const branch = g.conv2d('branch', pooled, g.constant('branch/w', 'float32', [8, 1, 1, 8], values(64)), undefined)
    const sum = g.add('sum', branch, pooled, 'relu')
    const flat = g.flatten('flat', g.averagePool2d('average', g.pad2d('pad', sum, [0, 0], [0, 1]), [2, 2]))
    const scores = g.softmax('scores', g.dense('dense', flat, g.constant('dense/w', 'float32', [3, 8 * 8 * 7], values(1344)), undefined))
    const graph = g.build([scores])

    const shapes = Object.fromEntries(graph.nodes.map(({ name }) => [name, g.shapeOf(name)]))
    expect(shapes).toEqual({
      stem: [1, 32, 25, 8],
      pool: [1, 16, 13, 8],
      branch: [1, 16, 13, 8],
      sum: [1, 16, 13, 8],
      pad: [1, 16, 14, 8],
      average: [1, 8, 7, 8],
      flat: [1, 448],
      dense: [1, 3],
      scores: [1, 3],
    })
    expect(graph).toMatchObject({ name: 'net', inputs: ['x'], outputs: ['scores'] })
    expect(graph.nodes[0]).toEqual({ op: 'conv2d', name: 'stem', inputs: ['x', 'stem/w', 'stem/b'], outputs: ['stem'], strides: [2, 2], padding: 'same', activation: 'relu', dilations: [1, 1] })
  })

  it('pools without overlap and keeps means apart where nothing is said', () => {
    const g = new GraphBuilder('defaults')
    const x = g.input('x', [1, 9, 8, 2])
    expect(g.shapeOf(g.maxPool2d('max', x, [3, 2]))).toEqual([1, 3, 4, 2])
    expect(g.shapeOf(g.averagePool2d('average', x, [2, 4]))).toEqual([1, 4, 2, 2])
    expect(g.shapeOf(g.mean('mean', x, [1, 2]))).toEqual([1, 2])
    expect(g.shapeOf(g.logistic('logistic', x))).toEqual([1, 9, 8, 2])
  })

  it('does not copy constants, and gives a graph that later calls do not change', () => {
    const g = new GraphBuilder('copy')
    const data = values(4)
    const x = g.input('x', [1, 4])
    g.constant('c', 'float32', [4], data)
    const graph = g.build([g.node('y', [x, 'c'], { op: 'mul', activation: 'none' })])
    g.relu('z', 'y')
    expect(graph.tensors['c']!.data).toBe(data)
    expect(graph.nodes).toHaveLength(1)
    expect(Object.keys(graph.tensors)).toEqual(['x', 'c', 'y'])
  })

  it('refuses two tensors of one name, unknown tensors, and a reshape without a shape, with GRAPH_INVALID', () => {
    const g = new GraphBuilder('bad')
    const x = g.input('x', [1, 4])
    const invalid = (message: string) => expect.objectContaining({ code: 'GRAPH_INVALID', message })
    expect(() => g.relu('x', x)).toThrow(invalid("graph 'bad' has two tensors 'x'"))
    expect(() => g.relu('y', 'z')).toThrow(invalid("graph 'bad' has no tensor 'z'"))
    expect(() => g.shapeOf('constructor')).toThrow(invalid("graph 'bad' has no tensor 'constructor'"))
    expect(() => g.node('r', [x], { op: 'reshape' })).toThrow(invalid("graph 'bad', reshape 'r': its shape must be given"))
    expect(() => g.build(['nothing'])).toThrow(invalid("graph 'bad' has no tensor 'nothing'"))
  })
})
