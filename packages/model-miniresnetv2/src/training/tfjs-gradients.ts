import * as tf from '@tensorflow/tfjs'
import { AedError, sizeOf } from '@aed/core'
import type { GradientBatch, GradientEngine, GradientOptions } from '../gradient-engine.ts'
import type { KerasModel } from '../keras/model.ts'
import { layerShapes, type KerasNetwork } from '../keras/network.ts'
import { useBackend, type Backend } from '../tfjs/backend.ts'
import { registerTrainingKernels } from '../tfjs/kernels/register.ts'
import { dropoutMask } from './dropout.ts'
import { forward, type ForwardContext } from './forward.ts'
import { layersBehind, logitNetwork } from './trained-part.ts'
import { namedWeights, weightLayout, type WeightPlace } from './weight-layout.ts'

/** Losses of the items, `[n]`, and what the network says of them, `[n, classes]`. */
interface Losses {
  readonly losses: tf.Tensor1D
  readonly scores: tf.Tensor | null
}

/** What a network is trained on, as tensors. */
type LossFunction = (x: tf.Tensor, targets: tf.Tensor2D, context: ForwardContext) => Losses

/** Cross entropy of a classifier: by softmax, or the mean over the classes of that of each sigmoid. */
function crossEntropy(network: KerasNetwork): LossFunction {
  const { network: logitsOf, multiLabel } = logitNetwork(network)
  return (x, targets, context) => {
    const [logits] = forward(logitsOf, x, [logitsOf.output], context) as [tf.Tensor2D]
    if (!multiLabel) return { losses: tf.sum(tf.mul(tf.neg(targets), tf.logSoftmax(logits)), 1), scores: tf.softmax(logits) }
    // max(z, 0) − z t + log(1 + e^−|z|): stable for any logit.
    const each = tf.add(tf.sub(tf.relu(logits), tf.mul(logits, targets)), tf.log1p(tf.exp(tf.neg(tf.abs(logits)))))
    return { losses: tf.mean(each, 1), scores: tf.sigmoid(logits) }
  }
}

/**
 * Squared distance of taps from targets.
 * @throws AedError `MODEL_MISMATCH` for a tap that is no layer
 */
function tapDistance(network: KerasNetwork, taps: NonNullable<GradientOptions['taps']>): LossFunction {
  const names = taps.map(({ layer }) => layer)
  const sizes = tapSizes(network, names)
  return (x, targets, context) => {
    const outputs = forward(network, x, names, context)
    let from = 0
    const terms = outputs.map((output, i) => {
      const aim = tf.slice2d(targets, [0, from], [-1, sizes[i]!])
      from += sizes[i]!
      return tf.mul(tf.mean(tf.square(tf.sub(tf.reshape(output, aim.shape), aim)), 1), taps[i]!.weight)
    })
    return { losses: terms.reduce((sum, term) => tf.add(sum, term)) as tf.Tensor1D, scores: null }
  }
}

/**
 * Values of each tap.
 * @throws AedError `MODEL_MISMATCH` for a tap that is no layer
 */
export function tapSizes(network: KerasNetwork, names: readonly string[]): readonly number[] {
  const shapes = layerShapes(network)
  return names.map((name) => {
    const shape = shapes.get(name)
    if (!shape) throw new AedError('MODEL_MISMATCH', `${network.name}: has no layer '${name}'`, { hint: `layers are ${[...shapes.keys()].join(', ')}` })
    return sizeOf(shape)
  })
}

const inputShape = ({ layers }: KerasNetwork): readonly number[] => layers.find((layer) => layer.type === 'InputLayer')!.shape

/** Tensors of all weights by key, from values in the network's layout. Within `tf.tidy`. */
function weightTensors(places: readonly WeightPlace[], weights: Float32Array): ReadonlyMap<string, tf.Tensor> {
  return new Map(places.map(({ key, shape, offset, size }) => [key, tf.tensor(weights.slice(offset, offset + size), [...shape], 'float32')]))
}

/**
 * Gradients by tfjs in this thread, on wasm with {@link registerTrainingKernels}: `shards` and `threads` are 1. Leaves no tensor behind.
 * @throws AedError `TOOL_NOT_FOUND` when the backend cannot start, `MODEL_MISMATCH` for a network without a head (or a tap that is no layer),
 * `INVALID_OPTION` for more than one shard or thread
 */
