/// <reference path="./node-adapter.d.ts" />
import * as comlink from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { workerScope } from '#endpoint'
import { AedError, isAedError, type ErrorCode } from './errors.ts'
import type { Progress } from './progress.ts'
import type { AsyncStages, StageContext, StageHost, Stages } from './stage.ts'
import { carryErrors } from './worker-errors.ts'

carryErrors()

/** What a worker of @aed answers to: one stage by name. `port` carries progress out and cancellation in. */
interface WorkerApi {
  call(name: string, input: unknown, options: unknown, port: MessagePort | undefined): Promise<unknown>
}

type PortMessage = { readonly progress: Progress } | { readonly abort: true }

/** A Web Worker or a worker thread of Node. */
export type WorkerLike = Worker | NodeWorkerLike

/** The part of `node:worker_threads` `Worker` that is used, so that browsers need no types of Node. */
export interface NodeWorkerLike {
  on(event: string, listener: (value: never) => void): unknown
  off(event: string, listener: (value: never) => void): unknown
  postMessage(message: unknown, transfer?: readonly never[]): void
  terminate(): Promise<number>
}

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
 */
export function expose(stages: Stages): void {
  const api: WorkerApi = {
    async call(name, input, options, port) {
      const stage = Object.hasOwn(stages, name) ? stages[name] : undefined
      if (!stage) throw new AedError('INVALID_INPUT', `this worker has no stage '${name}', only ${Object.keys(stages).join(', ')}`)
      const abort = new AbortController()
      if (port)
        port.onmessage = () => {
          abort.abort()
        }
      try {
        const result: unknown = await stage(input as never, options as never, {
          signal: abort.signal,
          ...(port && { onProgress: (progress: Progress) => port.postMessage({ progress } satisfies PortMessage) }),
        })
        return comlink.transfer(result, [...buffersOf(result)])
      } finally {
        port?.close()
      }
    },
  }
  comlink.expose(api, workerScope())
}

/** One worker with its comlink proxy and a promise that rejects when it dies. */
function open(worker: WorkerLike) {
  const node = 'on' in worker
  const endpoint = node ? nodeEndpoint(worker) : worker
  const remote = comlink.wrap<WorkerApi>(endpoint)
  let fail: (error: AedError) => void = () => undefined
  const failed = new Promise<never>((_resolve, reject) => (fail = reject))
  failed.catch(() => undefined) // calls race against it; alone it is not an unhandled rejection
  const onError = (event: unknown) => {
    const cause = (event as { error?: unknown }).error ?? event
    const message = (event as { message?: unknown }).message
    fail(new AedError('WORKER_FAILED', `the worker stopped: ${typeof message === 'string' ? message : 'it could not be loaded'}`, { cause }))
  }
  if (node) {
    worker.on('error', onError)
    worker.on('exit', (code: number) => fail(new AedError('WORKER_FAILED', `the worker exited with status ${code}`)))
  } else worker.addEventListener('error', onError)

  const call = async (name: string, input: unknown, options: unknown, context: StageContext = {}): Promise<unknown> => {
    const { signal, onProgress, transfer } = context
    if (signal?.aborted) throw aborted(signal)
    const channel = signal || onProgress ? new MessageChannel() : undefined
    let onAbort: (() => void) | undefined
    try {
      if (channel && onProgress) channel.port1.onmessage = ({ data }: MessageEvent<{ progress: Progress }>) => onProgress(data.progress)
      const cancelled = new Promise<never>((_resolve, reject) => {
        if (!signal) return
        onAbort = () => {
          channel?.port1.postMessage({ abort: true } satisfies PortMessage)
          reject(aborted(signal))
        }
        signal.addEventListener('abort', onAbort, { once: true })
      })
      const moved = transfer?.length ? comlink.transfer(input as object, [...transfer]) : input
      const port = channel && comlink.transfer(channel.port2, [channel.port2])
      return await Promise.race([remote.call(name, moved, options, port), failed, cancelled])
    } finally {
      if (onAbort) signal?.removeEventListener('abort', onAbort)
      channel?.port1.close()
    }
  }
  const close = async () => {
    fail(new AedError('ABORTED', 'the worker was closed'))
    await worker.terminate()
  }
  return { call, close, failed }
}

