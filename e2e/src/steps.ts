import { throwIfAborted, type Progress } from '@aed/core'

/** What a run reports of itself while it works. */
export interface StepEvent {
  /** Name of the step. */
  readonly step: string
  /** Position of the step, from 1, and the number of steps. */
  readonly index: number
  readonly count: number
  readonly state: 'start' | 'progress' | 'end'
  readonly progress?: Progress
  /** Since the step began, in ms. */
  readonly elapsed: number
  /** What came out, at the end. */
  readonly note?: string
}

/** A run's steps: each is timed, reported and stopped by the signal. */
export interface Steps {
  /** Duration of each finished step in ms, in the order run. */
  readonly timings: Record<string, number>
  run<T>(step: string, work: (report: (progress: Progress) => void) => Promise<T>, note?: (result: T) => string): Promise<T>
}

/** @param count number of steps that will be run */
export function createSteps(count: number, onStep: (event: StepEvent) => void, signal: AbortSignal | undefined): Steps {
  const timings: Record<string, number> = {}
  let index = 0
  return {
    timings,
    async run(step, work, note) {
      throwIfAborted(signal)
      index++
      const start = performance.now()
      const event = (state: StepEvent['state'], more: Partial<StepEvent> = {}) => {
        onStep({ step, index, count, state, elapsed: performance.now() - start, ...more })
      }
      event('start')
      const result = await work((progress) => {
        throwIfAborted(signal)
        event('progress', { progress })
      })
      timings[step] = Math.round(performance.now() - start)
      event('end', note ? { note: note(result) } : {})
      return result
    },
  }
}

/** Runs tasks side by side and reports after each; the results are in the order of the tasks. */
export async function runAll<T>(tasks: readonly (() => Promise<T>)[], what: string, report: (progress: Progress) => void, width: number): Promise<T[]> {
  const results = new Array<T>(tasks.length)
  let next = 0
  let done = 0
  report({ done, total: tasks.length, what })
  const lane = async () => {
    while (next < tasks.length) {
      const mine = next++
      results[mine] = await tasks[mine]!()
      report({ done: ++done, total: tasks.length, what })
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, tasks.length) }, lane))
  return results
}
