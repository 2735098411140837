import { createRandom, inferShape, tensor, validateGraph, type Activation, type Graph, type GraphNode, type GraphTensor, type Random, type Tensor } from '@aed/core'

/** One operator at one edge of its arithmetic, with inputs. */
export interface OperatorCase {
  readonly name: string
  readonly graph: Graph
  readonly input: Tensor
}

type NodeAttributes<N extends GraphNode = GraphNode> = N extends unknown ? Omit<N, 'name' | 'inputs' | 'outputs'> : never
type Affine = readonly [scale: number, zeroPoint: number]
const quantization = ([scale, zeroPoint]: Affine) => ({ scales: [Math.fround(scale)], zeroPoints: [zeroPoint] })

/** What a case leaves open has these values. */
interface CaseOptions {
  readonly shape?: readonly number[]
  readonly input?: Affine
  readonly output?: Affine
  readonly constants?: readonly GraphTensor[]
  /** Shape of the output where it cannot be inferred. */
  readonly outputShape?: readonly number[]
  readonly items?: number
  /** The constants come first. */
  readonly reversed?: boolean
}

const ANY_INT8: Affine = [0.05, -3]

/** Random int8, with the ends of the range more often than chance has it. */
export const randomInt8 = (random: Random, size: number) =>
  Int8Array.from({ length: size }, () => (random.integer(8) === 0 ? (random.integer(2) === 0 ? -128 : 127) : random.integer(256) - 128))

function operatorCase(name: string, node: NodeAttributes, options: CaseOptions = {}): OperatorCase {
  const { shape = [1, 5, 6, 3], input = ANY_INT8, output = [0.06, 5], constants = [], outputShape, items = 2, reversed = false } = options
  const x: GraphTensor = { name: 'x', dtype: node.op === 'quantize' && input[0] === 0 ? 'float32' : 'int8', shape, ...(input[0] !== 0 && { quantization: quantization(input) }) }
  const operands = ['x', ...constants.map((constant) => constant.name)]
  const whole = { ...node, name: 'y', inputs: reversed ? operands.reverse() : operands, outputs: ['y'] } as GraphNode
  const tensors: Record<string, GraphTensor> = { x, ...Object.fromEntries(constants.map((constant) => [constant.name, constant])) }
  const open: Graph = { name, inputs: ['x'], outputs: ['y'], tensors, nodes: [] }
  const made = outputShape ?? inferShape(open, whole)!
  tensors['y'] = node.op === 'dequantize' ? { name: 'y', dtype: 'float32', shape: made } : { name: 'y', dtype: 'int8', shape: made, quantization: quantization(output) }
  const random = createRandom(name)
  const size = items * shape.reduce((a, b) => a * b, 1)
  const batch = [items, ...shape.slice(1)]
  // Floats at and beside the ties of a scale of 1/4, and beyond the range of int8.
  const floats = () => Float32Array.from({ length: size }, (_, i) => (i % 3 === 0 ? (random.integer(1400) - 700) / 8 : random.between(-40, 40)))
  return {
    name,
    graph: validateGraph({ ...open, nodes: [whole] }),
    input: x.dtype === 'float32' ? tensor('float32', batch, floats()) : tensor('int8', batch, randomInt8(random, size)),
  }
}

/** Weights with a scale for each channel (or one for all) and a bias. */
function layerConstants(name: string, shape: readonly number[], axis: number, { perTensor = false, bias = 3000, scale = 0.01, zeroChannel = false } = {}): GraphTensor[] {
  const random = createRandom(`${name} weights`)
  const channels = shape[axis]!
  const data = randomInt8(random, shape.reduce((a, b) => a * b, 1)).map((value) => Math.max(-127, value))
  const inner = axis === 3 ? channels : 1
  if (zeroChannel) data.forEach((_, i) => { if ((axis === 3 ? i % inner : Math.floor((i * channels) / data.length)) === 1) data[i] = 0 })
  const scales = Array.from({ length: perTensor ? 1 : channels }, (_, c) => Math.fround(zeroChannel && c === 1 ? 1e-9 : scale * random.between(0.3, 1.5)))
  const weights: GraphTensor = { name: 'w', dtype: 'int8', shape, data, quantization: { scales, zeroPoints: scales.map(() => 0), ...(scales.length > 1 && { axis }) } }
  if (bias === 0) return [weights]
  const inputScale = Math.fround(ANY_INT8[0])
  const biasScales = scales.map((value) => Math.fround(value * inputScale))
  const values = Int32Array.from({ length: channels }, () => Math.floor(random.between(-bias, bias)))
  return [weights, { name: 'b', dtype: 'int32', shape: [channels], data: values, quantization: { scales: biasScales, zeroPoints: biasScales.map(() => 0), ...(biasScales.length > 1 && { axis: 0 }) } }]
}

const constant = (shape: readonly number[], affine: Affine, seed: string): GraphTensor => ({
  name: 'c', dtype: 'int8', shape, data: randomInt8(createRandom(seed), shape.reduce((a, b) => a * b, 1)), quantization: quantization(affine),
})

