import {
  AedError,
  featureConfigSchema,
  parseOptions,
  throwIfAborted,
  type AudioClip,
  type FeatureConfig,
  type PatchOptions,
  type StageContext,
  type Tensor,
} from '@aed/core'
import { checkClip } from './check-clip.ts'
import { maximumOf, toDecibels } from './decibels.ts'
import { createMelPlan, type MelOptionsInput, type MelPlan } from './mel-plan.ts'
import { copyColumns, cutPatches, patchStarts, type PatchOptionsInput } from './patches.ts'

/** The part of a feature config from the clip on; a whole `FeatureConfig` is one. */
export interface LogMelPatchesConfig {
  readonly mel: MelOptionsInput
  readonly patches: PatchOptionsInput
  /** When it is there, the clip must have its `sampleRate`. */
  readonly audio?: FeatureConfig['audio']
}

/**
 * Log-mel patches of a clip: the whole of this package, what a network takes. The reference of the dB is found over the
 * whole clip before it is cut, except that `dbRef: 'patch'` relates each patch to its own maximum.
 * @returns `[n, nMels, patchLength]`, n = 0 for a clip shorter than a patch
 * @throws AedError `INVALID_OPTION`; `AUDIO_EMPTY`; `INVALID_INPUT` for NaN or infinite samples (with the index of the
 * first), fewer than nFft samples without `center`, or a clip of another rate than `config.audio` says
 */
export function logMelPatches(clip: AudioClip, config: LogMelPatchesConfig, context?: StageContext): Tensor<'float32'> {
  throwIfAborted(context?.signal)
  const { samples, sampleRate } = checkClip(clip)
  const { mel, patches, audio } = parseOptions(featureConfigSchema, config, 'logMelPatches')
  if (config.audio && audio.sampleRate !== sampleRate)
    throw new AedError('INVALID_INPUT', `logMelPatches: the feature config takes clips of ${audio.sampleRate} Hz, got ${sampleRate} Hz`, { hint: 'resample the clip first' })
  const plan = createMelPlan(sampleRate, mel)
  if (plan.options.dbRef === 'patch') return patchesReTheirMaximum(plan, samples, patches)
  const data = plan.logMel(samples)
  return cutPatches({ dtype: 'float32', shape: [plan.options.nMels, plan.frames(samples.length)], data }, patches)
}

function patchesReTheirMaximum(plan: MelPlan, samples: Float32Array, patches: PatchOptions): Tensor<'float32'> {
  const { nMels } = plan.options
  const frames = plan.frames(samples.length)
  const { patchLength } = patches
  const starts = patchStarts(frames, patches)
  const mel = plan.melPower(samples)
  const size = nMels * patchLength
  const data = new Float32Array(starts.length * size)
  const patch = new Float64Array(size)
  for (const [i, start] of starts.entries()) {
    copyColumns(mel, frames, start, patchLength, patch)
    toDecibels(patch, new Float64Array(patchLength).fill(maximumOf(patch)), plan.options, data, i * size)
  }
  return { dtype: 'float32', shape: [starts.length, nMels, patchLength], data }
}
