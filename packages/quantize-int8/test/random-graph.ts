import { createRandom, inferShape, sizeOf, tensor, validateGraph, type Activation, type Graph, type GraphNode, type GraphTensor, type Padding, type Random, type Tensor } from '@aed/core'
import { randomInt8 } from './operator-cases.ts'

type Attributes = GraphNode extends infer N ? (N extends GraphNode ? Omit<N, 'name' | 'inputs' | 'outputs'> : never) : never

const pick = <T>(random: Random, values: readonly T[]): T => values[random.integer(values.length)]!

/** Layers with random sizes, scales and attributes, one after another. */
class RandomLayers {
  readonly tensors: Record<string, GraphTensor> = {}
  readonly nodes: GraphNode[] = []
  private readonly random: Random

  constructor(random: Random) {
    this.random = random
  }

  private quantization() {
    // From 1/100 to 1: multipliers above and below one, left and right shifts.
    return { scales: [Math.fround(10 ** this.random.between(-2, 0))], zeroPoints: [this.random.integer(256) - 128] }
  }

  activation = (): Activation => pick(this.random, ['none', 'relu', 'relu6'])

  put(made: GraphTensor): string {
    this.tensors[made.name] = made
    return made.name
  }

  input(shape: readonly number[], dtype: 'int8' | 'float32'): string {
    return this.put({ name: 'x', dtype, shape, ...(dtype === 'int8' && { quantization: this.quantization() }) })
  }

  shapeOf = (name: string) => this.tensors[name]!.shape

  /** @param keeps the output has the input's quantization */
  node(inputs: readonly string[], attributes: Attributes, { keeps = false, shape }: { keeps?: boolean; shape?: readonly number[] } = {}): string {
    const name = `${attributes.op}${this.nodes.length}`
    const node = { ...attributes, name, inputs, outputs: [name] } as GraphNode
    const made = shape ?? inferShape({ name: 'random', inputs: ['x'], outputs: [], tensors: this.tensors, nodes: [] }, node)!
    this.nodes.push(node)
    if (node.op === 'dequantize') return this.put({ name, dtype: 'float32', shape: made })
    return this.put({ name, dtype: 'int8', shape: made, quantization: keeps ? this.tensors[inputs[0]!]!.quantization! : this.quantization() })
  }

  constant(shape: readonly number[]): string {
    return this.put({ name: `c${this.nodes.length}`, dtype: 'int8', shape, data: randomInt8(this.random, sizeOf(shape)), quantization: this.quantization() })
  }

  /** Weights with a scale for each channel or one for all, and a bias or none. */
  weights(shape: readonly number[], axis: number): string[] {
    const { random } = this
    const channels = shape[axis]!
    const scales = Array.from({ length: pick(random, [1, channels]) }, () => Math.fround(10 ** random.between(-4, -1)))
    const quantization = { scales, zeroPoints: scales.map(() => 0), ...(scales.length > 1 && { axis }) }
    const weights = this.put({ name: `w${this.nodes.length}`, dtype: 'int8', shape, data: randomInt8(random, sizeOf(shape)), quantization })
    if (random.integer(3) === 0) return [weights]
    // Now and then so large that sums wrap.
    const bound = pick(random, [3000, 100000, 2147483647])
    return [weights, this.put({ name: `b${this.nodes.length}`, dtype: 'int32', shape: [channels], data: Int32Array.from({ length: channels }, () => Math.floor(random.between(-bound, bound))) })]
  }

  window(): { strides: [number, number]; padding: Padding; activation: Activation } {
    const { random } = this
    return { strides: [1 + random.integer(3), 1 + random.integer(3)], padding: pick(random, ['same', 'valid']), activation: this.activation() }
  }
}

