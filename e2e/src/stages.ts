import { stages as audio, type AudioFile } from '@aed/audio'
import type { FeatureConfig, Stages, Tensor } from '@aed/core'
import { logMelPatches } from '@aed/dsp-mel'
import { stages as model } from '@aed/model-miniresnetv2'
import { stages as quantize } from '@aed/quantize-int8'
import { stages as deploy } from '@aed/stm32-deploy'
import { augmentClip, resampledClip } from './augment-clip.ts'
import { clipSpectrogram } from './clip-spectrogram.ts'
import { measureClip } from './measure-clip.ts'
import { measureStatistics } from './measure-statistics.ts'
import { scoreDeviceClip } from './score-device-clip.ts'

/** What became of one recording. */
export interface ClipPatches {
  /** `[n, nMels, patchLength]`; n = 0 where the clip is shorter than a patch. */
  readonly patches: Tensor<'float32'>
  /** Of the recording as decoded, in s. */
  readonly duration: number
  readonly warnings: readonly string[]
}

/**
 * From the bytes of a recording to its log-mel patches: the whole front end of a feature config.
 * @throws AedError of `@aed/audio` and `@aed/dsp-mel`
 */
async function clipPatches(input: AudioFile, config: FeatureConfig): Promise<ClipPatches> {
  const { clip, duration, warnings } = await audio.loadClip(input, config.audio)
  return { patches: logMelPatches(clip, config), duration, warnings }
}

/** The stages that the pipeline's workers run. */
export const stages = {
  clipPatches,
  clipSpectrogram,
  resampledClip,
  augmentClip,
  measureClip,
  measureStatistics,
  scoreDeviceClip,
  trainClipHeads: model.trainClipHeads,
  trainDenseHead: model.trainDenseHead,
  quantize: quantize.quantize,
  runInt8: quantize.runInt8,
  runInt8Wasm: quantize.runInt8Wasm,
  runFloat: quantize.runFloat,
  generateC: deploy.generateC,
} as const satisfies Stages
