import type { Progress } from './progress.ts'

/** What a caller can hand to any stage beside data and options. Every stage takes it, in this thread or in a worker. */
export interface StageContext {
  /** Cancels the call: it rejects (throws) with `ABORTED`. */
  readonly signal?: AbortSignal | undefined
  /** Called now and then with how far the stage has come. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Buffers of the input to move into the worker instead of copying; of no effect in this thread. */
  readonly transfer?: readonly ArrayBuffer[] | undefined
}

/**
 * One stage of the pipeline: a function of data and options that returns new data which the caller owns. No I/O, no
 * clock, no global state. What it returns must be structured-cloneable, its typed arrays whole buffers of their own.
 */
// A stage takes what it takes: `never` parameters accept any such function without giving up its own types.
export type Stage = (input: never, options: never, context?: StageContext) => unknown

/** The stages of a package by name: what its `./worker` entry exposes. */
export type Stages = Readonly<Record<string, Stage>>

/** The same stages seen through a promise, whichever thread they run in. */
export type AsyncStages<S extends Stages> = {
  readonly [K in keyof S]: (
    input: Parameters<S[K]>[0],
    options: Parameters<S[K]>[1],
    context?: StageContext,
  ) => Promise<Awaited<ReturnType<S[K]>>>
}

/** Stages and the means to let go of the thread behind them. */
export interface StageHost<S extends Stages> {
  readonly stages: AsyncStages<S>
  /** How many calls can run at the same time. */
  readonly size: number
  /** Stops the threads; calls under way reject with `ABORTED`. */
  close(): Promise<void>
}

/** Runs stages in this thread, behind the same interface as a worker or a pool of them. */
export function inThread<S extends Stages>(stages: S): StageHost<S> {
  const wrapped = Object.fromEntries(
    Object.entries(stages).map(([name, stage]) => [
      name,
      async (input: never, options: never, context?: StageContext) => await stage(input, options, context),
    ]),
  )
  return { stages: wrapped as unknown as AsyncStages<S>, size: 1, close: () => Promise.resolve() }
}
