import type { Stages } from '@aed/core'
import { loadClip, prepareClip } from './prepare-clip.ts'

/** What the `./worker` entry answers to. */
export const stages = { loadClip, prepareClip } as const satisfies Stages
