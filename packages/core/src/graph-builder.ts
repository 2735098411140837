import { AedError } from './errors.ts'
import { inferShape, validateGraph, type Activation, type Graph, type GraphNode, type GraphTensor, type Padding } from './graph.ts'
import { sizeOf, type DataOf, type DType } from './tensor.ts'

type Attributes<N extends GraphNode> = N extends unknown ? Omit<N, 'name' | 'inputs' | 'outputs'> : never

/** Options of a sliding window, with the usual defaults. */
export interface WindowOptions {
  readonly strides?: readonly [number, number]
  readonly padding?: Padding
  readonly activation?: Activation
}

/**
 * Builds a graph node by node; shapes are inferred as it goes. Every method returns the name of the tensor that it makes,
 * which is the node's name.
 * @example
 * const g = new GraphBuilder('tiny')
 * const x = g.input('x', [1, 4, 4, 1])
 * const graph = g.build([g.relu('y', x)])
 */
export class GraphBuilder {
  private readonly tensors: Record<string, GraphTensor> = {}
  private readonly nodes: GraphNode[] = []
  private readonly inputs: string[] = []
  private readonly name: string

  constructor(name: string) {
    this.name = name
  }

  /** The tensors and nodes so far, to look shapes up. */
  shapeOf(name: string): readonly number[] {
    const found = Object.hasOwn(this.tensors, name) ? this.tensors[name] : undefined
    if (!found) throw new AedError('GRAPH_INVALID', `graph '${this.name}' has no tensor '${name}'`)
    return found.shape
  }

  private put(tensor: GraphTensor): string {
    if (Object.hasOwn(this.tensors, tensor.name)) throw new AedError('GRAPH_INVALID', `graph '${this.name}' has two tensors '${tensor.name}'`)
    this.tensors[tensor.name] = tensor
    return tensor.name
  }

  /** A float32 input of the graph; the batch size is 1. */
  input(name: string, shape: readonly number[]): string {
    this.inputs.push(name)
    return this.put({ name, dtype: 'float32', shape })
  }

  /** A constant; the values are not copied. */
  constant<D extends DType>(name: string, dtype: D, shape: readonly number[], data: DataOf[D]): string {
    return this.put({ name, dtype, shape, data })
  }

  /** Any node; `shape` only where it cannot be inferred. */
  node(name: string, inputs: readonly string[], attributes: Attributes<GraphNode>, shape?: readonly number[]): string {
    const node = { ...attributes, name, inputs, outputs: [name] } as GraphNode
    const inferred = shape ?? inferShape({ name: this.name, inputs: this.inputs, outputs: [], tensors: this.tensors, nodes: [] }, node)
    if (!inferred) throw new AedError('GRAPH_INVALID', `graph '${this.name}', ${node.op} '${name}': its shape must be given`)
    this.put({ name, dtype: 'float32', shape: inferred })
    this.nodes.push(node)
    return name
  }

  /** @param weights `[cout, kh, kw, cin]` @param bias `[cout]` */
  conv2d(name: string, x: string, weights: string, bias: string | undefined, { strides = [1, 1], padding = 'valid', activation = 'none' }: WindowOptions = {}): string {
    return this.node(name, bias === undefined ? [x, weights] : [x, weights, bias], { op: 'conv2d', strides, padding, activation, dilations: [1, 1] })
  }

  maxPool2d(name: string, x: string, filter: readonly [number, number], { strides = filter, padding = 'valid', activation = 'none' }: WindowOptions = {}): string {
    return this.node(name, [x], { op: 'maxPool2d', filter, strides, padding, activation })
  }

  averagePool2d(name: string, x: string, filter: readonly [number, number], { strides = filter, padding = 'valid', activation = 'none' }: WindowOptions = {}): string {
    return this.node(name, [x], { op: 'averagePool2d', filter, strides, padding, activation })
  }

  /** Zeros around height and width: `[top, bottom], [left, right]`. */
  pad2d(name: string, x: string, rows: readonly [number, number], columns: readonly [number, number]): string {
    return this.node(name, [x], { op: 'pad', paddings: [[0, 0], rows, columns, [0, 0]] })
  }

  add(name: string, a: string, b: string, activation: Activation = 'none'): string {
    return this.node(name, [a, b], { op: 'add', activation })
  }

  mul(name: string, a: string, b: string, activation: Activation = 'none'): string {
    return this.node(name, [a, b], { op: 'mul', activation })
  }

  relu(name: string, x: string): string {
    return this.node(name, [x], { op: 'relu' })
  }

  mean(name: string, x: string, axes: readonly number[], keepDims = false): string {
    return this.node(name, [x], { op: 'mean', axes, keepDims })
  }

  /** To `[1, all the rest]`. */
  flatten(name: string, x: string): string {
    return this.node(name, [x], { op: 'reshape' }, [1, sizeOf(this.shapeOf(x))])
  }

  /** @param weights `[cout, cin]` @param bias `[cout]` */
  dense(name: string, x: string, weights: string, bias: string | undefined, activation: Activation = 'none'): string {
    return this.node(name, bias === undefined ? [x, weights] : [x, weights, bias], { op: 'dense', activation })
  }

  softmax(name: string, x: string): string {
    return this.node(name, [x], { op: 'softmax', beta: 1 })
  }

  logistic(name: string, x: string): string {
    return this.node(name, [x], { op: 'logistic' })
  }

  /** @throws AedError `GRAPH_INVALID` */
  build(outputs: readonly string[]): Graph {
    return validateGraph({ name: this.name, inputs: [...this.inputs], outputs: [...outputs], tensors: { ...this.tensors }, nodes: [...this.nodes] })
  }
}
