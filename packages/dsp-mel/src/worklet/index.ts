import { AedError, isAedError } from '@aed/core'
import { createMelStream } from '../mel-stream.ts'
import { createPatchStream } from '../patch-stream.ts'
import { PROCESSOR, type FromProcessor, type ProcessorOptions } from './messages.ts'

/** What resamples in the worklet: `createStreamResampler` of @aed/audio, or anything of this form. */
export type CreateStreamResampler = (inRate: number, outRate: number) => {
  /** The samples that these complete. */
  push(samples: Float32Array): Float32Array
  /** The last ones. */
  end(): Float32Array
}

/** The part of an AudioWorkletGlobalScope that is used here. */
interface WorkletScope {
  readonly sampleRate: number
  readonly AudioWorkletProcessor: new () => { readonly port: MessagePort }
  readonly registerProcessor: (name: string, processor: unknown) => void
}

/** Samples of the context's rate to frames and patches, which it posts. */
function createPipeline(options: ProcessorOptions, contextRate: number, createStreamResampler: CreateStreamResampler | undefined, post: (message: FromProcessor, transfer: Transferable[]) => void) {
  const { sampleRate, mel, patches } = options
  if (contextRate !== sampleRate && !createStreamResampler)
    throw new AedError('INVALID_OPTION', `mel processor: the audio context runs at ${contextRate} Hz, the features take ${sampleRate} Hz`, {
      hint: 'pass createStreamResampler of @aed/audio to registerMelProcessor',
    })
  const resampler = contextRate === sampleRate ? undefined : createStreamResampler!(contextRate, sampleRate)
  const streams = [
    ...(options.frames
      ? [
          createMelStream(sampleRate, mel, (frame, index) => {
            const data = frame.slice()
            post({ type: 'frame', data, index }, [data.buffer])
          }),
        ]
      : []),
    ...(options.wholePatches
      ? [
          createPatchStream(sampleRate, { mel, patches }, (patch, index, firstFrame) => {
            const data = patch.slice()
            post({ type: 'patch', data, index, firstFrame }, [data.buffer])
          }),
        ]
      : []),
  ]
  const take = (samples: Float32Array) => {
    for (let i = 0; i < streams.length; i++) streams[i]!.push(samples)
  }
  return {
    push: (samples: Float32Array) => take(resampler ? resampler.push(samples) : samples),
    finish: () => {
      if (resampler) take(resampler.end())
      for (const stream of streams) stream.finish()
    },
  }
}

/**
 * Registers the processor of {@link createMelNode}: to be called once, in the module that `audioWorklet.addModule` loads.
 * @param tools `createStreamResampler` of @aed/audio; may be left out where the audio context runs at the rate of the features
 * @example
 * // worklet.ts, which a bundler makes one file of
 * import { createStreamResampler } from '@aed/audio'
 * import { registerMelProcessor } from '@aed/dsp-mel/worklet'
 * registerMelProcessor({ createStreamResampler })
 */
export function registerMelProcessor({ createStreamResampler }: { readonly createStreamResampler?: CreateStreamResampler } = {}): void {
  const scope = globalThis as unknown as WorkletScope

  class MelProcessor extends scope.AudioWorkletProcessor {
    #pipeline: ReturnType<typeof createPipeline> | null = null

    constructor({ processorOptions }: { readonly processorOptions: ProcessorOptions }) {
      super()
      this.#attempt(() => {
        this.#pipeline = createPipeline(processorOptions, scope.sampleRate, createStreamResampler, (message, transfer) => this.port.postMessage(message, transfer))
      })
      // The only message that comes asks for the end.
      this.port.onmessage = () => {
        this.#attempt(() => this.#pipeline?.finish())
        this.#pipeline = null
        this.port.postMessage({ type: 'finished' } satisfies FromProcessor)
      }
    }

    /** An error that left `process` would reach the page without its message. */
    #attempt(work: () => void): void {
      try {
        work()
      } catch (error) {
        this.#pipeline = null
        const { code, hint } = isAedError(error) ? error : { code: 'INVALID_STATE' as const, hint: undefined }
        this.port.postMessage({ type: 'failed', code, message: (error as Error).message, hint } satisfies FromProcessor)
      }
    }

    /** One block of the context. Without a source there is no channel, and time stands still. */
    process(inputs: readonly (readonly Float32Array[])[]): boolean {
      const samples = inputs[0]?.[0]
      if (samples && this.#pipeline) this.#attempt(() => this.#pipeline!.push(samples))
      return this.#pipeline !== null
    }
  }

  scope.registerProcessor(PROCESSOR, MelProcessor)
}
