import { AedError, featureConfigSchema, parseOptions, patchStep, type FeatureConfig } from '@aed/core'
import { createColumnDecibels, maximumOf } from './decibels.ts'
import { createDelivery } from './delivery.ts'
import type { LogMelPatchesConfig } from './log-mel-patches.ts'
import { createMelPowerStream } from './mel-power-stream.ts'
import { createMelStream, type MelStream } from './mel-stream.ts'

/**
 * Takes one patch: `[nMels, patchLength]`, its number, and the number of its first frame. The array is the stream's own
 * and is overwritten by the next patch.
 */
export type OnPatch = (patch: Float32Array, index: number, firstFrame: number) => void

/** A signal in pieces to log-mel patches; `push` and `finish` return how many patches were given. */
export interface PatchStream extends Pick<MelStream, 'sampleRate' | 'warnings' | 'push' | 'finish' | 'reset'> {
  /** Complete options. */
  readonly options: Pick<FeatureConfig, 'mel' | 'patches'>
  /** Samples after the one on which a patch's last frame is centred until the patch is given: nFft / 2, rounded up. */
  readonly latency: number
}

/**
 * Log-mel patches of a signal that comes in pieces: those of {@link logMelPatches} in turn, equal to the bit however the
 * signal was cut, each as soon as its last frame is there; with `includeLastPatch` one more in `finish`.
 *
 * `dbRef: 'patch'`, `'running'`, a number and null in constant memory; `'clip'` as {@link createMelStream}: all in `finish`.
 * @throws AedError as {@link createMelStream}; `INVALID_OPTION` when `config.audio` names another rate
 */
export function createPatchStream(sampleRate: number, config: LogMelPatchesConfig, onPatch: OnPatch): PatchStream {
  const { mel, patches, audio } = parseOptions(featureConfigSchema, config, 'patch stream')
  if (config.audio && audio.sampleRate !== sampleRate)
    throw new AedError('INVALID_OPTION', `patch stream: the feature config takes ${audio.sampleRate} Hz, got ${sampleRate} Hz`, { hint: 'resample the signal first' })
  const { nMels, dbRef } = mel
  const { patchLength, includeLastPatch } = patches
  const step = patchStep(patches)
  const size = nMels * patchLength
  // The last patchLength frames, one after another in a circle.
  const power = dbRef === 'patch' ? new Float64Array(size) : null
  const ring = power ?? new Float32Array(size)
  const ordered = power && new Float64Array(size)
  const decibels = createColumnDecibels(size, mel)
  const patch = new Float32Array(size)
  let frames = 0
  let given = 0
  let ended = false
  const { give, settle } = createDelivery((values: Float32Array, index) => onPatch(values, index, frames - patchLength))

  const inOrder = (to: Float32Array | Float64Array) => {
    for (let t = 0; t < patchLength; t++) {
      const from = ((frames + t) % patchLength) * nMels // the oldest frame lies where the next one will
      for (let m = 0; m < nMels; m++) to[m * patchLength + t] = ring[from + m]!
    }
  }
  const givePatch = () => {
    if (ordered) {
      inOrder(ordered)
      decibels(ordered, maximumOf(ordered), patch)
    } else inOrder(patch)
    give(patch, given++)
  }
  const onColumn = (column: Float32Array | Float64Array) => {
    ring.set(column, (frames % patchLength) * nMels)
    frames++
    const start = frames - patchLength
    if (start >= 0 && start % step === 0) givePatch()
  }

  const stream = power ? createMelPowerStream(sampleRate, mel, onColumn) : createMelStream(sampleRate, mel, onColumn)
  const count = (run: () => void): number => {
    const before = given
    run()
    settle()
    return given - before
  }
  return {
    sampleRate,
    options: { mel, patches },
    latency: mel.nFft - (mel.nFft >> 1),
    warnings: stream.warnings,
    push: (samples) => count(() => stream.push(samples)),
    finish: () =>
      count(() => {
        stream.finish()
        if (includeLastPatch && frames >= patchLength && !ended) givePatch()
        ended = true
      }),
    reset: () => {
      stream.reset()
      frames = given = 0
      ended = false
    },
  }
}
