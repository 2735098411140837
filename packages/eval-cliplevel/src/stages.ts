import type { Stages } from '@aed/core'
import { clipScores } from './aggregation.ts'
import { evaluate } from './evaluate.ts'

/** What this package can run in a worker. */
export const stages = { evaluate, clipScores } as const satisfies Stages
