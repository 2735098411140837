import type { Stages } from '@aed/core'
import { logMelPatches } from './log-mel-patches.ts'
import { logMelSpectrogram, melSpectrogram } from './mel-spectrogram.ts'

/** What `@aed/dsp-mel/worker` answers to. */
export const stages = { logMelPatches, logMelSpectrogram, melSpectrogram } as const satisfies Stages
