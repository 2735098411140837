import type { Stages } from '@aed/core'
import { clipScores } from './aggregation.ts'
import { compareScores } from './compare.ts'
import { evaluate } from './evaluate.ts'
import { evaluateEvents } from './events.ts'
import { evaluateOpenSet } from './open-set.ts'
import { rankingMetrics } from './ranking-metrics.ts'
import { tuneDetection } from './tune-detection.ts'

/** What this package can run in a worker. */
export const stages = { evaluate, clipScores, rankingMetrics, evaluateOpenSet, compareScores, evaluateEvents, tuneDetection } as const satisfies Stages
