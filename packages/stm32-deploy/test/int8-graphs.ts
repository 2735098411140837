import { createRandom, inferShape, sizeOf, validateGraph, type Activation, type Graph, type GraphNode, type GraphTensor, type Padding, type Quantization, type Random } from '@aed/core'

/** Attributes of a node without what the builder fills in. */
type Attributes<N extends GraphNode> = N extends unknown ? Omit<N, 'name' | 'inputs' | 'outputs'> : never

export interface Sliding {
  readonly filter?: readonly [number, number]
  readonly strides?: readonly [number, number]
  readonly dilations?: readonly [number, number]
  readonly padding?: Padding
  readonly activation?: Activation
}

/** Builds small int8 graphs with seeded weights and scales. Every method returns the name of the tensor that it makes. */
export class Int8Graphs {
  private readonly tensors: Record<string, GraphTensor> = {}
  private readonly nodes: GraphNode[] = []
  private readonly random: Random
  readonly input: string

  constructor(seed: number | string, shape: readonly number[]) {
    this.random = createRandom(seed)
    this.input = this.put('input', 'int8', shape, this.affine())
  }

  affine(scale = Math.fround(this.random.between(0.02, 0.2)), zeroPoint = this.random.integer(129) - 64): Quantization {
    return { scales: [scale], zeroPoints: [zeroPoint] }
  }

  quantizationOf(name: string): Quantization {
    return this.tensors[name]!.quantization!
  }

  shapeOf(name: string): readonly number[] {
    return this.tensors[name]!.shape
  }

  int8(length: number): Int8Array {
    return Int8Array.from({ length }, () => this.random.integer(255) - 127)
  }

  private put(name: string, dtype: 'int8' | 'int32' | 'float32', shape: readonly number[], quantization?: Quantization, data?: Int8Array | Int32Array): string {
    this.tensors[name] = { name, dtype, shape, ...(quantization && { quantization }), ...(data && { data }) }
    return name
  }

  constant(shape: readonly number[], quantization = this.affine()): string {
    return this.put(`constant${this.count()}`, 'int8', shape, quantization, this.int8(sizeOf(shape)))
  }

  private count(): number {
    return Object.keys(this.tensors).length
  }

  /** Any node; the output's quantization is its own unless given. */
  node(inputs: readonly string[], attributes: Attributes<GraphNode>, { quantization = this.affine(), shape, dtype = 'int8' as const }: { quantization?: Quantization; shape?: readonly number[]; dtype?: 'int8' | 'float32' } = {}): string {
    const name = `${attributes.op}${this.count()}`
    const node = { ...attributes, name, inputs, outputs: [name] } as GraphNode
    const inferred = shape ?? inferShape({ name: 'test', inputs: [], outputs: [], tensors: this.tensors, nodes: [] }, node)!
    this.put(name, dtype, inferred, dtype === 'int8' ? quantization : undefined)
    this.nodes.push(node)
    return name
  }

  /** Weights of one scale a channel, whose output uses the range of int8 well. */
  private weights(shape: readonly number[], axis: number, perChannel: boolean): { readonly name: string; readonly bias: string } {
    const channels = shape[axis]!
    const scales = Array.from({ length: perChannel ? channels : 1 }, () => Math.fround(this.random.between(0.5, 1.5) * 0.01))
    const name = this.put(`weights${this.count()}`, 'int8', shape, { scales, zeroPoints: scales.map(() => 0), ...(perChannel && { axis }) }, this.int8(sizeOf(shape)))
    const bias = this.put(`bias${this.count()}`, 'int32', [channels], undefined, Int32Array.from({ length: channels }, () => this.random.integer(20001) - 10000))
    return { name, bias }
  }

  private spread(x: string, depth: number): Quantization {
    return this.affine(Math.fround(this.quantizationOf(x).scales[0]! * 0.01 * Math.sqrt(depth) * 40))
  }

  conv2d(x: string, channels: number, { filter = [3, 3], strides = [1, 1], dilations = [1, 1], padding = 'valid', activation = 'none' }: Sliding = {}, withBias = true): string {
    const cin = this.shapeOf(x)[3]!
    const { name, bias } = this.weights([channels, ...filter, cin], 0, true)
    return this.node(withBias ? [x, name, bias] : [x, name], { op: 'conv2d', strides, dilations, padding, activation }, { quantization: this.spread(x, filter[0] * filter[1] * cin) })
  }

