import type { Stages } from '@aed/core'
import { parseEsc50Csv } from './esc50-csv.ts'
import { splitByRecording } from './split.ts'

/** What the `./worker` entry answers to. */
export const stages = { parseEsc50Csv, splitByRecording } as const satisfies Stages
