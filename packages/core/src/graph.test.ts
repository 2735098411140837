import { describe, expect, it } from '@jest/globals'
import { GraphBuilder } from './graph-builder.ts'
import { countMacs, inferShape, paddingBefore, tensorOf, validateGraph, windowedLength, type Graph, type GraphNode, type GraphTensor } from './graph.ts'

type NodeOf<N extends GraphNode = GraphNode> = N extends unknown ? Omit<N, 'name' | 'inputs' | 'outputs'> : never

/** Shape that a node makes of inputs of these shapes. */
function shapeOf(node: NodeOf, ...shapes: (readonly number[])[]): readonly number[] | undefined {
  const tensors = Object.fromEntries(shapes.map((shape, i) => [`t${i}`, { name: `t${i}`, dtype: 'float32' as const, shape }]))
  const inputs = Object.keys(tensors)
  return inferShape({ name: 'g', inputs, outputs: [], tensors, nodes: [] }, { ...node, name: 'n', inputs, outputs: ['y'] })
}
const window = { strides: [1, 1], padding: 'valid', activation: 'none' } as const
const conv = { op: 'conv2d', ...window, dilations: [1, 1] } as const
const same2 = { strides: [2, 2], padding: 'same' } as const

describe('windowedLength and paddingBefore', () => {
  // TensorFlow: SAME gives ceil(length / stride) and puts the odd element behind; VALID gives as many windows as fit.
  it.each([
    [64, 3, 1, 'same', 1, 64, 1],
    [64, 3, 2, 'same', 1, 32, 0],
    [50, 3, 2, 'same', 1, 25, 0],
    [25, 3, 2, 'same', 1, 13, 1],
    [64, 5, 2, 'same', 1, 32, 1],
    [64, 2, 2, 'same', 1, 32, 0],
    [13, 2, 2, 'same', 1, 7, 0],
    [64, 1, 2, 'same', 1, 32, 0],
    [64, 4, 1, 'same', 1, 64, 1],
    [64, 3, 1, 'same', 2, 64, 2],
    [7, 3, 4, 'same', 1, 2, 0],
    [64, 3, 1, 'valid', 1, 62, 0],
    [64, 3, 2, 'valid', 1, 31, 0],
    [50, 5, 3, 'valid', 1, 16, 0],
    [64, 3, 1, 'valid', 4, 56, 0],
    [3, 3, 1, 'valid', 1, 1, 0],
  ] as const)('length %i, filter %i, stride %i, %s, dilation %i: %i windows, %i before', (length, filter, stride, padding, dilation, windows, before) => {
    expect(windowedLength(length, filter, stride, padding, dilation)).toBe(windows)
    expect(paddingBefore(length, filter, stride, padding, dilation)).toBe(before)
  })

  it('place every window of SAME over an element or more, and pad behind no less than before', () => {
    for (let length = 1; length <= 20; length++)
      for (let filter = 1; filter <= 7; filter++)
        for (let stride = 1; stride <= 4; stride++) {
          const windows = windowedLength(length, filter, stride, 'same')
          const before = paddingBefore(length, filter, stride, 'same')
          const behind = Math.max(0, (windows - 1) * stride + filter - length - before)
          expect(windows).toBe(Math.ceil(length / stride))
          expect(behind - before === 0 || behind - before === 1).toBe(true)
          expect((windows - 1) * stride - before).toBeLessThan(length)
        }
  })
})

