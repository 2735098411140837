import * as comlink from 'comlink'
import { AedError } from './errors.ts'
import type { Progress } from './progress.ts'
import { workerScope } from './runtime.ts'
import type { AsyncStages, StageHost, Stages } from './stage.ts'
import type { FromWorker, WorkerApi } from './worker-api.ts'
import { openConnection, type Connection, type WorkerLike } from './worker-connection.ts'
import { carryErrors } from './worker-errors.ts'
import { openPool } from './worker-pool.ts'

carryErrors() // here and in no other module: bundlers may leave out what the others do on import (sideEffects in package.json)

/** Buffers of the typed arrays in a result that own their memory, so that they can move instead of being copied. */
function buffersOf(value: unknown, found = new Set<ArrayBuffer>()): Set<ArrayBuffer> {
  if (typeof value !== 'object' || value === null) return found
  if (ArrayBuffer.isView(value)) {
    const { buffer } = value
    if (buffer instanceof ArrayBuffer && buffer.byteLength === value.byteLength) found.add(buffer)
  } else if (value instanceof ArrayBuffer) found.add(value)
  else for (const part of Object.values(value)) buffersOf(part, found)
  return found
}

/**
 * Makes the stages of a package callable from the thread that started this worker; a `./worker` entry is this call
 * and nothing else. Typed arrays of results are moved, not copied: a stage keeps none of what it returns.
 * @throws AedError `INVALID_STATE` outside a worker
 */
export function expose(stages: Stages): void {
  const api: WorkerApi = {
    async call(name, input, options, port) {
      const abort = new AbortController()
      const send = (message: FromWorker) => port?.postMessage(message)
      if (port)
        port.onmessage = () => {
          abort.abort()
        }
      try {
        const stage = Object.hasOwn(stages, name) ? stages[name] : undefined
        if (!stage) throw new AedError('INVALID_INPUT', `this worker has no stage '${name}', only ${Object.keys(stages).join(', ')}`)
        const result: unknown = await stage(input as never, options as never, {
          signal: abort.signal,
          ...(port && { onProgress: (progress: Progress) => send({ progress }) }),
        })
        return typeof result === 'object' && result !== null ? comlink.transfer(result, [...buffersOf(result)]) : result
      } finally {
        send({ end: true })
        port?.close()
      }
    },
  }
  comlink.expose(api, workerScope())
}

/** Stages by name without a list of them: any property is a call of that name. */
function proxyStages<S extends Stages>(call: Connection['call']): AsyncStages<S> {
  return new Proxy({} as AsyncStages<S>, {
    get: (_target, name) =>
      // A proxy that answers to `then` would be taken for a promise by `await`.
      typeof name !== 'string' || name === 'then'
        ? undefined
        : (...[input, options, context]: Parameters<AsyncStages<S>[string]>) => call(name, input, options, context),
  })
}

/**
 * Stages that run in a worker which exposes them, one call after another. Close it to let the process end.
 * @param worker started with a package's `./worker` entry
 * @example const mel = connect<typeof stages>(new Worker(new URL('@aed/dsp-mel/worker', import.meta.url), { type: 'module' }))
 */
export function connect<S extends Stages>(worker: WorkerLike): StageHost<S> {
  const { call, close } = openConnection(worker)
  return { stages: proxyStages<S>(call), size: 1, close }
}

/** Options of {@link createPool}. */
export interface PoolOptions {
  /** Number of workers, 1 or more; by default as many as the machine runs at once. */
  readonly size?: number
}

/**
 * Stages that run in a pool of equal workers; each call goes to the next idle one. A worker that dies fails its call with
 * `WORKER_FAILED` and is replaced. Workers start when first needed; close the pool to let the process end.
 * @throws AedError `INVALID_OPTION` for a size that is not a whole number of 1 or more
 */
export function createPool<S extends Stages>(start: () => WorkerLike, { size }: PoolOptions = {}): StageHost<S> {
  const pool = openPool(start, size)
  return { stages: proxyStages<S>(pool.call), size: pool.size, close: pool.close }
}

export { inThread } from './stage.ts'
export type { AsyncStages, StageContext, StageHost, Stages } from './stage.ts'
export type { NodeWorkerLike, WorkerLike } from './worker-connection.ts'
