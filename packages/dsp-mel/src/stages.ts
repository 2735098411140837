import type { AudioClip, Stages, Tensor } from '@aed/core'
import { augmentPatches } from './augment/augment-patches.ts'
import { delta } from './delta.ts'
import { deviceLogMelPatches } from './device/front-end.ts'
import { logMelPatches } from './log-mel-patches.ts'
import { logMelSpectrogram, melSpectrogram } from './mel-spectrogram.ts'
import { mfcc } from './mfcc.ts'
import { powerToDb } from './power-to-db.ts'
import { standardizeBands } from './standardize.ts'
import { spectrogram, stft } from './stft.ts'
import { bandEnvelopes } from './temporal/band-envelopes.ts'
import { envelopeLevels } from './temporal/envelope-levels.ts'
import { logMelLevels } from './temporal/log-mel-levels.ts'
import { logMelModulation } from './temporal/log-mel-modulation.ts'
import { logMelMoments } from './temporal/log-mel-moments.ts'

/** A stage of a function without options. */
type WithoutOptions<I> = (input: I, options: Readonly<Record<string, never>>) => Float32Array

const bandEnvelopesStage: WithoutOptions<AudioClip> = bandEnvelopes
const envelopeLevelsStage: WithoutOptions<AudioClip> = envelopeLevels
const logMelLevelsStage: WithoutOptions<Tensor<'float32'>> = logMelLevels
const logMelModulationStage: WithoutOptions<Tensor<'float32'>> = logMelModulation
const logMelMomentsStage: WithoutOptions<Tensor<'float32'>> = logMelMoments

/** What `@aed/dsp-mel/worker` answers to. */
export const stages = {
  augmentPatches,
  bandEnvelopes: bandEnvelopesStage,
  delta,
  deviceLogMelPatches,
  envelopeLevels: envelopeLevelsStage,
  logMelLevels: logMelLevelsStage,
  logMelModulation: logMelModulationStage,
  logMelMoments: logMelMomentsStage,
  logMelPatches,
  logMelSpectrogram,
  melSpectrogram,
  mfcc,
  powerToDb,
  spectrogram,
  standardizeBands,
  stft,
} as const satisfies Stages
