import type { Worker } from 'node:worker_threads'
import { AedError } from '@aed/core'
import type { ReplicaOptions, ShardInput } from './replica.ts'
import type { ShardResult } from './wasm-gradients.ts'

/** A thread with a replica of its own. */
export interface GradientWorker {
  run(values: Float32Array, shards: readonly ShardInput[]): Promise<readonly ShardResult[]>
  close(): Promise<void>
}

/** What a worker answers. */
export type WorkerAnswer = { readonly results: readonly ShardResult[] } | { readonly failure: unknown }

// Tests run this file's source, but a worker thread runs JavaScript: the build.
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? '../../dist/gradients/worker.js' : './worker.js', import.meta.url)

async function startWorker(threads: typeof import('node:worker_threads'), options: ReplicaOptions): Promise<GradientWorker> {
  const worker: Worker = new threads.Worker(ENTRY, { workerData: options })
  let failure: unknown
  let settle: ((answer: WorkerAnswer) => void) | undefined
  const fail = (error: unknown) => {
    failure ??= error
    settle?.({ failure: error })
  }
  worker.on('message', (answer: WorkerAnswer) => settle?.(answer))
  worker.on('error', fail)
  worker.on('exit', (code) => fail(new Error(`it ended with status ${code}`)))
  /** The next thing that it says. */
  const answer = () =>
    new Promise<readonly ShardResult[]>((resolve, reject) => {
      settle = (answer) => {
        settle = undefined
        if ('results' in answer) resolve(answer.results)
        else reject(new AedError('WORKER_FAILED', `a thread of the training stopped: ${answer.failure instanceof Error ? answer.failure.message : String(answer.failure)}`, { cause: answer.failure }))
      }
      if (failure !== undefined) settle({ failure })
    })
  await answer() // that it is ready
  return {
    run(values, shards) {
      const found = answer()
      // Copies of their own: of a view the whole memory behind it would be sent.
      worker.postMessage({ values, shards: shards.map((shard) => ({ ...shard, x: shard.x.slice(), targets: shard.targets.slice(), weights: shard.weights?.slice() ?? null })) })
      return found
    },
    async close() {
      await worker.terminate()
    },
  }
}

/**
 * Starts threads, each with a replica.
 * @throws AedError (rejects) `INVALID_OPTION` outside Node, `WORKER_FAILED`
 */
export async function startWorkers(count: number, options: ReplicaOptions): Promise<readonly GradientWorker[]> {
  if (count === 0) return []
  // Not an import: bundlers for browsers would follow it.
  const threads = (globalThis.process as NodeJS.Process | undefined)?.getBuiltinModule('node:worker_threads')
  if (!threads) throw new AedError('INVALID_OPTION', 'gradients: more than one thread needs Node', { hint: 'threads: 1 gives the same result' })
  const started = await Promise.allSettled(Array.from({ length: count }, () => startWorker(threads, options)))
  const workers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = started.find((one) => one.status === 'rejected')
  if (!failed) return workers
  await Promise.all(workers.map((worker) => worker.close()))
  throw failed.reason
}
