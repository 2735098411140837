import { AedError, sizeOf } from '@aed/core'
import type { GradientBatch, GradientEngine, GradientOptions, GradientResult } from '../gradient-engine.ts'
import type { KerasModel } from '../keras/model.ts'
import { layersBehind } from '../training/trained-part.ts'
import { flattenWeights, namedWeights, weightLayout } from '../training/weight-layout.ts'
import { Replica, type ReplicaOptions } from './replica.ts'
import { startWorkers } from './workers.ts'

/** What is found of a part of a batch. */
export interface ShardResult extends GradientResult {
  readonly count: number
  readonly gradient: Float32Array
  readonly means: Float32Array
  readonly variances: Float32Array
}

/** Sums the shards one after another, so that the result does not depend on who was ready first. */
function combine(shards: readonly ShardResult[], count: number, { gradient, batchMean, batchVariance }: Pick<GradientEngine, 'gradient' | 'batchMean' | 'batchVariance'>): GradientResult {
  gradient.set(shards[0]!.gradient)
  for (const shard of shards.slice(1)) for (let i = 0; i < gradient.length; i++) gradient[i]! += shard.gradient[i]!
  // Mean and variance of the whole batch: that of a shard, and how far its mean lies from that of all.
  for (let i = 0; i < batchMean.length; i++) {
    let mean = 0
    for (const shard of shards) mean += (shard.count / count) * shard.means[i]!
    let variance = 0
    for (const shard of shards) variance += (shard.count / count) * (shard.variances[i]! + (shard.means[i]! - mean) * (shard.means[i]! - mean))
    batchMean[i] = mean
    batchVariance[i] = variance
  }
  const scores = new Float32Array(shards.reduce((sum, shard) => sum + shard.scores.length, 0))
  let loss = 0
  let at = 0
  for (const shard of shards) {
    loss += shard.loss
    scores.set(shard.scores, at)
    at += shard.scores.length
  }
  return { loss, scores }
}

/**
 * Gradients by kernels of our own (WebAssembly SIMD, float32) without tfjs: forward and backward in a memory that is laid out once, in this thread or
 * in several (Node). The same input gives the same bytes on every machine, for any number of threads.
 * @throws AedError (rejects) `MODEL_MISMATCH` for a network without a head or without a tap, or weights that do not fit; `MODEL_UNSUPPORTED` for an
 * activation inside the network other than ReLU; `INVALID_OPTION`; `INVALID_STATE` where WebAssembly SIMD is missing; `WORKER_FAILED`
 */
