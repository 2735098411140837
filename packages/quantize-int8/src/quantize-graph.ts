import { AedError, tensorOf, validateGraph, type Graph, type GraphNode, type GraphTensor, type Quantization } from '@aed/core'
import { correctedBias } from './bias-correction.ts'
import type { Ranges } from './calibrate.ts'
import { quantizationOfRange, quantizeBias, quantizeWeights, type LayerWeights } from './choose-scales.ts'
import { quantizeValues } from './int8/affine.ts'
import type { WeightedNode } from './weighted-sums.ts'

/** Output of softmax and logistic: all of [0, 1) in steps of 1/256, as TFLite's kernels require. */
const PROBABILITY: Quantization = { scales: [1 / 256], zeroPoints: [-128] }

/** How weights and biases are quantized. */
export interface GraphSettings {
  /** A scale for each output channel of a convolution, or one for all; dense layers always have one. */
  readonly weightScales?: 'perChannel' | 'perTensor'
  /** Mean inputs by tensor name: where they are given, biases take up the mean error that the int8 weights cause. */
  readonly means?: ReadonlyMap<string, Float64Array>
}

/**
 * The int8 form of an optimized float32 graph: same nodes, same names. Pooling, padding, reshaping and `relu` keep the scale of their
 * input; all other activations have that of their range.
 * @param ranges by tensor name, as `calibrate` chooses them
 * @throws AedError `MODEL_UNSUPPORTED` for layers whose weights are not constants, `GRAPH_INVALID`
 */
