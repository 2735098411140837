import type { Progress } from './progress.ts'

/** What a worker of @aed answers to: one stage by name. `port` carries progress out and cancellation in. */
export interface WorkerApi {
  call(name: string, input: unknown, options: unknown, port: MessagePort | undefined): Promise<unknown>
}

/** What a worker sends through the port of a call: progress, and that no more will come. */
export type FromWorker = { readonly progress: Progress } | { readonly end: true }
/** What its caller sends. */
export type ToWorker = { readonly abort: true }