function aborted(signal: AbortSignal): AedError {
  return new AedError('ABORTED', 'the work was cancelled', { cause: signal.reason })
}

/** Stages by name without a list of them: any property is a call of that name. */
function proxyStages<S extends Stages>(call: (name: string, input: unknown, options: unknown, context?: StageContext) => Promise<unknown>) {
  return new Proxy({} as AsyncStages<S>, {
    get: (_target, name) =>
      // A proxy that answers to `then` would be taken for a promise by `await`.
      typeof name !== 'string' || name === 'then'
        ? undefined
        : (input: unknown, options: unknown, context?: StageContext) => call(name, input, options, context),
  })
}

/**
 * Stages that run in a worker which exposes them.
 * @param worker started with a package's `./worker` entry
 * @example const mel = connect<typeof stages>(new Worker(new URL('@aed/dsp-mel/worker', import.meta.url), { type: 'module' }))
 */
export function connect<S extends Stages>(worker: WorkerLike): StageHost<S> {
  const { call, close } = open(worker)
  return { stages: proxyStages<S>(call), size: 1, close }
}

/** Options of {@link createPool}. */
export interface PoolOptions {
  /** Number of workers, 1 or more; by default as many as the machine runs at once. */
  readonly size?: number
}

/**
 * Stages that run in a pool of equal workers; each call goes to the next idle one. A worker that dies fails its call with
 * `WORKER_FAILED` and is replaced. Workers start when first needed.
 */
export function createPool<S extends Stages>(start: () => WorkerLike, options: PoolOptions = {}): StageHost<S> {
  const size = options.size ?? globalThis.navigator?.hardwareConcurrency ?? 2
  if (!Number.isInteger(size) || size < 1) throw new AedError('INVALID_OPTION', `the size of a pool is a whole number of 1 or more, got ${size}`)
  const idle: ReturnType<typeof open>[] = []
  const all = new Set<ReturnType<typeof open>>()
  const waiting: { run: (worker: ReturnType<typeof open>) => void; cancel: (error: AedError) => void }[] = []
  let closed = false

  const acquire = (): Promise<ReturnType<typeof open>> | ReturnType<typeof open> => {
    if (closed) throw new AedError('INVALID_STATE', 'the pool is closed')
    const free = idle.pop()
    if (free) return free
    if (all.size < size) {
      const worker = open(start())
      all.add(worker)
      return worker
    }
    return new Promise((run, cancel) => waiting.push({ run, cancel }))
  }
  const release = (worker: ReturnType<typeof open>) => {
    const next = waiting.shift()
    if (next) next.run(worker)
    else idle.push(worker)
  }
  const call = async (name: string, input: unknown, stageOptions: unknown, context?: StageContext) => {
    const worker = await acquire()
    try {
      const result = await worker.call(name, input, stageOptions, context)
      release(worker)
      return result
    } catch (error) {
      if (isAedError(error, 'WORKER_FAILED')) {
        all.delete(worker)
        void worker.close()
        if (waiting.length && !closed) {
          const fresh = open(start())
          all.add(fresh)
          release(fresh)
        }
      } else if (!closed) release(worker)
      throw error
    }
  }
  const close = async () => {
    closed = true
    for (const { cancel } of waiting.splice(0)) cancel(new AedError('ABORTED', 'the pool was closed'))
    await Promise.all([...all].map((worker) => worker.close()))
  }
  return { stages: proxyStages<S>(call), size, close }
}

export { inThread } from './stage.ts'
export type { ErrorCode }
