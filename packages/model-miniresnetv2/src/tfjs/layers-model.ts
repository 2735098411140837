import * as tf from '@tensorflow/tfjs'
import { AedError } from '@aed/core'
import { requireShape, type KerasModel } from '../keras/model.ts'
import type { KerasLayer, KerasNetwork, KerasWeights } from '../keras/network.ts'
import { initialWeights } from '../miniresnetv2.ts'
import { miniResNetV2Network, type MiniResNetV2Input } from '../miniresnetv2-network.ts'

type Pair = [number, number]
const pair = ([a, b]: readonly [number, number]): Pair => [a, b]

/** The tfjs layer for a Keras layer. */
function tfLayer(layer: Exclude<KerasLayer, { type: 'InputLayer' }>): tf.layers.Layer {
  const { name } = layer
  switch (layer.type) {
    case 'ZeroPadding2D':
      return tf.layers.zeroPadding2d({ name, padding: [pair(layer.padding[0]), pair(layer.padding[1])] })
    case 'Conv2D': {
      const { filters, padding, useBias, activation } = layer
      return tf.layers.conv2d({ name, filters, kernelSize: pair(layer.kernelSize), strides: pair(layer.strides), dilationRate: pair(layer.dilations), padding, useBias, activation })
    }
    case 'MaxPooling2D':
      return tf.layers.maxPooling2d({ name, poolSize: pair(layer.poolSize), strides: pair(layer.strides), padding: layer.padding })
    case 'AveragePooling2D':
      return tf.layers.averagePooling2d({ name, poolSize: pair(layer.poolSize), strides: pair(layer.strides), padding: layer.padding })
    case 'GlobalAveragePooling2D':
    case 'GlobalMaxPooling2D':
      // tfjs reads no keepdims.
      if (layer.keepDims) throw new AedError('MODEL_UNSUPPORTED', `${layer.type} '${name}': keepdims is not supported by tfjs`)
      return layer.type === 'GlobalAveragePooling2D' ? tf.layers.globalAveragePooling2d({ name }) : tf.layers.globalMaxPooling2d({ name })
    case 'BatchNormalization': {
      const { epsilon, momentum, center, scale } = layer
      return tf.layers.batchNormalization({ name, epsilon, momentum, center, scale })
    }
    case 'Activation':
      return tf.layers.activation({ name, activation: layer.activation })
    case 'ReLU':
      return tf.layers.reLU({ name })
    case 'Add':
      return tf.layers.add({ name })
    case 'Flatten':
      return tf.layers.flatten({ name })
    case 'Dense':
      return tf.layers.dense({ name, units: layer.units, useBias: layer.useBias, activation: layer.activation })
    case 'Dropout':
      return tf.layers.dropout({ name, rate: layer.rate })
  }
}

/** The tfjs model of a Keras network, with weights as tfjs initialises them. */
function layersModel({ name, layers, output }: KerasNetwork): tf.LayersModel {
  const made = new Map<string, tf.SymbolicTensor>()
  let inputs: tf.SymbolicTensor | undefined
  for (const layer of layers) {
    if (layer.type === 'InputLayer') made.set(layer.name, (inputs = tf.input({ name: layer.name, shape: [...layer.shape] })))
    else {
      const taken = layer.inputs.map((input) => made.get(input)!)
      made.set(layer.name, tfLayer(layer).apply(taken.length === 1 ? taken[0]! : taken) as tf.SymbolicTensor)
    }
  }
  return tf.model({ name, inputs: inputs!, outputs: made.get(output)! })
}

/**
 * Sets the weights of a tfjs model, layer by layer. Layers of the model that `model` does not have keep what they hold.
 * @throws AedError `MODEL_MISMATCH` for a weight of another shape (layer, expected, got), or when no layer is common
 */
export function loadWeights(model: tf.LayersModel, { network, weights }: Pick<KerasModel, 'network' | 'weights'>): void {
  let loaded = 0
  for (const layer of model.layers) {
    const own = layer.weights.map(({ originalName, shape }) => {
      const name = originalName.slice(originalName.lastIndexOf('/') + 1)
      return { name, shape: shape as number[], found: weights[`${layer.name}/${name}`] }
    })
    if (own.length === 0 || own.every(({ found }) => !found)) continue
    for (const { name, shape, found } of own) {
      const where = `${network.name}: layer '${layer.name}', ${name}`
      if (!found) throw new AedError('MODEL_MISMATCH', `${where}: not among the weights`)
      requireShape(where, shape, found.shape)
    }
    tf.tidy(() => layer.setWeights(own.map(({ found }) => tf.tensor(found!.data, [...found!.shape], 'float32'))))
    loaded++
  }
  if (loaded === 0) throw new AedError('MODEL_MISMATCH', `${network.name}: has no layer in common with '${model.name}'`)
}

/** The tfjs model of any Keras model that was read or made here, weights included; `dispose()` it after use. */
export function buildLayersModel(model: Pick<KerasModel, 'network' | 'weights'>): tf.LayersModel {
  const built = layersModel(model.network)
  loadWeights(built, model)
  return built
}

/**
 * MiniResNetV2 in tfjs, with the seeded initial values of {@link createMiniResNetV2}.
 * @throws AedError `INVALID_OPTION`
 */
export function miniResNetV2(input: MiniResNetV2Input = {}): tf.LayersModel {
  const network = miniResNetV2Network(input)
  const weights: KerasWeights = initialWeights(network, input.seed ?? 0)
  return buildLayersModel({ network, weights })
}