export async function createWasmGradients(model: Pick<KerasModel, 'network' | 'weights'>, options: GradientOptions): Promise<GradientEngine> {
  const { network } = model
  const { trainable = () => true, frozenStatistics = false, taps = [], batchSize, shards = 2, threads = 1 } = options
  if (![batchSize, shards, threads].every((n) => Number.isInteger(n) && n >= 1) || threads > shards)
    throw new AedError('INVALID_OPTION', `gradients: batchSize, shards and threads are integers of 1 or more, and threads ≤ shards, got ${batchSize}, ${shards}, ${threads}`)
  const isFrozen = typeof frozenStatistics === 'function' ? frozenStatistics : () => frozenStatistics
  const layout = weightLayout(network)
  const all = flattenWeights(layout, model.weights, network.name)
  const behind = layersBehind(network, taps.length > 0 ? taps.map(({ layer }) => layer) : [network.output])
  const placeOf = new Map(layout.places.map((place) => [place.key, place]))

  let valueCount = 0
  const trained = layout.places.filter(({ key, layer, isStatistic }) => !isStatistic && behind.has(layer) && trainable(key))
  const parameters = trained.map(({ key, shape, size }) => ({ key, shape, offset: (valueCount += size) - size, length: size }))
  let channels = 0
  const statistics = network.layers.flatMap((layer) => {
    if (layer.type !== 'BatchNormalization' || !behind.has(layer.name) || isFrozen(layer.name)) return []
    const length = placeOf.get(`${layer.name}/moving_mean`)!.size
    return [{ layer: layer.name, momentum: layer.momentum, offset: (channels += length) - length, length }]
  })

  const replicaOptions: ReplicaOptions = { network, weights: model.weights, parameters, statistics, taps, batchSize: Math.ceil(batchSize / shards) }
  const replica = new Replica(replicaOptions)
  const values = new Float32Array(valueCount)
  for (const { key, offset } of parameters) values.set(model.weights[key]!.data, offset)
  const moving = (name: string) => {
    const found = new Float32Array(channels)
    for (const { layer, offset } of statistics) found.set(model.weights[`${layer}/${name}`]!.data, offset)
    return found
  }
  const engine = {
    parameters,
    statistics,
    values,
    gradient: new Float32Array(valueCount),
    batchMean: new Float32Array(channels),
    batchVariance: new Float32Array(channels),
    movingMean: moving('moving_mean'),
    movingVariance: moving('moving_variance'),
  }
  const item = sizeOf(network.layers.find((layer) => layer.type === 'InputLayer')!.shape)
  const workers = await startWorkers(threads - 1, replicaOptions)
  let state: 'ready' | 'running' | 'closed' = 'ready'

  /** The parts of a batch, as even as can be. */
  function cut({ count, x, targets, weights, seed }: GradientBatch) {
    const size = targets.length / count
    return Array.from({ length: Math.min(shards, count) }, (_, i, of = Math.min(shards, count)) => {
      const [from, to] = [Math.ceil((i * count) / of), Math.ceil(((i + 1) * count) / of)]
      return { count: to - from, x: x.subarray(from * item, to * item), targets: targets.subarray(from * size, to * size), weights: weights?.subarray(from, to) ?? null, seed, first: from, total: count }
    })
  }

  return {
    ...engine,
    async step(batch) {
      const { count, x, targets, weights } = batch
      if (state !== 'ready') throw new AedError('INVALID_STATE', `gradients: a step ${state === 'closed' ? 'after close' : 'during another'}`)
      if (!(count >= 1 && count <= batchSize) || x.length !== count * item || targets.length !== count * replica.targetSize || (weights && weights.length !== count))
        throw new AedError('INVALID_INPUT', `gradients: expected 1 to ${batchSize} patches of ${item} values and ${replica.targetSize} targets, got ${count} with ${x.length} values and ${targets.length} targets`)
      state = 'running'
      try {
        const parts = cut(batch)
        // Shard i goes to thread i % threads; the first of them is this one.
        const pending = workers.map((worker, i) => worker.run(values, parts.filter((_, part) => part % threads === i + 1))) // prettier-ignore
        const own = parts.filter((_, part) => part % threads === 0).map((part) => runShard(replica, values, part)) // prettier-ignore
        const found = [own, ...(await Promise.all(pending))]
        return combine(parts.map((_, part) => found[part % threads]![Math.floor(part / threads)]!), count, engine) // prettier-ignore
      } finally {
        state = 'ready'
      }
    },
    weights() {
      for (const { key, offset, length } of parameters) all.set(values.subarray(offset, offset + length), placeOf.get(key)!.offset)
      for (const { layer, offset, length } of statistics) {
        all.set(engine.movingMean.subarray(offset, offset + length), placeOf.get(`${layer}/moving_mean`)!.offset)
        all.set(engine.movingVariance.subarray(offset, offset + length), placeOf.get(`${layer}/moving_variance`)!.offset)
      }
      return namedWeights(layout, all)
    },
    async close() {
      state = 'closed'
      await Promise.all(workers.map((worker) => worker.close()))
    },
  }
}

/** One part of a batch on a replica with these weights, copied out of its memory. */
export function runShard(replica: Replica, values: Float32Array, shard: Parameters<Replica['run']>[0]): ShardResult {
  replica.values.set(values)
  const { loss, scores } = replica.run(shard)
  return { count: shard.count, loss, scores, gradient: replica.gradient.slice(), means: replica.means.slice(), variances: replica.variances.slice() }
}
