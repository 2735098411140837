import { GraphBuilder, type Graph, type Tensor } from '@aed/core'
import type { KerasActivation, KerasLayer, KerasLayerOf, KerasNetwork, KerasWeights } from './network.ts'

/** Convolution kernels from Keras's `[kh, kw, cin, cout]` to the graph's `[cout, kh, kw, cin]`; dense from `[cin, cout]` to `[cout, cin]`. */
function outputsFirst({ shape, data }: Tensor<'float32'>): Tensor<'float32'> {
  const outputs = shape.at(-1)!
  const rows = data.length / outputs
  const moved = new Float32Array(data.length)
  for (let row = 0; row < rows; row++) for (let o = 0; o < outputs; o++) moved[o * rows + row] = data[row * outputs + o]!
  return { dtype: 'float32', shape: [outputs, ...shape.slice(0, -1)], data: moved }
}

/**
 * Batch normalization as `x · scale + shift`: gamma / sqrt(variance + epsilon) and beta − mean · scale, computed in float64 and
 * rounded once.
 */
function affineOf(layer: KerasLayerOf<'BatchNormalization'>, weights: KerasWeights): { scale: Float32Array; shift: Float32Array } {
  const read = (name: string) => weights[`${layer.name}/${name}`]?.data
  const [gamma, beta, mean, variance] = [read('gamma'), read('beta'), read('moving_mean')!, read('moving_variance')!]
  const scale = Float64Array.from(variance, (value, c) => (gamma?.[c] ?? 1) / Math.sqrt(value + layer.epsilon))
  const shift = Float32Array.from(mean, (value, c) => (beta?.[c] ?? 0) - value * scale[c]!)
  return { scale: Float32Array.from(scale), shift }
}

/**
 * The float graph of a Keras network for inference. Nodes bear the names of their layers; a batch normalization becomes
 * `<layer>/mul` and `<layer>/add`, a softmax or sigmoid within a layer `<layer>/softmax` or `<layer>/logistic`; dropout vanishes.
 * @param weights complete for the network, as {@link checkWeights} makes sure
 */
export function kerasGraph(network: KerasNetwork, weights: KerasWeights): Graph {
  const g = new GraphBuilder(network.name)
  /** Tensor of the graph that holds a layer's output. */
  const made = new Map<string, string>()

  const constant = (layer: KerasLayer, name: string) => {
    const { shape, data } = name === 'kernel' ? outputsFirst(weights[`${layer.name}/kernel`]!) : weights[`${layer.name}/${name}`]!
    return g.constant(`${layer.name}/${name}`, 'float32', shape, name === 'kernel' ? data : data.slice())
  }
  const activate = (name: string, x: string, activation: KerasActivation) =>
    activation === 'softmax' ? g.softmax(name, x) : activation === 'sigmoid' ? g.logistic(name, x) : activation === 'relu' ? g.relu(name, x) : x
  /** What a layer's activation leaves to do after the node that carries ReLU itself. */
  const afterwards = (layer: KerasLayer, x: string, activation: KerasActivation) =>
    activation === 'relu' ? x : activate(`${layer.name}/${activation === 'sigmoid' ? 'logistic' : activation}`, x, activation)
  const fused = (activation: KerasActivation) => (activation === 'relu' ? 'relu' : 'none')

  const build = (layer: KerasLayer, inputs: readonly string[]): string => {
    const { name } = layer
    const x = inputs[0]!
    switch (layer.type) {
      case 'InputLayer':
        return g.input(name, [1, ...layer.shape])
      case 'ZeroPadding2D':
        return g.pad2d(name, x, ...layer.padding)
      case 'Conv2D': {
        const { strides, padding, dilations, activation, useBias } = layer
        const constants = [constant(layer, 'kernel'), ...(useBias ? [constant(layer, 'bias')] : [])]
        return afterwards(layer, g.node(name, [x, ...constants], { op: 'conv2d', strides, padding, dilations, activation: fused(activation) }), activation)
      }
      case 'MaxPooling2D':
        return g.maxPool2d(name, x, layer.poolSize, { strides: layer.strides, padding: layer.padding })
      case 'AveragePooling2D':
        return g.averagePool2d(name, x, layer.poolSize, { strides: layer.strides, padding: layer.padding })
      case 'GlobalAveragePooling2D':
        return g.mean(name, x, [1, 2], layer.keepDims)
      case 'GlobalMaxPooling2D': {
        const [height, width] = g.shapeOf(x).slice(1)
        return layer.keepDims ? g.maxPool2d(name, x, [height!, width!]) : g.flatten(name, g.maxPool2d(`${name}/max`, x, [height!, width!]))
      }
      case 'BatchNormalization': {
        const { scale, shift } = affineOf(layer, weights)
        const scaled = g.mul(`${name}/mul`, x, g.constant(`${name}/scale`, 'float32', [scale.length], scale))
        return g.add(`${name}/add`, scaled, g.constant(`${name}/shift`, 'float32', [shift.length], shift))
      }
      case 'Activation':
        return activate(name, x, layer.activation)
      case 'ReLU':
        return g.relu(name, x)
      case 'Add':
        return inputs.slice(1).reduce((sum, other, i) => g.add(i === inputs.length - 2 ? name : `${name}/${i}`, sum, other), x)
      case 'Flatten':
        return g.flatten(name, x)
      case 'Dense': {
        const constants = [constant(layer, 'kernel'), ...(layer.useBias ? [constant(layer, 'bias')] : [])]
        return afterwards(layer, g.dense(name, x, constants[0]!, constants[1], fused(layer.activation)), layer.activation)
      }
      case 'Dropout':
        return x
    }
  }
  for (const layer of reachable(network))
    made.set(
      layer.name,
      build(
        layer,
        layer.inputs.map((name) => made.get(name)!),
      ),
    )
  return g.build([made.get(network.output)!])
}

/** The layers that the output depends on, in order. */
function reachable({ layers, output }: KerasNetwork): readonly KerasLayer[] {
  const needed = new Set([output])
  return layers.toReversed().filter((layer) => {
    if (!needed.has(layer.name)) return layer.type === 'InputLayer'
    for (const name of layer.inputs) needed.add(name)
    return true
  }).reverse()
}
