import * as comlink from 'comlink'
import { AedError } from './errors.ts'
import { nodeEndpoint, type NodePort } from './node-endpoint.ts'
import type { StageContext } from './stage.ts'
import type { FromWorker, ToWorker, WorkerApi } from './worker-api.ts'

/** A Web Worker or a worker thread of Node. */
export type WorkerLike = Worker | NodeWorkerLike

/** The part of `node:worker_threads` `Worker` that is used, so that browsers need no types of Node. */
export interface NodeWorkerLike extends NodePort {
  terminate(): Promise<number>
}

/** One worker that answers calls of its stages. */
export interface Connection {
  /** Runs a stage; rejects with `ABORTED` as soon as the signal fires, even while the worker is still busy with it. */
  readonly call: (name: string, input: unknown, options: unknown, context?: StageContext) => Promise<unknown>
  /** Resolves when the worker has answered all its calls, or is dead. */
  readonly settled: () => Promise<unknown>
  /** Rejects when the worker dies or is closed. */
  readonly dead: Promise<never>
  readonly close: () => Promise<void>
}

export function aborted(signal: AbortSignal): AedError {
  return new AedError('ABORTED', 'the work was cancelled', { cause: signal.reason })
}

/** A promise that rejects when told to, and is no unhandled rejection where nobody waits for it. */
function rejectable(): { readonly promise: Promise<never>; readonly reject: (error: AedError) => void } {
  let reject: (error: AedError) => void = () => undefined
  const promise = new Promise<never>((_resolve, fail) => (reject = fail))
  promise.catch(() => undefined)
  return { promise, reject }
}

/** Tells when a worker dies: with an uncaught error, by exiting, or because it could not be loaded. */
function watch(worker: WorkerLike, die: (error: AedError) => void): void {
  const onError = (event: unknown) => {
    const { error, message } = event as { readonly error?: unknown; readonly message?: unknown }
    const what = typeof message === 'string' && message !== '' ? message : 'it could not be loaded'
    die(new AedError('WORKER_FAILED', `the worker stopped: ${what}`, { cause: error ?? event }))
  }
  const onMessageError = () => die(new AedError('WORKER_FAILED', 'a message of the worker could not be read'))
  if ('on' in worker) {
    worker.on('error', onError)
    worker.on('messageerror', onMessageError)
    worker.on('exit', (code) => die(new AedError('WORKER_FAILED', `the worker exited with status ${String(code)}`)))
  } else {
    worker.addEventListener('error', onError)
    worker.addEventListener('messageerror', onMessageError)
  }
}

/** The channel of one call: progress in, cancellation out. */
function openChannel({ signal, onProgress }: StageContext) {
  if (!signal && !onProgress) return undefined
  const { port1, port2 } = new MessageChannel()
  const ended = new Promise<void>((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if ('end' in data) resolve()
      else onProgress?.(data.progress)
    }
  })
  return {
    remote: comlink.transfer(port2, [port2]),
    /** Resolves when all progress has arrived: it and the result travel by different ways. */
    ended,
    abort: () => port1.postMessage({ abort: true } satisfies ToWorker),
    close: () => port1.close(),
  }
}

/** Speaks to a worker whose entry called `expose`. */
export function openConnection(worker: WorkerLike): Connection {
  const { promise: dead, reject: die } = rejectable()
  watch(worker, die)
  const remote = comlink.wrap<WorkerApi>('on' in worker ? nodeEndpoint(worker) : worker)
  let settled: Promise<unknown> = Promise.resolve()
  let closed = false

  const call: Connection['call'] = async (name, input, options, context = {}) => {
    const { signal, transfer } = context
    if (closed) throw new AedError('INVALID_STATE', 'the worker is closed')
    if (signal?.aborted) throw aborted(signal)
    const channel = openChannel(context)
    const { promise: cancelled, reject: cancel } = rejectable()
    const onAbort = () => {
      channel?.abort()
      if (signal) cancel(aborted(signal))
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      const moved = transfer?.length && typeof input === 'object' && input !== null ? comlink.transfer(input, [...transfer]) : input
      const answer = remote.call(name, moved, options, channel?.remote)
      settled = Promise.race([Promise.allSettled([settled, answer]), dead]).catch(() => undefined)
      const result = await Promise.race([answer, dead, cancelled])
      if (channel) await Promise.race([channel.ended, dead, cancelled])
      return result
    } catch (error) {
      if ((error as { readonly name?: unknown } | null)?.name !== 'DataCloneError') throw error
      throw new AedError('INVALID_INPUT', `stage '${name}': input and options must be plain data to go to a worker: ${(error as Error).message}`, { cause: error })
    } finally {
      signal?.removeEventListener('abort', onAbort)
      channel?.close()
    }
  }
  const close = async () => {
    closed = true
    die(new AedError('ABORTED', 'the worker was closed'))
    await worker.terminate()
  }
  return { call, settled: () => settled, dead, close }
}
