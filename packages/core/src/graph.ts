import { AedError } from './errors.ts'
import { formatShape, sizeOf, type DataOf, type DType } from './tensor.ts'

/**
 * Affine quantization: real = scale · (q − zeroPoint). One scale and zero point for the tensor, or one per index of `axis`.
 * @see https://ai.google.dev/edge/litert/models/quantization_spec
 */
export interface Quantization {
  /** float32 values. */
  readonly scales: readonly number[]
  readonly zeroPoints: readonly number[]
  /** Axis of per-channel quantization; absent for per-tensor. */
  readonly axis?: number
}

/** A named tensor of a graph. Activations have batch size 1 in their shape; executors run any number of items. */
export interface GraphTensor {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Values of a constant; absent for activations. */
  readonly data?: DataOf[DType]
  readonly quantization?: Quantization
}

/** Activation fused into a node. */
export type Activation = 'none' | 'relu' | 'relu6'
/** TensorFlow's padding: `same` puts the odd row or column at the end. */
export type Padding = 'same' | 'valid'

interface NodeBase {
  /** Unique; a layer's name where there is one. */
  readonly name: string
  /** Names of tensors. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}
interface Windowed {
  /** `[height, width]`. */
  readonly strides: readonly [number, number]
  readonly padding: Padding
  readonly activation: Activation
}

/** Inputs x `[1, h, w, cin]`, weights `[cout, kh, kw, cin]`, bias `[cout]` (optional). */
export interface Conv2dNode extends NodeBase, Windowed {
  readonly op: 'conv2d'
  readonly dilations: readonly [number, number]
}
/** Inputs x `[1, h, w, cin]`, weights `[1, kh, kw, cin · multiplier]`, bias (optional). */
export interface DepthwiseConv2dNode extends NodeBase, Windowed {
  readonly op: 'depthwiseConv2d'
  readonly dilations: readonly [number, number]
  readonly multiplier: number
}
/** Input x `[1, h, w, c]`; padding never counts as a value. */
export interface Pool2dNode extends NodeBase, Windowed {
  readonly op: 'maxPool2d' | 'averagePool2d'
  /** `[height, width]`. */
  readonly filter: readonly [number, number]
}
/** Mean over axes of the input. */
export interface MeanNode extends NodeBase {
  readonly op: 'mean'
  readonly axes: readonly number[]
  readonly keepDims: boolean
}
/** Two inputs, the second broadcast against the first as numpy does. */
export interface BinaryNode extends NodeBase {
  readonly op: 'add' | 'mul'
  readonly activation: Activation
}
/** Constant padding with real zero (the zero point where quantized). */
export interface PadNode extends NodeBase {
  readonly op: 'pad'
  /** `[before, after]` of each axis. */
  readonly paddings: readonly (readonly [number, number])[]
}
/** Inputs x (flattened to `[n, cin]`), weights `[cout, cin]`, bias `[cout]` (optional). */
export interface DenseNode extends NodeBase {
  readonly op: 'dense'
  readonly activation: Activation
}
/** Over the last axis. */
export interface SoftmaxNode extends NodeBase {
  readonly op: 'softmax'
  readonly beta: number
}
/** Element-wise, or a change of shape or type that the output tensor describes. */
export interface PlainNode extends NodeBase {
  readonly op: 'relu' | 'reshape' | 'logistic' | 'quantize' | 'dequantize'
}

export type GraphNode =
  | Conv2dNode
  | DepthwiseConv2dNode
  | Pool2dNode
  | MeanNode
  | BinaryNode
  | PadNode
  | DenseNode
  | SoftmaxNode
  | PlainNode
export type GraphOp = GraphNode['op']

/** A feed-forward network: what quantizer, engines, `.tflite` writer and C generator share. Plain data, never changed in place. */
export interface Graph {
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Every tensor by its name. */
  readonly tensors: Readonly<Record<string, GraphTensor>>
  /** In an order of execution. */
  readonly nodes: readonly GraphNode[]
}

/** The tensor of that name. @throws AedError `GRAPH_INVALID` */
export function tensorOf(graph: Graph, name: string | undefined): GraphTensor {
  const found = name !== undefined && Object.hasOwn(graph.tensors, name) ? graph.tensors[name] : undefined
  if (!found) throw new AedError('GRAPH_INVALID', `graph '${graph.name}' has no tensor '${name ?? ''}'`)
  return found
}

/** Output length of a sliding window along one axis. */
export function windowedLength(length: number, filter: number, stride: number, padding: Padding, dilation = 1): number {
  const extent = (filter - 1) * dilation + 1
  return padding === 'same' ? Math.ceil(length / stride) : Math.floor((length - extent) / stride) + 1
}

/** Rows or columns of padding before the first element, as TensorFlow places them. */
export function paddingBefore(length: number, filter: number, stride: number, padding: Padding, dilation = 1): number {
  if (padding === 'valid') return 0
  const extent = (filter - 1) * dilation + 1
  const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + extent - length)
  return total >> 1
}

const broadcast = (a: readonly number[], b: readonly number[], fail: (what: string) => AedError): number[] => {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1
    const y = b[b.length - rank + i] ?? 1
    if (x !== y && x !== 1 && y !== 1) throw fail(`shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`)
    return Math.max(x, y)
  })
}

/**
 * Shape of a node's output from the shapes of its inputs; `undefined` for `reshape`, whose output tensor states it.
 * @throws AedError `GRAPH_INVALID` where the inputs do not fit
 */