export function quantizeGraph(graph: Graph, ranges: Ranges, { weightScales = 'perChannel', means }: GraphSettings = {}): Graph {
  const tensors: Record<string, GraphTensor> = {}
  const put = (tensor: GraphTensor) => {
    tensors[tensor.name] = tensor
    return tensor.name
  }
  const activation = (name: string, quantization: Quantization) => put({ name, dtype: 'int8', shape: tensorOf(graph, name).shape, quantization })
  const quantizationOf = (name: string): Quantization => tensors[name]!.quantization!
  const fromRange = (name: string) => quantizationOfRange(ranges.get(name) ?? { min: 0, max: 0 })
  /** Constants that several nodes read may differ in int8: each further node gets its own. */
  const constantName = (name: string, node: GraphNode) => (Object.hasOwn(tensors, name) ? `${name} of ${node.name}` : name)

  const outputQuantization = (node: GraphNode): Quantization => {
    switch (node.op) {
      case 'maxPool2d':
      case 'averagePool2d':
      case 'pad':
      case 'reshape':
      case 'relu':
        return quantizationOf(node.inputs[0]!)
      case 'softmax':
      case 'logistic':
        return PROBABILITY
      case 'add': {
        // The kernel's last multiplier, twice the larger scale / (2^20 · output scale), must be below 1.
        const { scales, zeroPoints } = fromRange(node.outputs[0]!)
        const least = Math.fround(Math.max(...node.inputs.map((name) => quantizationOf(name).scales[0]!)) / 2 ** 18)
        return scales[0]! >= least ? { scales, zeroPoints } : { scales: [least], zeroPoints: [0] }
      }
      default:
        return fromRange(node.outputs[0]!)
    }
  }

  const quantizeLayer = (node: WeightedNode): readonly string[] => {
    const [input, weightsName, biasName] = node.inputs as [string, string, string?]
    const weights = tensorOf(graph, weightsName)
    const axis = node.op === 'depthwiseConv2d' ? 3 : 0
    const channels = weights.shape[axis]!
    const bias = biasName === undefined ? new Float32Array(channels) : (tensorOf(graph, biasName).data as Float32Array | undefined)
    if (!weights.data || !bias) throw new AedError('MODEL_UNSUPPORTED', `graph '${graph.name}', ${node.op} '${node.name}': its weights and bias must be constants`)
    const depth = weights.data.length / channels
    const inputScale = quantizationOf(input).scales[0]!
    const layer: LayerWeights = {
      values: weights.data as Float32Array,
      bias,
      channelOf: axis === 3 ? (i) => i % channels : (i) => Math.floor(i / depth),
      inputScale,
      outputScale: quantizationOf(node.outputs[0]!).scales[0]!,
      perTensor: node.op === 'dense' || weightScales === 'perTensor',
    }
    const inputMeans = means?.get(input)
    const quantized = quantizeWeights(layer)
    const inputChannels = node.op === 'dense' ? depth : tensorOf(graph, input).shape.at(-1)!
    const biases = inputMeans ? quantizeBias(correctedBias(node, layer, quantized, inputMeans, inputChannels), inputScale, quantized.scales) : quantized.bias
    const zeroPoints = quantized.scales.map(() => 0)
    const perChannel = quantized.scales.length > 1
    return [
      input,
      put({ ...weights, name: constantName(weightsName, node), dtype: 'int8', data: quantized.weights, quantization: { scales: quantized.scales, zeroPoints, ...(perChannel && { axis }) } }),
      put({
        name: constantName(biasName ?? `${node.name}/bias`, node),
        dtype: 'int32',
        shape: [channels],
        data: biases,
        quantization: { scales: quantized.scales.map((scale) => Math.fround(inputScale * scale)), zeroPoints, ...(perChannel && { axis: 0 }) },
      }),
    ]
  }

  const quantizeConstant = (name: string, node: GraphNode): string => {
    const { data, shape } = tensorOf(graph, name)
    if (!data) return name
    const values = data as Float32Array
    const quantization = quantizationOfRange(values.reduce((range, value) => ({ min: Math.min(range.min, value), max: Math.max(range.max, value) }), { min: 0, max: 0 }))
    return put({ name: constantName(name, node), dtype: 'int8', shape, data: quantizeValues(values, quantization), quantization })
  }

  for (const name of graph.inputs) activation(name, fromRange(name))
  const nodes = graph.nodes.map((node): GraphNode => {
    const weighted = node.op === 'conv2d' || node.op === 'depthwiseConv2d' || node.op === 'dense'
    const operands = weighted ? node.inputs : node.inputs.map((name) => quantizeConstant(name, node))
    activation(node.outputs[0]!, outputQuantization({ ...node, inputs: operands }))
    return { ...node, inputs: weighted ? quantizeLayer(node) : operands }
  })
  return validateGraph({ ...graph, tensors, nodes })
}

/**
 * Float32 at the borders: a `quantize` node behind the inputs, a `dequantize` node before the outputs. The borders keep their names;
 * the int8 tensors behind them are called `NAME_int8`.
 */
export function withFloatBorders(graph: Graph, { input, output }: { readonly input: boolean; readonly output: boolean }): Graph {
  const borders = new Set([...(input ? graph.inputs : []), ...(output ? graph.outputs : [])])
  const inner = (name: string) => (borders.has(name) ? `${name}_int8` : name)
  const tensors = Object.values(graph.tensors).flatMap((tensor): GraphTensor[] => {
    const { name, shape } = tensor
    return borders.has(name) ? [{ ...tensor, name: inner(name) }, { name, dtype: 'float32', shape }] : [tensor]
  })
  const rename = (node: GraphNode): GraphNode => ({ ...node, name: inner(node.name), inputs: node.inputs.map(inner), outputs: node.outputs.map(inner) })
  const nodes: GraphNode[] = [
    ...(input ? graph.inputs.map((name): GraphNode => ({ op: 'quantize', name: inner(name), inputs: [name], outputs: [inner(name)] })) : []),
    ...graph.nodes.map(rename),
    ...(output ? graph.outputs.map((name): GraphNode => ({ op: 'dequantize', name, inputs: [inner(name)], outputs: [name] })) : []),
  ]
  return validateGraph({ ...graph, tensors: Object.fromEntries(tensors.map((tensor) => [tensor.name, tensor])), nodes })
}