export async function createTfjsGradients(model: Pick<KerasModel, 'network' | 'weights'>, options: GradientOptions & { readonly backend: Backend }): Promise<GradientEngine> {
  const { network } = model
  const { trainable = () => true, frozenStatistics = false, taps, batchSize, shards = 1, threads = 1, backend } = options
  if (shards !== 1 || threads !== 1) throw new AedError('INVALID_OPTION', `gradients by tfjs take one shard and one thread, got ${shards} and ${threads}`)
  await useBackend(backend)
  if (backend === 'wasm') registerTrainingKernels()
  const isFrozen = typeof frozenStatistics === 'function' ? frozenStatistics : () => frozenStatistics
  const layout = weightLayout(network)
  const { places } = layout
  const all = new Float32Array(layout.size)
  for (const { key, offset } of places) all.set(model.weights[key]!.data, offset)

  let values = 0
  const behind = layersBehind(network, taps ? taps.map(({ layer }) => layer) : [network.output])
  const trained = places.filter(({ key, layer, isStatistic }) => !isStatistic && behind.has(layer) && trainable(key))
  const parameters = trained.map(({ key, shape, size }) => ({ key, shape, offset: (values += size) - size, length: size }))
  let channels = 0
  const statistics = network.layers.flatMap((layer) => {
    if (layer.type !== 'BatchNormalization' || !behind.has(layer.name) || isFrozen(layer.name)) return []
    const length = places.find(({ key }) => key === `${layer.name}/moving_mean`)!.size
    return [{ layer: layer.name, momentum: layer.momentum, offset: (channels += length) - length, length }]
  })
  const movingOf = (name: string) => {
    const moving = new Float32Array(channels)
    for (const { layer, offset } of statistics) moving.set(model.weights[`${layer}/${name}`]!.data, offset)
    return moving
  }
  const engine = {
    parameters,
    statistics,
    values: new Float32Array(values),
    gradient: new Float32Array(values),
    batchMean: new Float32Array(channels),
    batchVariance: new Float32Array(channels),
    movingMean: movingOf('moving_mean'),
    movingVariance: movingOf('moving_variance'),
  }
  for (const { key, offset } of parameters) engine.values.set(model.weights[key]!.data, offset)
  const batchNorms = new Set(statistics.map(({ layer }) => layer))
  const lossOf = taps ? tapDistance(network, taps) : crossEntropy(network)
  let closed = false

  /** All weights in the network's layout, with what the engine's user has made of them. */
  function gather(): Float32Array {
    trained.forEach(({ offset }, i) => all.set(engine.values.subarray(parameters[i]!.offset, parameters[i]!.offset + parameters[i]!.length), offset))
    for (const { layer, offset, length } of statistics)
      for (const [name, moving] of [['moving_mean', engine.movingMean], ['moving_variance', engine.movingVariance]] as const) // prettier-ignore
        all.set(moving.subarray(offset, offset + length), places.find(({ key }) => key === `${layer}/${name}`)!.offset)
    return all
  }

  return {
    ...engine,
    async step({ count, x, targets, weights, seed }: GradientBatch) {
      if (closed) throw new AedError('INVALID_STATE', 'gradients: a step after close')
      const item = inputShape(network)
      if (count < 1 || count > batchSize || x.length !== count * sizeOf(item) || targets.length % count !== 0 || (weights && weights.length !== count))
        throw new AedError('INVALID_INPUT', `gradients: expected 1 to ${batchSize} patches of ${sizeOf(item)} values, got ${count} with ${x.length} values, ${targets.length} targets`)
      await useBackend(backend)
      /** Tensors that outlive the tape, and where their values go. */
      const kept: { tensor: tf.Tensor; to: Float32Array; at: number }[] = []
      const keep = (tensor: tf.Tensor, to: Float32Array, at: number) => kept.push({ tensor: tf.keep(tensor), to, at })
      const loss = new Float32Array(1)
      let scores: Float32Array = new Float32Array()
      try {
        tf.tidy(() => {
          const given = weightTensors(places, gather())
          const inputs = tf.tensor(x, [count, ...item], 'float32')
          const aims = tf.tensor2d(targets, [count, targets.length / count])
          const shares = weights ? tf.tensor1d(weights) : tf.ones([count])
          const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => {
            const byKey = new Map(parameters.map(({ key }, i) => [key, tensors[i]!]))
            const found = lossOf(inputs, aims, {
              weight: (key) => byKey.get(key) ?? given.get(key),
              batchNorms,
              onStatistics(layer, mean, variance) {
                const { offset } = statistics.find((statistic) => statistic.layer === layer)!
                keep(mean, engine.batchMean, offset)
                keep(variance, engine.batchVariance, offset)
              },
              dropout: (layer, shape) => tf.tensor(dropoutMask(seed, layer.name, layer.rate, count, sizeOf(shape.slice(1))), [...shape], 'float32'),
            })
            if (found.scores) keep(found.scores, (scores = new Float32Array(found.scores.size)), 0)
            return tf.div(tf.sum(tf.mul(found.losses, shares)), count)
          })(parameters.map(({ key }) => given.get(key)!))
          parameters.forEach(({ offset }, i) => keep(grads[i]!, engine.gradient, offset))
          keep(value, loss, 0)
        })
        for (const { tensor, to, at } of kept) to.set(await tensor.data<'float32'>(), at)
      } finally {
        for (const { tensor } of kept) tensor.dispose()
      }
      return { loss: loss[0]!, scores }
    },
    weights: () => namedWeights(layout, gather()),
    close() {
      closed = true
      return Promise.resolve()
    },
  }
}

/** What {@link createForward} gives. */
export interface Forward {
  /**
   * Outputs of the layers asked for, one after another within an item: `[count, Σ sizes]`. No dropout; batch normalization by moving statistics.
   * @param weights in the network's layout
   */
  run(weights: Float32Array, x: Float32Array, count: number): Promise<Float32Array>
}

/**
 * Runs a network by tfjs with weights that change from call to call: how validation patches and a teacher are seen. Leaves no tensor behind.
 * @param layers whose outputs are wanted
 * @throws AedError `TOOL_NOT_FOUND`, `MODEL_MISMATCH` for a layer that is not there
 */
export async function createForward(network: KerasNetwork, layers: readonly string[], backend: Backend): Promise<Forward> {
  await useBackend(backend)
  tapSizes(network, layers)
  const { places } = weightLayout(network)
  const item = inputShape(network)
  return {
    async run(weights, x, count) {
      await useBackend(backend)
      const joined = tf.tidy(() => {
        const given = weightTensors(places, weights)
        const outputs = forward(network, tf.tensor(x, [count, ...item], 'float32'), layers, { weight: (key) => given.get(key), batchNorms: new Set() })
        return tf.concat(outputs.map((output) => tf.reshape(output, [count, -1])), 1)
      })
      try {
        return await joined.data<'float32'>()
      } finally {
        joined.dispose()
      }
    },
  }
}