export function inferShape(graph: Graph, node: GraphNode): readonly number[] | undefined {
  const fail = (what: string) => new AedError('GRAPH_INVALID', `graph '${graph.name}', ${node.op} '${node.name}': ${what}`)
  const shape = tensorOf(graph, node.inputs[0]).shape
  const second = () => tensorOf(graph, node.inputs[1]).shape
  const image = (): readonly [number, number, number, number] => {
    if (shape.length !== 4) throw fail(`takes [n, h, w, c], got ${formatShape(shape)}`)
    return shape as unknown as readonly [number, number, number, number]
  }
  const positive = (result: readonly number[]) => {
    if (result.some((length) => length < 1)) throw fail(`its window does not fit into ${formatShape(shape)}`)
    return result
  }
  const checkBias = (channels: number) => {
    if (node.inputs.length < 3) return
    const bias = tensorOf(graph, node.inputs[2]).shape
    if (sizeOf(bias) !== channels) throw fail(`bias ${formatShape(bias)} does not fit ${channels} output channels`)
  }
  switch (node.op) {
    case 'conv2d':
    case 'depthwiseConv2d': {
      const [n, h, w, c] = image()
      const weights = second()
      const [first, kh, kw, last] = weights
      if (weights.length !== 4 || (node.op === 'conv2d' ? last !== c : last !== c * node.multiplier || first !== 1))
        throw fail(`weights ${formatShape(weights)} do not fit input ${formatShape(shape)}`)
      const channels = node.op === 'conv2d' ? first! : last!
      checkBias(channels)
      return positive([
        n,
        windowedLength(h, kh!, node.strides[0], node.padding, node.dilations[0]),
        windowedLength(w, kw!, node.strides[1], node.padding, node.dilations[1]),
        channels,
      ])
    }
    case 'maxPool2d':
    case 'averagePool2d': {
      const [n, h, w, c] = image()
      return positive([n, windowedLength(h, node.filter[0], node.strides[0], node.padding), windowedLength(w, node.filter[1], node.strides[1], node.padding), c])
    }
    case 'mean':
      return shape.flatMap((length, axis) => (node.axes.includes(axis) ? (node.keepDims ? [1] : []) : [length]))
    case 'add':
    case 'mul':
      return broadcast(shape, second(), fail)
    case 'pad':
      if (node.paddings.length !== shape.length) throw fail(`${node.paddings.length} paddings for ${formatShape(shape)}`)
      return shape.map((length, axis) => length + node.paddings[axis]![0] + node.paddings[axis]![1])
    case 'dense': {
      const weights = second()
      const rows = sizeOf(shape) / weights[1]!
      if (weights.length !== 2 || !Number.isInteger(rows)) throw fail(`weights ${formatShape(weights)} do not fit input ${formatShape(shape)}`)
      checkBias(weights[0]!)
      return [rows, weights[0]!]
    }
    case 'reshape':
      return undefined
    case 'relu':
    case 'softmax':
    case 'logistic':
    case 'quantize':
    case 'dequantize':
      return shape
  }
}

/**
 * Checks that a graph is whole: tensors known and made before they are used, one maker each, data of the right length, shapes as
 * the nodes make them. Returns its argument.
 * @throws AedError `GRAPH_INVALID` with the place
 */
export function validateGraph(graph: Graph): Graph {
  const fail = (what: string) => new AedError('GRAPH_INVALID', `graph '${graph.name}': ${what}`)
  const ready = new Set<string>(graph.inputs)
  for (const [name, t] of Object.entries(graph.tensors)) {
    if (t.name !== name) throw fail(`tensor '${name}' calls itself '${t.name}'`)
    if (t.shape.some((length) => !Number.isInteger(length) || length < 0)) throw fail(`tensor '${name}' has shape ${formatShape(t.shape)}`)
    if (t.data) {
      if (t.data.length !== sizeOf(t.shape)) throw fail(`constant '${name}' of shape ${formatShape(t.shape)} holds ${t.data.length} values`)
      ready.add(name)
    }
  }
  for (const name of [...graph.inputs, ...graph.outputs]) tensorOf(graph, name)
  for (const node of graph.nodes) {
    for (const name of node.inputs) {
      tensorOf(graph, name)
      if (!ready.has(name)) throw fail(`${node.op} '${node.name}' reads '${name}' before it is made`)
    }
    const inferred = inferShape(graph, node)
    for (const name of node.outputs) {
      const made = tensorOf(graph, name)
      if (ready.has(name)) throw fail(`'${name}' is made twice, again by ${node.op} '${node.name}'`)
      const fits = inferred ? inferred.length === made.shape.length && inferred.every((length, i) => length === made.shape[i]) : sizeOf(made.shape) === sizeOf(tensorOf(graph, node.inputs[0]).shape)
      if (!fits) throw fail(`${node.op} '${node.name}' makes ${formatShape(inferred ?? tensorOf(graph, node.inputs[0]).shape)}, its output says ${formatShape(made.shape)}`)
      ready.add(name)
    }
  }
  for (const name of graph.outputs) if (!ready.has(name)) throw fail(`output '${name}' is never made`)
  return graph
}

/** Multiply-accumulates of one item, by node name; only convolutions and dense layers count. */
export function countMacs(graph: Graph): Readonly<Record<string, number>> {
  const macs: Record<string, number> = {}
  for (const node of graph.nodes) {
    if (node.op !== 'conv2d' && node.op !== 'depthwiseConv2d' && node.op !== 'dense') continue
    const weights = tensorOf(graph, node.inputs[1])
    const out = tensorOf(graph, node.outputs[0])
    const perOutput = node.op === 'depthwiseConv2d' ? weights.shape[1]! * weights.shape[2]! : sizeOf(weights.shape.slice(1))
    macs[node.name] = sizeOf(out.shape) * perOutput
  }
  return macs
}
