import { AedError, isAedError, parseOptions, throwIfAborted, type FeatureConfig, type ModelCard, type StageHost } from '@aed/core'
import type { NodeWorkerLike } from '@aed/core/worker'
import { readTflite } from '@aed/quantize-int8'
import * as v from 'valibot'
import type { stages } from '../stages.ts'
import { classifierModel, type CardOptions } from './classifier-model.ts'
import { createClassify, type Classification, type RecordingSamples } from './classify-recording.ts'
import { classifyOptionsSchema } from './classify-stage.ts'
import type { ClassifierModel } from './clip-scorer.ts'
import { modelBytes, type ModelSource } from './model-bytes.ts'
import { channelsOf, type Pcm } from './recording.ts'

/** Options of `AudioClassifier.load`. */
export interface LoadOptions extends CardOptions {
  /** Cancels the fetch. */
  readonly signal?: AbortSignal
  /**
   * A worker started with `@aed/model-miniresnetv2/worker`: recordings are then classified there, off this thread, and `close` stops it.
   * @example new Worker(new URL('@aed/model-miniresnetv2/worker', import.meta.url), { type: 'module' })
   */
  readonly worker?: Worker | NodeWorkerLike
}

/** Options of `AudioClassifier.classify`. */
export interface ClassifyOptions {
  /** Rate of the samples in Hz; an `AudioBuffer` has its own. */
  readonly sampleRate?: number
  /** Classes given, best first: 1 or more, default 3. */
  readonly topK?: number
  /** Cancels the call: it rejects with `ABORTED`. */
  readonly signal?: AbortSignal
}

const optionsSchema = v.strictObject({
  ...classifyOptionsSchema.entries,
  sampleRate: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  signal: v.optional(v.any()),
})

type Run = (recording: RecordingSamples, topK: number, signal: AbortSignal | undefined) => Promise<Classification>

/**
 * Classifies recordings: samples in, labels with scores out. Resampling, features and network are those that the model was trained and evaluated
 * with, as its card states them; no tfjs.
 * @example
 * const classifier = await AudioClassifier.load(new URL('model.tflite', import.meta.url))
 * const { top } = await classifier.classify(samples, { sampleRate: 44100 })
 */
export class AudioClassifier {
  /** Class names, front end, provenance and licence of the model. */
  readonly card: ModelCard & { readonly classes: readonly string[]; readonly features: FeatureConfig }
  readonly #run: Run
  readonly #stop: () => Promise<void>
  #closed = false

  private constructor({ card }: ClassifierModel, run: Run, stop: () => Promise<void>) {
    this.card = card
    this.#run = run
    this.#stop = stop
  }

  /**
   * Loads a `.tflite`: its bytes, a URL, or the name of a model that this package ships.
   * @throws AedError (rejects) `FILE_NOT_FOUND`, `IO_FAILED`, `MODEL_INVALID`, `MODEL_UNSUPPORTED`; `MODEL_MISMATCH` where class names are missing;
   * `INVALID_OPTION`; `INVALID_STATE` where WebAssembly SIMD is missing; `ABORTED`
   */
  static async load(source: ModelSource, { signal, worker, ...card }: LoadOptions = {}): Promise<AudioClassifier> {
    const { bytes, name } = await modelBytes(source, signal)
    const model = classifierModel(readTflite(bytes, name), name, card)
    throwIfAborted(signal)
    if (!worker) return AudioClassifier.of(model)
    const { connect } = await import('@aed/core/worker')
    const host: StageHost<typeof stages> = connect<typeof stages>(worker)
    const run: Run = (recording, topK, stop) => host.stages.classify({ ...recording, model: bytes, name, card }, { topK }, { signal: stop })
    return new AudioClassifier(model, run, () => host.close())
  }

  /**
   * A classifier of a graph that is here already, int8 or float32.
   * @throws AedError (rejects) as `load`
   */
  static async of({ graph, card }: { readonly graph: ClassifierModel['graph']; readonly card: ModelCard | null }, options: CardOptions = {}): Promise<AudioClassifier> {
    const model = classifierModel({ graph, card }, card?.name ?? graph.name, options)
    const classify = await createClassify(model)
    return new AudioClassifier(model, (recording, topK, signal) => Promise.resolve(classify(recording, topK, signal)), () => Promise.resolve())
  }

  /**
   * What the model says of a recording: its classes as a whole, and over time. Samples are full scale ±1; they are not changed.
   * @throws AedError (rejects) `AUDIO_EMPTY`, `INVALID_INPUT` for samples that are not finite or channels of different lengths, `INVALID_OPTION`,
   * `INVALID_STATE` after `close`, `ABORTED`, `WORKER_FAILED`
   */
  async classify(pcm: Pcm, options: ClassifyOptions = {}): Promise<Classification> {
    if (this.#isClosed()) throw new AedError('INVALID_STATE', 'AudioClassifier: is closed')
    const { topK, sampleRate } = parseOptions(optionsSchema, options, 'AudioClassifier')
    throwIfAborted(options.signal)
    const recording = channelsOf(pcm, sampleRate)
    try {
      return await this.#run(recording, topK, options.signal)
    } catch (error) {
      if (isAedError(error, 'ABORTED') && this.#isClosed()) throw new AedError('INVALID_STATE', 'AudioClassifier: was closed', { cause: error })
      throw error
    }
  }

  #isClosed = () => this.#closed

  /** Stops the worker, if there is one; calls under way reject. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#stop()
  }
}