/** One more layer on an image, of an operator drawn by chance. */
function addImageLayer(layers: RandomLayers, random: Random, x: string): string {
  const [, height, width, channels] = layers.shapeOf(x) as [number, number, number, number]
  const filter: [number, number] = [1 + random.integer(Math.min(4, height)), 1 + random.integer(Math.min(4, width))]
  const dilations = filter.map((taps, axis) => (taps > 1 && random.integer(3) === 0 && (taps - 1) * 2 < [height, width][axis]! ? 2 : 1)) as [number, number]
  switch (random.integer(9)) {
    case 0:
      if (height > 2 && width > 2) {
        const strides: [number, number] = [1, 1]
        return layers.node([x, ...layers.weights([pick(random, [8, 16, 21]), 3, 3, channels], 0)], { op: 'conv2d', ...layers.window(), strides, dilations: strides })
      }
      return x
    case 1:
      return layers.node([x, ...layers.weights([1 + random.integer(20), ...filter, channels], 0)], { op: 'conv2d', ...layers.window(), dilations })
    case 2: {
      const multiplier = 1 + random.integer(3)
      return layers.node([x, ...layers.weights([1, ...filter, channels * multiplier], 3)], { op: 'depthwiseConv2d', ...layers.window(), dilations, multiplier })
    }
    case 3:
      return layers.node([x], { op: pick(random, ['maxPool2d', 'averagePool2d'] as const), filter, ...layers.window() }, { keeps: true })
    case 4: {
      const pair = (): [number, number] => [random.integer(3), random.integer(3)]
      return layers.node([x], { op: 'pad', paddings: [[0, 0], pair(), pair(), random.integer(3) === 0 ? pair() : [0, 0]] }, { keeps: true })
    }
    case 5: {
      const shape = pick(random, [[channels], [1], [1, height, 1, channels], [1, height, width, channels], []])
      const other = layers.constant(shape)
      return layers.node(random.integer(2) === 0 ? [x, other] : [other, x], { op: pick(random, ['add', 'mul'] as const), activation: layers.activation() }, { shape: layers.shapeOf(x) })
    }
    case 6: {
      // Two activations, one of them perhaps a column of means that broadcasts.
      const other = random.integer(2) === 0 ? layers.node([x], { op: 'relu' }) : layers.node([x], { op: 'mean', axes: pick(random, [[1], [2], [1, 2]]), keepDims: true })
      return layers.node([x, other], { op: pick(random, ['add', 'mul'] as const), activation: layers.activation() })
    }
    case 7:
      return layers.node([x], { op: pick(random, ['relu', 'logistic', 'quantize'] as const) })
    default:
      return layers.node([x], { op: 'softmax', beta: random.between(0.2, 2) })
  }
}

/** A small int8 graph of layers drawn by chance, and two items for it. */
export function randomGraph(seed: number): { readonly graph: Graph; readonly input: Tensor } {
  const random = createRandom(seed)
  const layers = new RandomLayers(random)
  const shape = [1, 3 + random.integer(10), 3 + random.integer(10), pick(random, [1 + random.integer(18), 16, 24])]
  const dtype = pick(random, ['int8', 'float32'] as const)
  let x = layers.input(shape, dtype)
  if (dtype === 'float32') x = layers.node([x], { op: 'quantize' })
  for (let left = 1 + random.integer(5); left > 0; left--) x = addImageLayer(layers, random, x)
  if (random.integer(2) === 0) {
    if (random.integer(2) === 0) x = layers.node([x], { op: 'mean', axes: [1, 2], keepDims: false })
    const flat = layers.node([x], { op: 'reshape' }, { keeps: true, shape: [1, sizeOf(layers.shapeOf(x))] })
    x = layers.node([flat, ...layers.weights([1 + random.integer(20), layers.shapeOf(flat)[1]!], 0)], { op: 'dense', activation: layers.activation() })
    x = layers.node([layers.node([x], { op: 'softmax', beta: 1 })], { op: 'dequantize' })
  }
  const graph = validateGraph({ name: `random ${seed}`, inputs: ['x'], outputs: [x], tensors: layers.tensors, nodes: layers.nodes })
  const size = 2 * sizeOf(shape)
  const batch = [2, ...shape.slice(1)]
  const input = dtype === 'int8' ? tensor('int8', batch, randomInt8(random, size)) : tensor('float32', batch, Float32Array.from({ length: size }, () => 30 * random.normal()))
  return { graph, input }
}
