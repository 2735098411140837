// Stages that behave in every way that the transport must carry.
import { setTimeout as sleep } from 'node:timers/promises'
import { threadId } from 'node:worker_threads'
import { AedError, throwIfAborted } from '@aed/core'

const table = Float32Array.of(1, 2, 3)
const waitingFlag = (flag) => {
  Atomics.add(flag, 0, 1)
  Atomics.notify(flag, 0)
}

export const stages = {
  /** Doubles; one buffer in, one buffer out. */
  double: ({ data }, { offset = 0 } = {}) => ({ data: data.map((x) => 2 * x + offset), nested: [{ sum: Float64Array.of(data.reduce((a, b) => a + b, 0)) }] }),
  /** A part of a larger buffer, which must be copied. */
  part: () => ({ data: table.subarray(1) }),
  threadId: () => threadId,
  nothing: () => undefined,
  async progress(_input, { steps }, { onProgress } = {}) {
    for (let done = 1; done <= steps; done++) onProgress?.({ done, total: steps, what: 'steps' })
    return steps
  },
  /** Waits for the signal and says so in shared memory. */
  async untilAborted({ flag }, _options, { signal } = {}) {
    while (!signal.aborted) await sleep(2)
    waitingFlag(flag)
    throwIfAborted(signal)
  },
  /** Blocks its thread until `flag[1]` is set, as a long computation does; `flag[0]` counts those that have begun. */
  block({ flag }) {
    waitingFlag(flag)
    while (Atomics.load(flag, 1) === 0) Atomics.wait(flag, 1, 0, 1000)
    return threadId
  },
  /** Comes back when `n` calls run at the same time, in threads of their own. */
  meet({ flag, n }) {
    waitingFlag(flag)
    for (let seen = Atomics.load(flag, 0); seen < n; seen = Atomics.load(flag, 0))
      if (Atomics.wait(flag, 0, seen, 20_000) === 'timed-out') throw new Error('met nobody')
    return threadId
  },
  fail(_input, { hint }) {
    throw new AedError('MODEL_MISMATCH', 'net.tflite: takes 10 classes, got 3', hint ? { hint } : {})
  },
  crash() {
    throw new TypeError('not an AedError')
  },
  exit(_input, { status }) {
    process.exit(status)
  },
  async throwLater() {
    setTimeout(() => {
      throw new Error('out of the blue')
    }, 1)
    await sleep(60_000)
  },
  notCloneable: () => ({ f: () => 1 }),
}
