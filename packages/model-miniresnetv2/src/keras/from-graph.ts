import { AedError, formatShape, tensorOf, type Graph, type GraphNode, type Tensor } from '@aed/core'
import { networkParameters, type KerasActivation, type KerasLayer, type KerasNetwork, type KerasWeights } from './network.ts'

/** Epsilon of the batch normalizations that stand for the graph's `mul` and `add`: that of the published backbones. */
export const BATCH_NORM_EPSILON = 1.001e-5

/** Batch normalization of a graph: a `mul` by constants of each channel, then an `add` of such, read by nothing between. */
export interface BatchNormPair {
  /** Name of the layer: what stands before `/mul`. */
  readonly name: string
  /** Tensor that is normalized. */
  readonly input: string
  /** Constants `[c]`. */
  readonly scale: string
  readonly shift: string
  /** Tensor that the `add` makes. */
  readonly output: string
}

/** The batch normalizations of a graph, in order of execution. */
export function batchNormPairs(graph: Graph): readonly BatchNormPair[] {
  const readers = readersOf(graph)
  const isChannels = (name: string | undefined) => name !== undefined && graph.tensors[name]?.data !== undefined && graph.tensors[name].shape.length === 1
  return graph.nodes.flatMap((mul) => {
    if (mul.op !== 'mul' || mul.activation !== 'none' || !isChannels(mul.inputs[1])) return []
    const [add, ...others] = readers.get(mul.outputs[0]!) ?? []
    if (add?.op !== 'add' || others.length > 0 || add.activation !== 'none' || add.inputs[0] !== mul.outputs[0] || !isChannels(add.inputs[1])) return []
    return [{ name: mul.name.replace(/\/mul$/, ''), input: mul.inputs[0]!, scale: mul.inputs[1]!, shift: add.inputs[1]!, output: add.outputs[0]! }]
  })
}

function readersOf(graph: Graph): ReadonlyMap<string, readonly GraphNode[]> {
  const readers = new Map<string, GraphNode[]>()
  for (const node of graph.nodes) for (const name of node.inputs) readers.set(name, [...(readers.get(name) ?? []), node])
  return readers
}

/** Kernels from the graph's `[cout, ...]` to Keras's `[..., cout]`. */
function outputsLast(shape: readonly number[], data: Float32Array): Tensor<'float32'> {
  const outputs = shape[0]!
  const rows = data.length / outputs
  const moved = new Float32Array(data.length)
  for (let o = 0; o < outputs; o++) for (let row = 0; row < rows; row++) moved[row * outputs + o] = data[o * rows + row]!
  return { dtype: 'float32', shape: [...shape.slice(1), outputs], data: moved }
}

/**
 * The Keras network of a float graph, as {@link kerasGraph} makes one: the way back. A batch normalization gets the graph's scale and shift as
 * gamma and beta with mean 0 and variance 1, so that it computes the same to the bit.
 * @throws AedError `MODEL_UNSUPPORTED` for nodes that no supported layer makes
 */