interface Window {
  readonly strides?: readonly [number, number]
  readonly padding?: 'same' | 'valid'
  readonly activation?: Activation
  readonly dilations?: readonly [number, number]
}
const window = ({ strides = [1, 1], padding = 'valid', activation = 'none' }: Window) => ({ strides, padding, activation })

function conv(name: string, weights: readonly number[], options: Window & CaseOptions & Parameters<typeof layerConstants>[3] = {}): OperatorCase {
  const node = { op: 'conv2d', dilations: options.dilations ?? [1, 1], ...window(options) } as const
  return operatorCase(`conv2d-${name}`, node, { ...options, constants: layerConstants(name, weights, 0, options) })
}
function depthwise(name: string, weights: readonly number[], multiplier: number, options: Window & CaseOptions & Parameters<typeof layerConstants>[3] = {}): OperatorCase {
  const node = { op: 'depthwiseConv2d', multiplier, dilations: options.dilations ?? [1, 1], ...window(options) } as const
  return operatorCase(`depthwise-${name}`, node, { ...options, constants: layerConstants(name, weights, 3, options) })
}
function pool(op: 'maxPool2d' | 'averagePool2d', name: string, filter: readonly [number, number], options: Window & CaseOptions = {}): OperatorCase {
  return operatorCase(`${op}-${name}`, { op, filter, ...window(options) }, { output: options.input ?? ANY_INT8, ...options })
}
function dense(name: string, weights: readonly number[], options: { activation?: Activation } & CaseOptions & Parameters<typeof layerConstants>[3] = {}): OperatorCase {
  return operatorCase(`dense-${name}`, { op: 'dense', activation: options.activation ?? 'none' }, { shape: [1, weights[1]!], ...options, constants: layerConstants(name, weights, 0, { perTensor: true, ...options }) })
}
function binary(op: 'add' | 'mul', name: string, shape: readonly number[], affine: Affine, options: { activation?: Activation } & CaseOptions = {}): OperatorCase {
  return operatorCase(`${op}-${name}`, { op, activation: options.activation ?? 'none' }, { ...options, constants: [constant(shape, affine, `${op} ${name}`)] })
}

