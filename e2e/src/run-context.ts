import { setMaxListeners } from 'node:events'
import { defaultCacheDir, openCache, type Cache } from './cache.ts'
import { createStagePool, type StagePool } from './worker-pool.ts'

/** What is needed to get from files to results. */
export interface RunContext {
  readonly cache: Cache
  readonly pool: StagePool
  readonly signal: AbortSignal | undefined
}

/** Where a run keeps its results, how wide it works, and what stops it. */
export interface RunOptions {
  /** null: the default folder. */
  readonly cache?: string | null
  /** Worker threads; 0: one per core. */
  readonly jobs?: number
  readonly signal?: AbortSignal | undefined
}

/** Opens cache and worker pool for some work, and closes the pool after it, however it ends. */
export async function withRunContext<T>({ cache = null, jobs = 0, signal }: RunOptions, work: (context: RunContext) => Promise<T>): Promise<T> {
  // A signal of our own: hundreds of calls listen to it at once, which Node takes for a leak on the caller's.
  const own = signal && AbortSignal.any([signal])
  if (own) setMaxListeners(0, own)
  const pool = createStagePool(jobs)
  try {
    return await work({ cache: openCache(cache ?? defaultCacheDir()), pool, signal: own })
  } finally {
    await pool.close()
  }
}
