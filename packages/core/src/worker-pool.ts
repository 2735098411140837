import { AedError } from './errors.ts'
import { parallelism } from './runtime.ts'
import type { StageContext } from './stage.ts'
import { aborted, openConnection, type Connection, type WorkerLike } from './worker-connection.ts'

interface Waiting {
  readonly run: (worker: Connection) => void
  readonly fail: (error: unknown) => void
}

/** Equal workers that take calls in the order in which they came. */
export interface WorkerPool {
  readonly size: number
  readonly call: Connection['call']
  readonly close: () => Promise<void>
}

/** @throws AedError `INVALID_OPTION` for a size that is not a whole number of 1 or more */
export function openPool(start: () => WorkerLike, size = parallelism()): WorkerPool {
  if (!Number.isInteger(size) || size < 1) throw new AedError('INVALID_OPTION', `the size of a pool is a whole number of 1 or more, got ${size}`)
  const all = new Set<Connection>()
  const idle: Connection[] = []
  const waiting: Waiting[] = []
  let closed = false

  const launch = (): Connection => {
    let worker: Connection
    try {
      worker = openConnection(start())
    } catch (cause) {
      throw new AedError('WORKER_FAILED', `a worker could not be started: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
    all.add(worker)
    worker.dead.catch(() => {
      if (!all.delete(worker)) return
      const at = idle.indexOf(worker)
      if (at >= 0) idle.splice(at, 1)
      void worker.close()
      serve()
    })
    return worker
  }
  /** Gives idle and new workers to the calls that wait. */
  const serve = () => {
    while (waiting.length > 0 && !closed && (idle.length > 0 || all.size < size)) {
      const { run, fail } = waiting.shift()!
      try {
        run(idle.pop() ?? launch())
      } catch (error) {
        fail(error)
      }
    }
  }
  const acquire = (signal: AbortSignal | undefined) =>
    new Promise<Connection>((resolve, reject) => {
      const entry: Waiting = { run: resolve, fail: reject }
      const onAbort = () => {
        const at = waiting.indexOf(entry)
        if (at < 0 || !signal) return
        waiting.splice(at, 1)
        reject(aborted(signal))
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      waiting.push(entry)
      serve()
    })
  const release = (worker: Connection) => {
    if (!all.has(worker)) return
    idle.push(worker)
    serve()
  }

  const call = async (name: string, input: unknown, options: unknown, context?: StageContext) => {
    if (closed) throw new AedError('INVALID_STATE', 'the pool is closed')
    if (context?.signal?.aborted) throw aborted(context.signal)
    const worker = await acquire(context?.signal)
    try {
      return await worker.call(name, input, options, context)
    } finally {
      // After a cancelled call the worker may still be busy: it is idle when it has answered.
      void worker.settled().then(() => release(worker))
    }
  }
  const close = async () => {
    closed = true
    for (const { fail } of waiting.splice(0)) fail(new AedError('ABORTED', 'the pool was closed'))
    const open = [...all]
    all.clear()
    idle.length = 0
    await Promise.all(open.map((worker) => worker.close()))
  }
  return { size, call, close }
}
