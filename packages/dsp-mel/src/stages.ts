import type { Stages } from '@aed/core'
import { augmentPatches } from './augment/augment-patches.ts'
import { delta } from './delta.ts'
import { deviceLogMelPatches } from './device/front-end.ts'
import { logMelPatches } from './log-mel-patches.ts'
import { logMelSpectrogram, melSpectrogram } from './mel-spectrogram.ts'
import { mfcc } from './mfcc.ts'
import { powerToDb } from './power-to-db.ts'
import { standardizeBands } from './standardize.ts'
import { spectrogram, stft } from './stft.ts'

/** What `@aed/dsp-mel/worker` answers to. */
export const stages = { augmentPatches, delta, deviceLogMelPatches, logMelPatches, logMelSpectrogram, melSpectrogram, mfcc, powerToDb, spectrogram, standardizeBands, stft } as const satisfies Stages