  depthwiseConv2d(x: string, multiplier: number, { filter = [3, 3], strides = [1, 1], dilations = [1, 1], padding = 'same', activation = 'none' }: Sliding = {}): string {
    const { name, bias } = this.weights([1, ...filter, this.shapeOf(x)[3]! * multiplier], 3, true)
    return this.node([x, name, bias], { op: 'depthwiseConv2d', strides, dilations, padding, activation, multiplier }, { quantization: this.spread(x, filter[0] * filter[1]) })
  }

  dense(x: string, outputs: number, perChannel = false, activation: Activation = 'none'): string {
    const depth = sizeOf(this.shapeOf(x))
    const { name, bias } = this.weights([outputs, depth], 0, perChannel)
    return this.node([x, name, bias], { op: 'dense', activation }, { quantization: this.spread(x, depth) })
  }

  pool2d(op: 'maxPool2d' | 'averagePool2d', x: string, { filter = [2, 2], strides = filter, padding = 'valid', activation = 'none' }: Sliding = {}): string {
    return this.node([x], { op, filter, strides, padding, activation }, { quantization: this.quantizationOf(x) })
  }

  pad2d(x: string, rows: readonly [number, number], columns: readonly [number, number], channels: readonly [number, number] = [0, 0]): string {
    return this.node([x], { op: 'pad', paddings: [[0, 0], rows, columns, channels] }, { quantization: this.quantizationOf(x) })
  }

  binary(op: 'add' | 'mul', a: string, b: string, activation: Activation = 'none'): string {
    const scale = op === 'add' ? 0.25 : this.quantizationOf(a).scales[0]! * this.quantizationOf(b).scales[0]! * 100
    return this.node([a, b], { op, activation }, { quantization: this.affine(Math.fround(scale)) })
  }

  /** Times a constant for each channel, with a given product of the operands' scales over the output's: steep products are no lines. */
  scaled(x: string, factor: number, activation: Activation = 'none'): string {
    const constant = this.constant([this.shapeOf(x)[3]!])
    return this.node([x, constant], { op: 'mul', activation }, { quantization: this.affine(Math.fround((this.quantizationOf(x).scales[0]! * this.quantizationOf(constant).scales[0]!) / factor)) })
  }

  plain(op: 'relu' | 'logistic' | 'quantize', x: string): string {
    return this.node([x], { op }, { quantization: op === 'logistic' ? { scales: [1 / 256], zeroPoints: [-128] } : this.affine(this.quantizationOf(x).scales[0]) })
  }

  mean(x: string, axes: readonly number[], keepDims: boolean): string {
    return this.node([x], { op: 'mean', axes, keepDims }, { quantization: this.affine(Math.fround(this.quantizationOf(x).scales[0]! * 0.4)) })
  }

  reshape(x: string, shape: readonly number[]): string {
    return this.node([x], { op: 'reshape' }, { shape, quantization: this.quantizationOf(x) })
  }

  flatten(x: string): string {
    return this.reshape(x, [1, sizeOf(this.shapeOf(x))])
  }

  softmax(x: string): string {
    return this.node([x], { op: 'softmax', beta: 1 }, { quantization: { scales: [1 / 256], zeroPoints: [-128] } })
  }

  build(output: string, input = this.input): Graph {
    return validateGraph({ name: 'test', inputs: [input], outputs: [output], tensors: { ...this.tensors }, nodes: [...this.nodes] })
  }

  /** A float32 tensor before the network, as TFLite's converter puts it with float inputs. */
  floatInput(): string {
    const { shape, quantization } = this.tensors[this.input]!
    this.put('float_input', 'float32', shape)
    this.nodes.unshift({ op: 'quantize', name: 'quantize_input', inputs: ['float_input'], outputs: [this.input] })
    this.tensors[this.input] = { name: this.input, dtype: 'int8', shape, quantization: quantization! }
    return 'float_input'
  }
}
