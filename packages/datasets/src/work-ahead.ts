import { AedError, throwIfAborted } from '@aed/core'

/** Options of {@link workAhead}. */
export interface WorkAheadOptions {
  /** Results made or in the making before they are taken, from 1: what bounds the memory, and how many run at once. */
  readonly ahead: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Works on items ahead of their use: the results come in the order of the items, whichever is ready first, and no more than `ahead` of them exist
 * at a time. Who takes them slowly slows the work down; who stops taking them stops it, once what runs has ended.
 * @throws AedError `INVALID_OPTION`, `ABORTED`, and what `work` throws, when its turn comes
 */
export async function* workAhead<I, O>(items: Iterable<I>, work: (item: I) => Promise<O>, { ahead, signal }: WorkAheadOptions): AsyncGenerator<O, void, undefined> {
  if (!Number.isInteger(ahead) || ahead < 1) throw new AedError('INVALID_OPTION', `workAhead: ahead takes a whole number of 1 or more, got ${ahead}`)
  const iterator = items[Symbol.iterator]()
  const running: Promise<O>[] = []
  const fill = () => {
    while (running.length < ahead && !signal?.aborted) {
      const next = iterator.next()
      if (next.done === true) return
      const result = work(next.value)
      void result.catch(() => undefined) // it is told when its turn comes
      running.push(result)
    }
  }
  try {
    for (;;) {
      fill()
      if (running.length === 0) break
      const result = await running[0]!
      void running.shift()
      throwIfAborted(signal)
      yield result
    }
    throwIfAborted(signal)
  } finally {
    iterator.return?.()
    await Promise.allSettled(running)
  }
}