describe('inferShape', () => {
  const cases: readonly (readonly [what: string, node: NodeOf, inputs: readonly (readonly number[])[], expected: readonly number[] | undefined])[] = [
    ['conv2d, valid', conv, [[1, 64, 50, 3], [8, 3, 5, 3]], [1, 62, 46, 8]],
    ['conv2d, same, stride 2, bias', { ...conv, ...same2 }, [[1, 64, 25, 1], [16, 7, 7, 1], [16]], [1, 32, 13, 16]],
    ['conv2d, dilated', { ...conv, dilations: [2, 3] }, [[1, 10, 10, 1], [1, 3, 3, 1]], [1, 6, 4, 1]],
    ['depthwiseConv2d, multiplier 2', { op: 'depthwiseConv2d', ...window, ...same2, dilations: [1, 1], multiplier: 2 }, [[1, 9, 8, 3], [1, 3, 3, 6], [6]], [1, 5, 4, 6]],
    ['maxPool2d', { op: 'maxPool2d', ...window, strides: [2, 2], filter: [2, 2] }, [[1, 13, 25, 4]], [1, 6, 12, 4]],
    ['averagePool2d, same', { op: 'averagePool2d', ...window, ...same2, filter: [3, 3] }, [[1, 13, 25, 4]], [1, 7, 13, 4]],
    ['mean over height and width', { op: 'mean', axes: [1, 2], keepDims: false }, [[1, 4, 5, 6]], [1, 6]],
    ['mean that keeps its axes', { op: 'mean', axes: [1, 2], keepDims: true }, [[1, 4, 5, 6]], [1, 1, 1, 6]],
    ['add of equal shapes', { op: 'add', activation: 'relu' }, [[1, 4, 5, 6], [1, 4, 5, 6]], [1, 4, 5, 6]],
    ['mul with a vector', { op: 'mul', activation: 'none' }, [[1, 4, 5, 6], [6]], [1, 4, 5, 6]],
    ['add that broadcasts both', { op: 'add', activation: 'none' }, [[1, 4, 1, 6], [5, 1]], [1, 4, 5, 6]],
    ['pad', { op: 'pad', paddings: [[0, 0], [1, 2], [3, 0], [0, 0]] }, [[1, 4, 5, 6]], [1, 7, 8, 6]],
    ['dense', { op: 'dense', activation: 'none' }, [[1, 3584], [10, 3584], [10]], [1, 10]],
    ['dense that flattens', { op: 'dense', activation: 'none' }, [[1, 4, 4, 8], [10, 128]], [1, 10]],
    ['softmax', { op: 'softmax', beta: 1 }, [[1, 10]], [1, 10]],
    ['reshape, which its output states', { op: 'reshape' }, [[1, 4, 5]], undefined],
    ...(['relu', 'logistic', 'quantize', 'dequantize'] as const).map((op) => [op, { op }, [[1, 4, 5, 6]], [1, 4, 5, 6]] as const),
  ]
  it.each(cases)('%s', (_what, node, inputs, expected) => {
    expect(shapeOf(node, ...inputs)).toEqual(expected)
  })

  const bad: readonly (readonly [what: string, node: NodeOf, inputs: readonly (readonly number[])[], message: RegExp])[] = [
    ['conv2d of three axes', conv, [[64, 50, 1], [8, 3, 3, 1]], /takes \[n, h, w, c\], got \[64, 50, 1\]/],
    ['conv2d of other channels', conv, [[1, 64, 50, 2], [8, 3, 3, 1]], /weights \[8, 3, 3, 1\] do not fit input \[1, 64, 50, 2\]/],
    ['a window larger than the image', conv, [[1, 2, 50, 1], [8, 3, 3, 1]], /does not fit into \[1, 2, 50, 1\]/],
    ['a bias of another length', conv, [[1, 64, 50, 1], [8, 3, 3, 1], [7]], /bias \[7\] does not fit 8 output channels/],
    ['depthwise weights of another multiplier', { op: 'depthwiseConv2d', ...window, dilations: [1, 1], multiplier: 2 }, [[1, 9, 9, 3], [1, 3, 3, 3]], /weights \[1, 3, 3, 3\]/],
    ['shapes that do not broadcast', { op: 'add', activation: 'none' }, [[1, 4, 5, 6], [5]], /shapes \[1, 4, 5, 6\] and \[5\] do not broadcast/],
    ['paddings of other axes', { op: 'pad', paddings: [[0, 0]] }, [[1, 4]], /1 paddings for \[1, 4\]/],
    ['dense weights that do not divide', { op: 'dense', activation: 'none' }, [[1, 10], [4, 3]], /weights \[4, 3\] do not fit input \[1, 10\]/],
    ['a dense bias of another length', { op: 'dense', activation: 'none' }, [[1, 3], [4, 3], [3]], /bias \[3\]/],
    ['a missing input', conv, [[1, 4, 4, 1]], /has no tensor ''/],
  ]
  it.each(bad)('refuses %s with GRAPH_INVALID', (_what, node, inputs, message) => {
    expect(() => shapeOf(node, ...inputs)).toThrow(expect.objectContaining({ code: 'GRAPH_INVALID', message: expect.stringMatching(message) }))
  })
})

/** x → conv → relu → y, whole. */
function small(): Graph {
  const g = new GraphBuilder('small')
  const x = g.input('x', [1, 4, 4, 1])
  const w = g.constant('w', 'float32', [2, 3, 3, 1], new Float32Array(18))
  return g.build([g.relu('y', g.conv2d('c', x, w, undefined))])
}
const withTensor = (graph: Graph, name: string, change: Partial<GraphTensor>): Graph => ({ ...graph, tensors: { ...graph.tensors, [name]: { ...graph.tensors[name]!, ...change } } })

