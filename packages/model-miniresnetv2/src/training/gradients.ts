import type { GradientOptions } from '../gradient-engine.ts'
import { createWasmGradients } from '../gradients/wasm-gradients.ts'
import type { KerasModel } from '../keras/model.ts'
import type { WeightLayout, WeightPlace } from './weight-layout.ts'
import type { TrainedPart } from './trained-part.ts'
import type { Teacher } from './distill.ts'
import type { TrainModelOptions } from './options.ts'
import { createTfjsGradients } from './tfjs-gradients.ts'

/** What a step takes: samples with the step's number. */
export interface StepBatch {
  readonly count: number
  /** `[count, mels, frames]`. */
  readonly inputs: Float32Array
  readonly targets: Float32Array
  readonly weights: Float32Array
}

/** What a step gives, in the layout of all weights. */
export interface StepResult {
  readonly loss: number
  readonly scores: Float32Array
  /** Gradients of the trained weights, means and variances of the batch at the moving statistics, else 0. */
  readonly values: Float32Array
}

/** An engine behind the layout of all weights. */
export interface Gradients {
  step(weights: Float32Array, batch: StepBatch, seed: string): Promise<StepResult>
  close(): Promise<void>
}

/** Starts the engine of a backend for the part of a network that is trained: on wasm our own, elsewhere tfjs. */
export async function createGradients(model: Pick<KerasModel, 'network' | 'weights'>, layout: WeightLayout, part: TrainedPart, teacher: Teacher | null, options: Pick<TrainModelOptions, 'backend' | 'batchSize' | 'shards' | 'threads'>): Promise<Gradients> {
  const { backend, batchSize, shards, threads } = options
  const trained = new Set(part.places.map(({ key }) => key))
  const engineOptions: GradientOptions = {
    trainable: (key) => trained.has(key),
    frozenStatistics: (layer) => !part.batchNorms.has(layer),
    ...(teacher && { taps: teacher.taps }),
    batchSize,
    shards,
    threads,
  }
  const engine = await (backend === 'wasm' ? createWasmGradients(model, engineOptions) : createTfjsGradients(model, { ...engineOptions, backend }))
  const placeOf = new Map(layout.places.map((place): [string, WeightPlace] => [place.key, place]))
  const moves = engine.parameters.map(({ key, offset, length }) => ({ offset, length, at: placeOf.get(key)!.offset }))
  const values = new Float32Array(layout.size)
  return {
    async step(weights, { count, inputs, targets, weights: shares }, seed) {
      for (const { offset, length, at } of moves) engine.values.set(weights.subarray(at, at + length), offset)
      const { loss, scores } = await engine.step({ count, x: inputs, targets, weights: shares, seed })
      for (const { offset, length, at } of moves) values.set(engine.gradient.subarray(offset, offset + length), at)
      for (const { layer, offset, length } of engine.statistics) {
        values.set(engine.batchMean.subarray(offset, offset + length), placeOf.get(`${layer}/moving_mean`)!.offset)
        values.set(engine.batchVariance.subarray(offset, offset + length), placeOf.get(`${layer}/moving_variance`)!.offset)
      }
      return { loss, scores, values }
    },
    close: () => engine.close(),
  }
}
