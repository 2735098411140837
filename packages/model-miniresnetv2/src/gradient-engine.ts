import type { KerasWeights } from './keras/network.ts'

/** A trained weight and where it lies in the flat arrays. */
export interface TrainedParameter {
  /** `layer/name`, as in {@link KerasWeights}. */
  readonly key: string
  readonly shape: readonly number[]
  readonly offset: number
  readonly length: number
}

/** A batch normalization that uses the statistics of the batch, and where its channels lie in the flat arrays. */
export interface BatchStatistics {
  readonly layer: string
  readonly momentum: number
  readonly offset: number
  readonly length: number
}

/** A layer whose output is compared with targets. */
export interface Tap {
  readonly layer: string
  /** Of this tap in the loss. */
  readonly weight: number
}

/** Options of a {@link GradientEngine}. */
export interface GradientOptions {
  /** Which weights are trained, by `layer/name`; default: all but the moving statistics. Nothing is computed before the first of them. */
  readonly trainable?: (key: string) => boolean
  /** Which batch normalizations use their moving statistics, by layer; default: none. */
  readonly frozenStatistics?: boolean | ((layer: string) => boolean)
  /**
   * Given, the loss is no cross entropy but Σ over taps of weight · mean squared distance between the layer's output and the targets; no layer
   * after the last tap is run.
   */
  readonly taps?: readonly Tap[]
  /** Patches of the largest batch. */
  readonly batchSize: number
  /**
   * Parts into which a batch is cut, each with batch statistics of its own, whose gradients are added in a fixed order: the result depends on
   * it and not on `threads`. Default 2.
   */
  readonly shards?: number
  /** Threads that compute, at most `shards`; 1, the default: this one. */
  readonly threads?: number
}

/** What one step learns from. */
export interface GradientBatch {
  /** Patches, at most `batchSize`. */
  readonly count: number
  /** `[count, mels, frames, channels]`. */
  readonly x: Float32Array
  /** `[count, classes]`: the probabilities to reach, smoothed and mixed already. With taps `[count, values of all taps]`, one tap after another. */
  readonly targets: Float32Array
  /** `[count]`: what each patch's loss is multiplied with; default 1. */
  readonly weights?: Float32Array
  /** Of the dropout masks: core's `createRandom`. */
  readonly seed: number | string
}

/** What a step found. */
export interface GradientResult {
  /**
   * Σ weight · loss / count. The loss of a patch is the cross entropy of a softmax head; of a sigmoid head the mean over the classes of the
   * binary cross entropies.
   */
  readonly loss: number
  /** `[count, classes]`: the network's outputs in training mode; empty with taps. */
  readonly scores: Float32Array
}

/** Gives the gradient of the loss of a batch by the trained weights. Flat arrays are the same objects as long as it lives. */
export interface GradientEngine {
  /** In Keras's order. */
  readonly parameters: readonly TrainedParameter[]
  /** The trained weights: whoever trains changes them in place between two steps. */
  readonly values: Float32Array
  /** Of the last step, laid out as `values`. */
  readonly gradient: Float32Array
  readonly statistics: readonly BatchStatistics[]
  /** Statistics of the last batch (the variance by count, not by count − 1), averaged over the shards. */
  readonly batchMean: Float32Array
  readonly batchVariance: Float32Array
  /** Start as the model's; whoever trains moves them. A step does not read them. */
  readonly movingMean: Float32Array
  readonly movingVariance: Float32Array
  /** @throws AedError (rejects) `INVALID_INPUT` for arrays of the wrong length, `INVALID_STATE` after `close` or during another step */
  step(batch: GradientBatch): Promise<GradientResult>
  /** Copies of all weights: the trained ones, the moving statistics and the rest. */
  weights(): KerasWeights
  close(): Promise<void>
}
