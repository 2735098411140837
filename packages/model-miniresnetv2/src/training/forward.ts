import * as tf from '@tensorflow/tfjs'
import { AedError } from '@aed/core'
import type { KerasActivation, KerasLayer, KerasNetwork } from '../keras/network.ts'
import { averagePool, convolve, maxPool, normalizeBatch, normalizeFixed, padZeros } from './ops.ts'

/** How a network is run. */
export interface ForwardContext {
  /** A weight by `layer/name`; undefined where the layer has none such. */
  readonly weight: (key: string) => tf.Tensor | undefined
  /** Batch normalizations that use the statistics of the batch. */
  readonly batchNorms: ReadonlySet<string>
  /** Called with those statistics. */
  readonly onStatistics?: (layer: string, mean: tf.Tensor1D, variance: tf.Tensor1D) => void
  /** What a dropout layer multiplies by; absent: it changes nothing. */
  readonly dropout?: (layer: KerasLayer & { type: 'Dropout' }, shape: readonly number[]) => tf.Tensor
}

function activate(x: tf.Tensor, activation: KerasActivation): tf.Tensor {
  switch (activation) {
    case 'linear':
      return x
    case 'relu':
      return tf.relu(x)
    case 'softmax':
      return tf.softmax(x)
    case 'sigmoid':
      return tf.sigmoid(x)
  }
}

function run(layer: KerasLayer, inputs: readonly tf.Tensor[], context: ForwardContext): tf.Tensor {
  const { name } = layer
  const x = inputs[0]!
  const image = x as tf.Tensor4D
  const weight = (of: string) => context.weight(`${name}/${of}`)
  const vector = (of: string) => weight(of) as tf.Tensor1D | undefined
  switch (layer.type) {
    case 'InputLayer':
      return x
    case 'ZeroPadding2D':
      return padZeros(image, ...layer.padding)
    case 'Conv2D':
      return activate(convolve(image, weight('kernel') as tf.Tensor4D, vector('bias'), layer.strides, layer.padding, layer.dilations), layer.activation)
    case 'MaxPooling2D':
      return maxPool(image, layer.poolSize, layer.strides, layer.padding)
    case 'AveragePooling2D':
      return averagePool(image, layer.poolSize, layer.strides, layer.padding)
    case 'GlobalAveragePooling2D':
      return tf.mean(x, [1, 2], layer.keepDims)
    case 'GlobalMaxPooling2D':
      return tf.max(x, [1, 2], layer.keepDims)
    case 'BatchNormalization': {
      const [gamma, beta] = [vector('gamma'), vector('beta')]
      if (!context.batchNorms.has(name)) return normalizeFixed(image, gamma, beta, vector('moving_mean')!, vector('moving_variance')!, layer.epsilon)
      const { y, mean, variance } = normalizeBatch(image, gamma, beta, layer.epsilon)
      context.onStatistics?.(name, mean, variance)
      return y
    }
    case 'Activation':
      return activate(x, layer.activation)
    case 'ReLU':
      return tf.relu(x)
    case 'Add':
      return inputs.slice(1).reduce((sum, other) => tf.add(sum, other), x)
    case 'Flatten':
      return tf.reshape(x, [x.shape[0], -1])
    case 'Dense': {
      const product = tf.matMul(x, weight('kernel') as tf.Tensor2D)
      const bias = weight('bias')
      return activate(bias ? tf.add(product, bias) : product, layer.activation)
    }
    case 'Dropout':
      return context.dropout && layer.rate > 0 ? tf.mul(x, context.dropout(layer, x.shape)) : x
  }
}

/**
 * Runs a network on tensors, layer by layer, as far as needed for the outputs asked for. To be called inside `tf.tidy`.
 * @param x `[n, height, width, channels]`
 * @param outputs names of layers
 * @throws AedError `MODEL_MISMATCH` for a layer that the network does not have
 */
export function forward({ name, layers }: KerasNetwork, x: tf.Tensor, outputs: readonly string[], context: ForwardContext): tf.Tensor[] {
  const made = new Map<string, tf.Tensor>()
  const wanted = new Set(outputs)
  for (const layer of layers) {
    made.set(layer.name, run(layer, layer.type === 'InputLayer' ? [x] : layer.inputs.map((input) => made.get(input)!), context))
    wanted.delete(layer.name)
    if (wanted.size === 0) break
  }
  const [missing] = wanted
  if (missing !== undefined) throw new AedError('MODEL_MISMATCH', `${name}: has no layer '${missing}'`)
  return outputs.map((output) => made.get(output)!)
}
