import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { createPool, type StageHost } from '@aed/core/worker'
import type { stages } from './stages.ts'

/** The stages of all packages in worker threads. */
export type StagePool = StageHost<typeof stages>

// Tests run this file's source, but a worker thread runs JavaScript: the build, one folder further.
const WORKER = new URL(import.meta.url.endsWith('.ts') ? '../dist/worker.js' : './worker.js', import.meta.url)

/** A pool of worker threads with every stage of the pipeline; `jobs` of 0: as many as the machine runs at once, 8 at most. */
export function createStagePool(jobs = 0): StagePool {
  return createPool<typeof stages>(() => new Worker(WORKER), { size: jobs || Math.min(availableParallelism(), 8) })
}
