import type { Stages } from '@aed/core'
import { augmentWaveform } from './augment.ts'
import { loadClip, prepareClip } from './prepare-clip.ts'

/** What the `./worker` entry answers to. */
export const stages = { augmentWaveform, loadClip, prepareClip } as const satisfies Stages
