import { AedError, melOptionsSchema, parseOptions, type MelOptions } from '@aed/core'
import { createColumnDecibels, maximumOf } from './decibels.ts'
import type { MelOptionsInput } from './mel-plan.ts'
import { createDelivery } from './delivery.ts'
import { createMelPowerStream } from './mel-power-stream.ts'

/**
 * Takes one frame: `nMels` values, the lowest band first, and its number. The array is the stream's own and is
 * overwritten by the next frame: copy what is to be kept.
 */
export type OnFrame = (frame: Float32Array, index: number) => void

/** A signal in pieces to a log-mel spectrogram in frames. */
export interface MelStream {
  /** In Hz. */
  readonly sampleRate: number
  /** Complete options. */
  readonly options: MelOptions
  /** Samples after the one on which a frame is centred until the frame is given: nFft / 2, rounded up. */
  readonly latency: number
  /** What a user should know of these options, one sentence each with a remedy; empty when all is well. */
  readonly warnings: readonly string[]
  /**
   * Takes the next samples, any number of them; they are copied.
   * @returns how many frames were given
   * @throws AedError `INVALID_INPUT` for NaN or infinite samples (with their index in the signal; none of the piece is
   * taken then), `INVALID_STATE` after `finish`; what `onFrame` threw first, when the whole piece is taken and all its frames are given
   */
  push(samples: Float32Array): number
  /**
   * Ends the signal: gives the frames that reach beyond its end, of a centred signal.
   * @returns how many frames were given; 0 in all for a signal that has no frame
   * @throws as `push`
   */
  finish(): number
  /** Forgets all: the next sample is the first of a new signal. */
  reset(): void
}

/**
 * Log-mel of a signal that comes in pieces: the frames of {@link logMelSpectrogram} in turn, equal to the bit however the
 * signal was cut, each as soon as its last sample is there. Constant memory, nothing allocated per frame.
 *
 * `dbRef: 'running'`, a number and null are known at once. `'clip'` is known at the end: all frames come in `finish`, and
 * until then memory grows by 8 · nMels bytes a frame.
 * @param sampleRate in Hz, above 0
 * @throws AedError as {@link createMelPlan}; `INVALID_OPTION` when `dbRef` is `'patch'`, which {@link createPatchStream} takes
 * @example
 * const stream = createMelStream(16000, { dbRef: 'running' }, (frame, index) => console.log(index, frame[0]))
 * stream.push(new Float32Array(1600)) // 4 frames
 * stream.finish() // 2 more
 */
export function createMelStream(sampleRate: number, options: MelOptionsInput, onFrame: OnFrame): MelStream {
  const mel = parseOptions(melOptionsSchema, options, 'mel')
  const { dbRef, nMels, nFft } = mel
  if (dbRef === 'patch')
    throw new AedError('INVALID_OPTION', "mel stream: dbRef 'patch' is the maximum of a patch, and a frame has none", { hint: "call createPatchStream, or choose 'running' or a number" })
  const out = new Float32Array(nMels)
  const decibels = createColumnDecibels(nMels, mel)
  const columns: Float64Array[] = [] // for 'clip' alone
  const atEnd = createDelivery(onFrame)
  let maximum = 0
  const power = createMelPowerStream(sampleRate, mel, (column, index) => {
    if (dbRef === 'clip' || dbRef === 'running') maximum = Math.max(maximum, maximumOf(column))
    if (dbRef === 'clip') {
      columns.push(column.slice())
      return
    }
    if (dbRef === null) out.set(column)
    else decibels(column, dbRef === 'running' ? maximum : dbRef, out)
    onFrame(out, index)
  })
  return {
    sampleRate,
    options: mel,
    latency: nFft - (nFft >> 1),
    warnings: power.warnings,
    push: (samples) => {
      const count = power.push(samples)
      return dbRef === 'clip' ? 0 : count
    },
    finish: () => {
      const count = power.finish()
      if (dbRef !== 'clip') return count
      const kept = columns.splice(0)
      for (const [index, column] of kept.entries()) {
        decibels(column, maximum, out)
        atEnd.give(out, index)
      }
      atEnd.settle()
      return kept.length
    },
    reset: () => {
      power.reset()
      columns.length = 0
      maximum = 0
    },
  }
}
