import { expect, it } from '@jest/globals'
import type { Graph } from '@aed/core'
import { generateC } from '../src/generate-c.ts'
import { Int8Graphs } from './int8-graphs.ts'
import { compare, FASTEST } from './run-generated.ts'
import { describeWith } from './tools.ts'

type Make = (g: Int8Graphs) => string
const image = [1, 9, 8, 3]

/** One graph for each way of each operator. */
const CASES: [string, Make, (readonly number[])?][] = [
  ['conv2d 3 x 3, same padding, odd width, 5 channels', (g) => g.conv2d(g.input, 5, { padding: 'same' }), [1, 6, 7, 2]],
  ['conv2d 5 x 2, strides 2 and 3, relu6, no bias', (g) => g.conv2d(g.input, 8, { filter: [5, 2], strides: [2, 3], activation: 'relu6' }, false)],
  ['conv2d dilated by 2 and 3', (g) => g.conv2d(g.input, 4, { dilations: [2, 3], padding: 'same' })],
  ['conv2d 1 x 1, stride 2, relu', (g) => g.conv2d(g.input, 9, { filter: [1, 1], strides: [2, 2], activation: 'relu' })],
  ['conv2d over a pad of its own and one before it', (g) => g.conv2d(g.pad2d(g.input, [2, 1], [0, 3]), 4, { padding: 'same', strides: [2, 2] })],
  ['conv2d 1 x 1 over a pad', (g) => g.conv2d(g.pad2d(g.input, [0, 2], [0, 1]), 4, { filter: [1, 1] })],
  ['depthwiseConv2d 3 x 3, multiplier 2, stride 2', (g) => g.depthwiseConv2d(g.input, 2, { strides: [2, 2], activation: 'relu' })],
  ['depthwiseConv2d dilated, over a pad', (g) => g.depthwiseConv2d(g.pad2d(g.input, [1, 1], [2, 2]), 1, { dilations: [2, 2], padding: 'valid' })],
  ['maxPool2d 3 x 3, stride 2, over a pad that counts', (g) => g.pool2d('maxPool2d', g.pad2d(g.input, [1, 1], [1, 1]), { filter: [3, 3], strides: [2, 2] })],
  ['maxPool2d 3 x 2, stride 1, same padding that does not count, relu', (g) => g.pool2d('maxPool2d', g.input, { filter: [3, 2], strides: [1, 1], padding: 'same', activation: 'relu' })],
  ['maxPool2d 2 x 2, stride 3', (g) => g.pool2d('maxPool2d', g.input, { filter: [2, 2], strides: [3, 3] })],
  ['maxPool2d 1 x 1, stride 2', (g) => g.pool2d('maxPool2d', g.input, { filter: [1, 1], strides: [2, 2] })],
  ['maxPool2d over a pad wider than its window', (g) => g.pool2d('maxPool2d', g.pad2d(g.input, [4, 3], [0, 0]), { filter: [2, 2] })],
  ['averagePool2d 3 x 3, same padding', (g) => g.pool2d('averagePool2d', g.input, { filter: [3, 3], strides: [2, 1], padding: 'same' })],
  ['averagePool2d over a pad that counts', (g) => g.pool2d('averagePool2d', g.pad2d(g.input, [1, 1], [1, 1]), { filter: [2, 3] })],
  ['mean over rows and columns', (g) => g.mean(g.input, [1, 2], false)],
  ['mean over rows, dimensions dropped', (g) => g.mean(g.input, [1], false)],
  ['mean over columns', (g) => g.mean(g.input, [2], true)],
  ['mean over channels', (g) => g.mean(g.input, [3], true)],
  ['mean over all', (g) => g.mean(g.input, [1, 2, 3], true)],
  ['add of two tensors, relu', (g) => g.binary('add', g.plain('quantize', g.input), g.plain('logistic', g.input), 'relu')],
  ['add of a tensor to itself', (g) => g.binary('add', g.input, g.input)],
  ['add of a constant a channel, constant first', (g) => g.binary('add', g.constant([1, 1, 1, 3]), g.input)],
  ['mul by a constant a channel, relu6', (g) => g.binary('mul', g.input, g.constant([3]), 'relu6')],
  ['mul by a constant a channel, steep, relu', (g) => g.scaled(g.input, 0.0215, 'relu')],
  ['mul by a constant a row and column, by one value', (g) => g.binary('mul', g.binary('mul', g.input, g.constant([9, 8, 1])), g.constant([]))],
  ['mul by what a mean gives, broadcast over rows', (g) => g.binary('mul', g.input, g.mean(g.input, [1, 2], true))],
  ['pad of channels, for real', (g) => g.pad2d(g.input, [1, 0], [0, 2], [2, 1])],
  ['relu, logistic, quantize', (g) => g.plain('quantize', g.plain('logistic', g.plain('relu', g.input)))],
  ['dense through a reshape, weights of one scale', (g) => g.dense(g.flatten(g.input), 7)],
  ['dense with a scale for each output, relu', (g) => g.dense(g.flatten(g.conv2d(g.input, 3)), 6, true, 'relu')],
  ['reshape to rows of another length', (g) => g.conv2d(g.reshape(g.input, [1, 6, 12, 3]), 4, { padding: 'same' })],
  ['reshape of the input from [1, 9, 24]', (g) => g.conv2d(g.reshape(g.input, image), 4), [1, 9, 24]],
  ['reshape as the last node', (g) => g.flatten(g.plain('relu', g.input))],
  ['softmax over channels', (g) => g.softmax(g.input)],
  ['softmax of 10', (g) => g.softmax(g.input), [1, 10]],
]