describe('validateGraph', () => {
  it('returns a whole graph as it is', () => {
    const graph = small()
    expect(validateGraph(graph)).toBe(graph)
  })

  const broken: readonly (readonly [what: string, change: (graph: Graph) => Graph, message: RegExp])[] = [
    ['an input that is no tensor', (g) => ({ ...g, inputs: ['z'] }), /has no tensor 'z'/],
    ['an output that is no tensor', (g) => ({ ...g, outputs: ['toString'] }), /has no tensor 'toString'/],
    ['an output that nothing makes', (g) => ({ ...withTensor(g, 'z', { name: 'z', dtype: 'float32', shape: [1] }), outputs: ['z'] }), /output 'z' is never made/],
    ['a tensor of two names', (g) => withTensor(g, 'w', { name: 'v' }), /tensor 'w' calls itself 'v'/],
    ['a shape that is no shape', (g) => withTensor(g, 'c', { shape: [1, -2, 2, 2] }), /tensor 'c' has shape \[1, -2, 2, 2\]/],
    ['a constant of another length', (g) => withTensor(g, 'w', { data: new Float32Array(17) }), /constant 'w' of shape \[2, 3, 3, 1\] holds 17 values/],
    ['nodes out of order', (g) => ({ ...g, nodes: g.nodes.toReversed() }), /relu 'y' reads 'c' before it is made/],
    ['a cycle', (g) => ({ ...g, nodes: g.nodes.map((node) => (node.name === 'c' ? { ...node, inputs: ['y', 'w'] } : node)) }), /conv2d 'c' reads 'y' before it is made/],
    ['a tensor made twice', (g) => ({ ...g, nodes: [...g.nodes, g.nodes[1]!] }), /'y' is made twice, again by relu 'y'/],
    ['a node that writes into a constant', (g) => ({ ...g, nodes: g.nodes.map((node) => (node.name === 'c' ? { ...node, outputs: ['w'] } : node)) }), /'w' is made twice/],
    ['an output of another shape', (g) => withTensor(g, 'c', { shape: [1, 2, 2, 3] }), /conv2d 'c' makes \[1, 2, 2, 2\], its output says \[1, 2, 2, 3\]/],
    ['an output of other axes', (g) => withTensor(g, 'y', { shape: [1, 8] }), /relu 'y' makes \[1, 2, 2, 2\], its output says \[1, 8\]/],
  ]
  it.each(broken)('refuses %s with GRAPH_INVALID', (_what, change, message) => {
    expect(() => validateGraph(change(small()))).toThrow(expect.objectContaining({ code: 'GRAPH_INVALID', message: expect.stringMatching(message) }))
  })

  it('refuses a reshape to another number of elements', () => {
    const g = new GraphBuilder('r')
    const x = g.input('x', [1, 4])
    expect(() => g.build([g.node('y', [x], { op: 'reshape' }, [1, 5])])).toThrow(expect.objectContaining({ code: 'GRAPH_INVALID', message: expect.stringMatching(/its output says \[1, 5\]/) }))
  })
})

describe('tensorOf', () => {
  it('finds a tensor by its name and no property of objects', () => {
    expect(tensorOf(small(), 'w').shape).toEqual([2, 3, 3, 1])
    for (const name of ['v', 'constructor', undefined]) expect(() => tensorOf(small(), name)).toThrow(expect.objectContaining({ code: 'GRAPH_INVALID' }))
  })
})

describe('countMacs', () => {
  it('counts convolutions and dense layers by node', () => {
    const g = new GraphBuilder('macs')
    const x = g.input('x', [1, 8, 8, 3])
    const wc = g.constant('wc', 'float32', [4, 3, 3, 3], new Float32Array(108))
    const wd = g.constant('wd', 'float32', [1, 3, 3, 4], new Float32Array(36))
    const wf = g.constant('wf', 'float32', [10, 4], new Float32Array(40))
    const c = g.conv2d('conv', x, wc, undefined, { padding: 'same' })
    const d = g.node('depthwise', [c, wd], { op: 'depthwiseConv2d', strides: [2, 2], padding: 'same', activation: 'none', dilations: [1, 1], multiplier: 1 })
    const graph = g.build([g.softmax('s', g.dense('dense', g.mean('m', g.relu('r', d), [1, 2]), wf, undefined))])
    expect(countMacs(graph)).toEqual({ conv: 8 * 8 * 4 * 27, depthwise: 4 * 4 * 4 * 9, dense: 40 })
  })
})
