import * as tf from '@tensorflow/tfjs'
import { AedError, formatShape, option, parseOptions, sizeOf, throwIfAborted, type Graph, type StageContext, type Tensor } from '@aed/core'
import * as v from 'valibot'
import { kerasOfGraph } from '../keras/from-graph.ts'
import type { KerasModel } from '../keras/model.ts'
import { useBackend } from './backend.ts'
import { buildLayersModel } from './layers-model.ts'

/** Options of running a network in tfjs. */
export const predictOptionsSchema = v.strictObject({
  batchSize: option.integer(64, 'patches computed at once', { min: 1, max: 4096 }),
  backend: option.choice(['wasm', 'cpu', 'webgl'], 'wasm', 'where tfjs computes'),
})

/** Options of running a network, and what every stage takes beside. */
export type PredictInput = v.InferInput<typeof predictOptionsSchema> & Pick<StageContext, 'signal' | 'onProgress'>

/**
 * Runs a tfjs model on any number of patches, in batches. Leaves no tensor behind.
 * @param patches `[n, mels, frames]`, or with a channel
 * @returns `[n, outputs]`, flattened height, width, channel
 * @throws AedError `MODEL_MISMATCH` for patches of another shape, `ABORTED`
 */
export async function embed(model: tf.LayersModel, patches: Tensor<'float32'>, { signal, onProgress, ...options }: PredictInput = {}): Promise<Tensor<'float32'>> {
  const { batchSize, backend } = parseOptions(predictOptionsSchema, options, 'embed')
  const item = (model.inputs[0]!.shape).slice(1) as number[]
  const n = patches.shape[0] ?? 0
  const shape = patches.shape.length === item.length && item.at(-1) === 1 ? [...patches.shape, 1] : patches.shape
  if (formatShape(shape.slice(1)) !== formatShape(item) || sizeOf(patches.shape) !== patches.data.length)
    throw new AedError('MODEL_MISMATCH', `${model.name}: takes patches [n, ${item.join(', ')}], got ${formatShape(patches.shape)} with ${patches.data.length} values`)
  await useBackend(backend)
  const size = sizeOf(item)
  const outputs = sizeOf((model.outputs[0]!.shape).slice(1) as number[])
  const result = new Float32Array(n * outputs)
  for (let start = 0; start < n; start += batchSize) {
    throwIfAborted(signal)
    const count = Math.min(batchSize, n - start)
    const y = tf.tidy(() => model.predict(tf.tensor(patches.data.slice(start * size, (start + count) * size), [count, ...item], 'float32'), { batchSize: count }) as tf.Tensor)
    try {
      result.set(await y.data<'float32'>(), start * outputs)
    } finally {
      y.dispose()
    }
    onProgress?.({ done: start + count, total: n, what: 'patches' })
  }
  return { dtype: 'float32', shape: [n, outputs], data: result }
}

/**
 * Runs a Keras model on patches by tfjs: {@link embed} with a model that lives as long as the call.
 * @throws AedError `MODEL_MISMATCH`, `MODEL_UNSUPPORTED`, `ABORTED`
 */
export async function predict(model: Pick<KerasModel, 'network' | 'weights'>, patches: Tensor<'float32'>, options: PredictInput = {}): Promise<Tensor<'float32'>> {
  await useBackend(options.backend ?? 'wasm')
  const built = buildLayersModel(model)
  try {
    return await embed(built, patches, options)
  } finally {
    built.dispose()
  }
}

/**
 * Runs a float graph on patches by tfjs: its embeddings where it is a backbone.
 * @throws AedError `MODEL_UNSUPPORTED` for nodes that no Keras layer makes; else as {@link predict}
 */
export async function embedGraph(graph: Graph, patches: Tensor<'float32'>, options: PredictInput = {}): Promise<Tensor<'float32'>> {
  return predict(kerasOfGraph(graph), patches, options)
}