/** Every operator at its edges: strides, odd sizes, tails of channels, activations, saturation, broadcasting, roundings. */
export function operatorCases(): OperatorCase[] {
  const whole = [1, 5, 6, 3]
  return [
    conv('valid', [4, 3, 3, 3]),
    conv('same-odd', [5, 3, 3, 3], { padding: 'same', shape: [1, 7, 5, 3] }),
    conv('same-stride-2', [3, 3, 3, 3], { padding: 'same', strides: [2, 2], shape: [1, 7, 6, 3] }),
    conv('same-even-filter', [2, 2, 4, 3], { padding: 'same', strides: [2, 1] }),
    conv('stride-larger-than-filter', [4, 1, 1, 3], { strides: [2, 3] }),
    conv('pointwise', [9, 1, 1, 3]),
    conv('dilated', [4, 3, 3, 2], { padding: 'same', dilations: [2, 2], shape: [1, 7, 7, 2] }),
    conv('relu', [4, 3, 3, 3], { activation: 'relu', output: [0.05, -100] }),
    conv('relu6', [4, 3, 3, 3], { activation: 'relu6', output: [0.05, -60] }),
    conv('one-channel', [1, 2, 2, 1], { shape: [1, 4, 5, 1] }),
    conv('per-tensor', [4, 3, 3, 3], { perTensor: true }),
    conv('saturating-left-shift', [4, 1, 1, 3], { scale: 2, output: [0.01, 0] }),
    conv('large-bias', [4, 1, 1, 3], { bias: 2 ** 30, scale: 1e-7 }),
    conv('zero-channel', [4, 3, 3, 3], { zeroChannel: true }),
    conv('small-multipliers', [4, 3, 3, 3], { scale: 1e-6, output: [0.0005, 0] }),
    depthwise('valid', [1, 3, 3, 3], 1),
    depthwise('same-stride-2', [1, 3, 3, 3], 1, { padding: 'same', strides: [2, 2], shape: [1, 7, 6, 3] }),
    depthwise('multiplier-2', [1, 3, 3, 6], 2, { padding: 'same' }),
    depthwise('pre-activation', [1, 1, 1, 5], 1, { shape: [1, 4, 4, 5], activation: 'relu', output: [0.04, -128], zeroChannel: true }),
    depthwise('dilated', [1, 2, 3, 2], 1, { dilations: [2, 1], shape: [1, 7, 7, 2] }),
    depthwise('relu6', [1, 5, 5, 2], 1, { padding: 'same', activation: 'relu6', shape: [1, 6, 6, 2], output: [0.05, -128] }),
    depthwise('per-tensor', [1, 3, 3, 3], 1, { perTensor: true, bias: 0 }),
    pool('maxPool2d', 'valid', [2, 2], { strides: [2, 2] }),
    pool('maxPool2d', 'same-odd', [3, 3], { padding: 'same', strides: [2, 2], shape: [1, 7, 5, 3] }),
    pool('maxPool2d', 'subsample', [1, 1], { strides: [2, 2] }),
    pool('maxPool2d', 'relu', [2, 3], { activation: 'relu', input: [0.05, 20] }),
    pool('averagePool2d', 'ties', [2, 2], { strides: [2, 2], shape: [1, 8, 8, 3] }),
    pool('averagePool2d', 'same-partial', [3, 3], { padding: 'same', strides: [2, 2], shape: [1, 6, 7, 3] }),
    pool('averagePool2d', 'whole-image', [5, 6]),
    pool('averagePool2d', 'relu6', [2, 2], { activation: 'relu6', input: [0.05, -50] }),
    operatorCase('mean-image', { op: 'mean', axes: [1, 2], keepDims: false }, { items: 8 }),
    operatorCase('mean-kept-axes', { op: 'mean', axes: [1, 2], keepDims: true }, { shape: [1, 7, 7, 3], items: 8, output: [0.02, -20] }),
    operatorCase('mean-channels', { op: 'mean', axes: [3], keepDims: false }, { shape: [1, 4, 4, 7], output: [0.03, 7] }),
    operatorCase('mean-equal-scales', { op: 'mean', axes: [1], keepDims: true }, { shape: [1, 8, 3, 2], output: ANY_INT8, items: 8 }),
    operatorCase('mean-smaller-scale', { op: 'mean', axes: [1, 2], keepDims: false }, { shape: [1, 16, 13, 2], output: [0.003, 1], items: 8 }),
    binary('add', 'image', whole, [0.03, 9]),
    binary('add', 'channels', [3], [0.2, -11]),
    binary('add', 'channels-first', [3], [0.2, -11], { reversed: true }),
    binary('add', 'scalar', [1], [0.01, 4], { activation: 'relu' }),
    binary('add', 'rows', [1, 5, 1, 3], [0.05, -3], { output: [0.1, 0] }),
    binary('add', 'relu6', whole, [0.07, 0], { activation: 'relu6', output: [0.04, -90] }),
    binary('add', 'saturating', whole, [0.05, 0], { output: [0.01, 0] }),
    binary('mul', 'image', whole, [0.03, 9]),
    binary('mul', 'channels', [3], [0.02, -11], { output: [0.02, 3] }),
    binary('mul', 'scalar-first', [1], [0.01, 4], { reversed: true, output: [0.002, 0], activation: 'relu' }),
    binary('mul', 'left-shift', whole, [3, 0], { output: [0.05, 0] }),
    binary('mul', 'relu6', whole, [0.07, 0], { activation: 'relu6', output: [0.04, -90] }),
    operatorCase('relu-same-scale', { op: 'relu' }, { output: ANY_INT8 }),
    operatorCase('relu-other-scale', { op: 'relu' }, { output: [0.02, -128], items: 4 }),
    operatorCase('pad-uneven', { op: 'pad', paddings: [[0, 0], [1, 2], [3, 0], [0, 0]] }, { output: ANY_INT8 }),
    operatorCase('pad-channels', { op: 'pad', paddings: [[0, 0], [0, 1], [1, 1], [2, 1]] }, { output: ANY_INT8, shape: [1, 3, 2, 2] }),
    dense('plain', [10, 32]),
    dense('relu', [6, 17], { activation: 'relu' }),
    dense('without-bias', [3, 9], { bias: 0, activation: 'relu6' }),
    dense('per-channel', [7, 12], { perTensor: false }),
    dense('saturating', [4, 16], { scale: 1, output: [0.01, 1] }),
    operatorCase('reshape', { op: 'reshape' }, { output: ANY_INT8, outputShape: [1, 90] }),
    operatorCase('softmax', { op: 'softmax', beta: 1 }, { shape: [1, 10], output: [1 / 256, -128], items: 12 }),
    operatorCase('softmax-fine-scale', { op: 'softmax', beta: 1 }, { shape: [1, 10], input: [0.004, 30], output: [1 / 256, -128], items: 12 }),
    operatorCase('softmax-coarse-scale', { op: 'softmax', beta: 1 }, { shape: [1, 3], input: [0.9, 0], output: [1 / 256, -128], items: 12 }),
    operatorCase('softmax-beta', { op: 'softmax', beta: 0.3 }, { shape: [1, 2, 3, 7], output: [1 / 256, -128], items: 4 }),
    operatorCase('logistic', { op: 'logistic' }, { shape: [1, 256], output: [1 / 256, -128], items: 3 }),
    operatorCase('logistic-coarse', { op: 'logistic' }, { shape: [1, 256], input: [0.11, 17], output: [1 / 256, -128], items: 3 }),
    operatorCase('quantize-ties', { op: 'quantize' }, { input: [0, 0], output: [0.25, 3], items: 4 }),
    operatorCase('quantize-odd-scale', { op: 'quantize' }, { input: [0, 0], output: [0.3137255012989044, 127], items: 4 }),
    operatorCase('requantize', { op: 'quantize' }, { output: [0.031, -8], items: 4 }),
    operatorCase('dequantize', { op: 'dequantize' }, { items: 4 }),
  ]
}