/** Ways of the convolutions that need channels in fours, under the fastest plan, whose kernels are named. */
const FAST_CASES: [string, string, Make, (readonly number[])?][] = [
  ['3 x 3, same padding, 13 columns: three pairs of tiles and one output', 'conv_winograd_s8', (g) => g.conv2d(g.input, 8, { padding: 'same' }), [1, 5, 13, 4]],
  ['3 x 3, same padding, 6 columns: two outputs of the last tile', 'conv_winograd_s8', (g) => g.conv2d(g.input, 4, { padding: 'same' }), [1, 5, 6, 12]],
  ['3 x 3, valid, 7 columns: three outputs of the last pair', 'conv_winograd_s8', (g) => g.conv2d(g.input, 4), [1, 5, 9, 4]],
  ['5 x 3, row stride 2, rows dilated, padded beyond the filter', 'conv_winograd_s8', (g) => g.conv2d(g.pad2d(g.input, [11, 9], [3, 4]), 4, { filter: [5, 3], strides: [2, 1], dilations: [2, 1] }), [1, 6, 4, 4]],
  ['1 x 3, relu6', 'conv_winograd_s8', (g) => g.conv2d(g.input, 8, { filter: [1, 3], activation: 'relu6' }), [1, 6, 14, 16]],
  ['3 x 3, strides 2, same padding', 'conv_packed_s8', (g) => g.conv2d(g.input, 8, { strides: [2, 2], padding: 'same', activation: 'relu' }), [1, 7, 13, 8]],
  ['3 x 4, dilated, 8 channels', 'conv_packed_s8', (g) => g.conv2d(g.input, 8, { filter: [3, 4], dilations: [2, 2], padding: 'same' }), [1, 7, 9, 8]],
  ['7 x 7 of one channel, strides 2, padded by 3', 'conv_packed_s8', (g) => g.conv2d(g.pad2d(g.input, [3, 3], [3, 3]), 12, { filter: [7, 7], strides: [2, 2] }), [1, 12, 15, 1]],
  ['2 x 5 of three channels, padded beyond the filter', 'conv_packed_s8', (g) => g.conv2d(g.pad2d(g.input, [4, 5], [7, 6]), 4, { filter: [2, 5] }), [1, 4, 6, 3]],
]

describeWith(['cc'], 'generated C under the fastest plan', () => {
  it.concurrent.each(FAST_CASES)('%s by %s: the bytes of the literal engine, no undefined behaviour', async (_, kernel, make, shape = image) => {
    const g = new Int8Graphs('fast', shape)
    const graph: Graph = g.build(make(g))
    expect(generateC({ graph, card: null }, FASTEST).report.layers.map((layer) => layer.kernel)).toContain(kernel)
    const { generated, literal } = await compare(graph, undefined, FASTEST)
    expect(generated).toEqual(literal)
    expect(new Set(literal).size).toBeGreaterThan(1)
  })
})

describeWith(['cc'], 'generated C', () => {
  it.concurrent.each(CASES)('%s: the bytes of the literal engine, no undefined behaviour', async (_, make, shape = image) => {
    const g = new Int8Graphs('operators', shape)
    const graph: Graph = g.build(make(g))
    const { generated, literal } = await compare(graph)
    expect(generated).toEqual(literal)
    expect(new Set(literal).size).toBeGreaterThan(1) // a constant would prove nothing
  })
})