export function kerasOfGraph(graph: Graph): { readonly network: KerasNetwork; readonly weights: KerasWeights } {
  const unsupported = (node: GraphNode, what = 'no Keras layer is known for it') => new AedError('MODEL_UNSUPPORTED', `graph '${graph.name}', ${node.op} '${node.name}': ${what}`)
  const layers: KerasLayer[] = []
  const weights: Record<string, Tensor<'float32'>> = {}
  /** Layer that makes a tensor. */
  const maker = new Map<string, string>()
  const readers = readersOf(graph)
  const pairs = new Map(batchNormPairs(graph).map((pair) => [pair.input + '\n' + pair.scale, pair]))
  const done = new Set<GraphNode>()

  const constant = (node: GraphNode, name: string | undefined) => {
    const { dtype, shape, data } = tensorOf(graph, name)
    if (!data || dtype !== 'float32') throw unsupported(node, `'${name ?? ''}' is not a float32 constant`)
    return { shape, data: data as Float32Array }
  }
  const put = (layer: KerasLayer, node: GraphNode, output = node.outputs[0]!) => {
    layers.push(layer)
    maker.set(output, layer.name)
  }
  /** Kernel and bias of a layer; says whether there is a bias. */
  const keep = (node: GraphNode): boolean => {
    const [, kernel, bias] = node.inputs
    const { shape, data } = constant(node, kernel)
    weights[`${node.name}/kernel`] = outputsLast(shape, data)
    if (bias === undefined) return false
    const values = constant(node, bias)
    weights[`${node.name}/bias`] = { dtype: 'float32', shape: values.shape, data: values.data.slice() }
    return true
  }
  /** The activation that a layer carries: fused, or a softmax or logistic of its own name that alone reads it. */
  const activationOf = (node: GraphNode & { activation: string }): { activation: KerasActivation; output: string } => {
    if (node.activation === 'relu6') throw unsupported(node, 'ReLU6 is not supported')
    const output = node.outputs[0]!
    if (node.activation === 'relu') return { activation: 'relu', output }
    const [next, ...others] = readers.get(output) ?? []
    if (!next || others.length > 0 || (next.op !== 'softmax' && next.op !== 'logistic') || next.name !== `${node.name}/${next.op}`) return { activation: 'linear', output }
    done.add(next)
    return { activation: next.op === 'softmax' ? 'softmax' : 'sigmoid', output: next.outputs[0]! }
  }

  const input = tensorOf(graph, graph.inputs[0])
  layers.push({ type: 'InputLayer', name: input.name, inputs: [], shape: input.shape.slice(1) })
  maker.set(input.name, input.name)

  for (const node of graph.nodes) {
    if (done.has(node)) continue
    const layerOf = (tensor: string) => {
      const layer = maker.get(tensor)
      if (layer === undefined) throw unsupported(node, `it reads '${tensor}', which is not made by a layer`)
      return layer
    }
    const base = () => ({ name: node.name, inputs: [layerOf(node.inputs[0]!)] })
    switch (node.op) {
      case 'conv2d': {
        const { activation, output } = activationOf(node)
        const [filters, ...kernel] = tensorOf(graph, node.inputs[1]).shape
        const { strides, padding, dilations } = node
        put({ ...base(), type: 'Conv2D', filters: filters!, kernelSize: [kernel[0]!, kernel[1]!], strides, padding, dilations, useBias: keep(node), activation }, node, output)
        break
      }
      case 'dense': {
        const { activation, output } = activationOf(node)
        put({ ...base(), type: 'Dense', units: tensorOf(graph, node.inputs[1]).shape[0]!, useBias: keep(node), activation }, node, output)
        break
      }
      case 'pad': {
        const [batch, rows, columns, channels] = node.paddings
        if (node.paddings.length !== 4 || [...batch!, ...channels!].some((width) => width !== 0)) throw unsupported(node, 'only height and width can be padded')
        put({ ...base(), type: 'ZeroPadding2D', padding: [rows!, columns!] }, node)
        break
      }
      case 'maxPool2d':
      case 'averagePool2d': {
        if (node.activation !== 'none') throw unsupported(node, 'its activation is not supported')
        const [flat, ...others] = readers.get(node.outputs[0]!) ?? []
        const isGlobal = node.op === 'maxPool2d' && node.name === `${flat?.name ?? ''}/max` && flat?.op === 'reshape' && others.length === 0
        if (isGlobal) {
          done.add(flat)
          put({ ...base(), name: flat.name, type: 'GlobalMaxPooling2D', keepDims: false }, node, flat.outputs[0])
        } else put({ ...base(), type: node.op === 'maxPool2d' ? 'MaxPooling2D' : 'AveragePooling2D', poolSize: node.filter, strides: node.strides, padding: node.padding }, node)
        break
      }
      case 'mean':
        if (node.axes.join() !== '1,2') throw unsupported(node, `a mean over axes ${formatShape(node.axes)} is not supported`)
        put({ ...base(), type: 'GlobalAveragePooling2D', keepDims: node.keepDims }, node)
        break
      case 'mul': {
        const pair = pairs.get(node.inputs[0]! + '\n' + node.inputs[1]!)
        if (!pair) throw unsupported(node)
        const [gamma, beta] = [constant(node, pair.scale), constant(node, pair.shift)]
        const channels = (data: Float32Array): Tensor<'float32'> => ({ dtype: 'float32', shape: gamma.shape, data })
        weights[`${pair.name}/gamma`] = channels(gamma.data.slice())
        weights[`${pair.name}/beta`] = channels(beta.data.slice())
        weights[`${pair.name}/moving_mean`] = channels(new Float32Array(gamma.data.length))
        weights[`${pair.name}/moving_variance`] = channels(new Float32Array(gamma.data.length).fill(1 - BATCH_NORM_EPSILON))
        done.add(readers.get(node.outputs[0]!)![0]!)
        put({ ...base(), name: pair.name, type: 'BatchNormalization', epsilon: BATCH_NORM_EPSILON, momentum: 0.99, center: true, scale: true }, node, pair.output)
        break
      }
      case 'add': {
        if (node.activation !== 'none') throw unsupported(node, 'its activation is not supported')
        put({ type: 'Add', name: node.name, inputs: node.inputs.map(layerOf) }, node)
        break
      }
      case 'relu':
        put({ ...base(), type: 'Activation', activation: 'relu' }, node)
        break
      case 'softmax':
      case 'logistic':
        put({ ...base(), type: 'Activation', activation: node.op === 'softmax' ? 'softmax' : 'sigmoid' }, node)
        break
      case 'reshape':
        if (tensorOf(graph, node.outputs[0]).shape.length !== 2) throw unsupported(node, 'only a reshape to [n, features] is a layer')
        put({ ...base(), type: 'Flatten' }, node)
        break
      default:
        throw unsupported(node)
    }
  }
  const output = maker.get(graph.outputs[0] ?? '')
  if (output === undefined || graph.outputs.length !== 1) throw new AedError('MODEL_UNSUPPORTED', `graph '${graph.name}' must have one output that a layer makes`)
  return { network: { name: graph.name, layers, output }, weights }
}

/**
 * Number of parameters of a float graph as Keras counts them: a batch normalization has four per channel.
 * @throws AedError `MODEL_UNSUPPORTED` for graphs that are no Keras network
 * @example countParameters(miniResNetV2Graph({ stacks: 1, classes: 10 })) // 126410
 */
export function countParameters(graph: Graph): number {
  return networkParameters(kerasOfGraph(graph).network)
}
