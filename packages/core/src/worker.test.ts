import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Progress } from './progress.ts'
import type { StageContext, StageHost } from './stage.ts'
import { connect, createPool, expose, inThread } from './worker.ts'

interface Shared {
  readonly flag: Int32Array
}
type TestStages = {
  readonly double: (input: { data: Float32Array }, options: { offset?: number }, context?: StageContext) => { data: Float32Array; nested: [{ sum: Float64Array }] }
  readonly part: (input: null, options: null) => { data: Float32Array }
  readonly threadId: (input: null, options: null) => number
  readonly nothing: (input: null, options: null) => unknown
  readonly progress: (input: null, options: { steps: number }, context?: StageContext) => Promise<number>
  readonly untilAborted: (input: Shared, options: null, context?: StageContext) => Promise<never>
  readonly block: (input: Shared, options: null, context?: StageContext) => number
  readonly meet: (input: Shared & { n: number }, options: null) => number
  readonly fail: (input: null, options: { hint?: string }) => never
  readonly crash: (input: null, options: null) => never
  readonly exit: (input: null, options: { status: number }) => never
  readonly throwLater: (input: null, options: null) => Promise<never>
  readonly notCloneable: (input: null, options: null) => object
}

const fixture = (name: string) => new URL(`../test/${name}`, import.meta.url)
const start = () => new Worker(fixture('test-worker.mjs'))
const shared = () => new Int32Array(new SharedArrayBuffer(8))
/** Waits until a stage has set a flag in shared memory. */
const reached = async (flag: Int32Array, count = 1) => {
  while (Atomics.load(flag, 0) < count) await new Promise((resolve) => setTimeout(resolve, 2))
}

const open: { close(): Promise<void> }[] = []
const keep = <T extends { close(): Promise<void> }>(host: T): T => {
  open.push(host)
  return host
}
const one = () => keep(connect<TestStages>(start()))
const pool = (size: number, from = start) => keep(createPool<TestStages>(from, { size }))

beforeAll(() => {
  if (!existsSync(new URL('../dist/worker.js', import.meta.url))) throw new Error('worker threads load dist: build first (npx tsc -p tsconfig.build.json)')
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((host) => host.close()))
})

const { stages: localStages } = (await import(fixture('test-stages.mjs').href)) as { stages: TestStages }
const hosts: Readonly<Record<string, () => StageHost<TestStages>>> = {
  'this thread': () => inThread(localStages),
  'a worker': one,
  'a pool of 2': () => pool(2),
}

describe.each(Object.entries(hosts))('a stage in %s', (_name, host) => {
  it('takes input and options and returns its result', async () => {
    const { data, nested } = await host().stages.double({ data: Float32Array.of(1, 2.5) }, { offset: 1 })
    expect(data).toEqual(Float32Array.of(3, 6))
    expect(nested[0].sum).toEqual(Float64Array.of(3.5))
    expect(await host().stages.nothing(null, null)).toBeUndefined()
  })

  it('leaves an input without transfer to its caller', async () => {
    const data = Float32Array.of(1, 2)
    await host().stages.double({ data }, {})
    expect(data).toEqual(Float32Array.of(1, 2))
  })

  it('rejects with code, message and hint of an AedError', async () => {
    const { stages } = host()
    await expect(stages.fail(null, { hint: 'use another model' })).rejects.toMatchObject({
      name: 'AedError',
      code: 'MODEL_MISMATCH',
      message: 'net.tflite: takes 10 classes, got 3',
      hint: 'use another model',
    })
    await expect(stages.fail(null, {})).rejects.toMatchObject({ code: 'MODEL_MISMATCH', hint: undefined })
  })

  it('rejects with name, message and place of any other error, and goes on', async () => {
    const { stages } = host()
    await expect(stages.crash(null, null)).rejects.toMatchObject({ name: 'TypeError', message: 'not an AedError', stack: expect.stringContaining('test-stages.mjs') })
    expect(await stages.progress(null, { steps: 1 })).toBe(1)
  })

  it('reports all progress in order before it resolves', async () => {
    const seen: Progress[] = []
    await host().stages.progress(null, { steps: 100 }, { onProgress: (progress) => seen.push(progress) })
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => ({ done: i + 1, total: 100, what: 'steps' })))
  })

  it('ends with ABORTED when the signal fires, and the stage hears of it', async () => {
    const abort = new AbortController()
    const flag = shared()
    const result = host().stages.untilAborted({ flag }, null, { signal: abort.signal })
    setTimeout(() => abort.abort(), 20)
    await expect(result).rejects.toMatchObject({ name: 'AedError', code: 'ABORTED' })
    await reached(flag)
  })
})

describe('connect', () => {
  it('moves the buffers named in transfer and copies the others', async () => {
    const data = Float32Array.of(1, 2)
    const { data: doubled } = await one().stages.double({ data }, {}, { transfer: [data.buffer] })
    expect(data).toHaveLength(0)
    expect(doubled).toEqual(Float32Array.of(2, 4))
  })

  it('copies a result that is a part of a buffer, so that the worker keeps its table', async () => {
    const { stages } = one()
    for (let run = 0; run < 2; run++) {
      const { data } = await stages.part(null, null)
      expect(data).toEqual(Float32Array.of(2, 3))
    }
  })

  it('refuses a signal that has fired without asking the worker', async () => {
    await expect(one().stages.untilAborted({ flag: shared() }, null, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('rejects at once while the worker cannot hear it, and takes the next call after', async () => {
    const { stages } = one()
    const flag = shared()
    const abort = new AbortController()
    const blocked = stages.block({ flag }, null, { signal: abort.signal })
    await reached(flag)
    abort.abort()
    await expect(blocked).rejects.toMatchObject({ code: 'ABORTED' })
    Atomics.store(flag, 1, 1)
    Atomics.notify(flag, 1)
    expect(await stages.progress(null, { steps: 3 })).toBe(3)
  })

  it('names the stages of a worker that is asked for another', async () => {
    const { stages } = one() as unknown as StageHost<Record<string, (input: null, options: null) => number>>
    for (const name of ['melSpectrogram', 'toString', '__proto__'])
      await expect(stages[name]!(null, null)).rejects.toMatchObject({ code: 'INVALID_INPUT', message: expect.stringMatching(`no stage '${name}', only double, part`) })
  })

  it('refuses input that is no plain data with INVALID_INPUT', async () => {
    const { stages } = one()
    await expect(stages.double({ data: (() => 1) as unknown as Float32Array }, {}, { onProgress: () => undefined })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    expect(await stages.progress(null, { steps: 1 })).toBe(1)
  })

  it('rejects where a result is no plain data', async () => {
    await expect(one().stages.notCloneable(null, null)).rejects.toThrow('Unserializable return value')
  })

  it('is not taken for a promise', async () => {
    const host = one()
    expect(await Promise.resolve(host.stages)).toBe(host.stages)
  })

  it('gives WORKER_FAILED for a file that does not exist, now and later', async () => {
    const { stages } = keep(connect<TestStages>(new Worker(fixture('missing.mjs'))))
    for (let call = 0; call < 2; call++) await expect(stages.threadId(null, null)).rejects.toMatchObject({ code: 'WORKER_FAILED', message: expect.stringContaining('missing.mjs') })
  })

  it('gives WORKER_FAILED when the worker exits', async () => {
    await expect(one().stages.exit(null, { status: 3 })).rejects.toMatchObject({ code: 'WORKER_FAILED', message: expect.stringContaining('status 3') })
  })

  it('gives WORKER_FAILED when the worker dies of an uncaught error', async () => {
    await expect(one().stages.throwLater(null, null)).rejects.toMatchObject({ code: 'WORKER_FAILED', message: expect.stringContaining('out of the blue') })
  })

  it('ends calls under way with ABORTED when closed, and refuses later ones with INVALID_STATE', async () => {
    const host = one()
    const flag = shared()
    const result = host.stages.block({ flag }, null)
    await reached(flag)
    await Promise.all([expect(result).rejects.toMatchObject({ code: 'ABORTED' }), host.close()])
    await expect(host.stages.threadId(null, null)).rejects.toMatchObject({ code: 'INVALID_STATE' })
    await host.close()
  })
})

describe('createPool', () => {
  it('runs 2 calls at the same time in 2 threads, and starts no third', async () => {
    let started = 0
    const { stages } = pool(2, () => {
      started++
      return start()
    })
    const flag = shared()
    const [a, b] = await Promise.all([stages.meet({ flag, n: 2 }, null), stages.meet({ flag, n: 2 }, null)])
    expect(a).not.toBe(b)
    const ids = await Promise.all(Array.from({ length: 8 }, () => stages.threadId(null, null)))
    for (const id of ids) expect([a, b]).toContain(id)
    expect(started).toBe(2)
  })

  it('starts no worker before the first call', () => {
    pool(4, () => {
      throw new Error('started')
    })
  })

  it('fails the call of a worker that dies with WORKER_FAILED, serves those that wait, and replaces it', async () => {
    const { stages } = pool(1)
    const before = await stages.threadId(null, null)
    const results = await Promise.allSettled([stages.exit(null, { status: 1 }), stages.threadId(null, null), stages.throwLater(null, null), stages.progress(null, { steps: 2 })])
    expect(results).toMatchObject([
      { status: 'rejected', reason: { code: 'WORKER_FAILED' } },
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'WORKER_FAILED' } },
      { status: 'fulfilled', value: 2 },
    ])
    expect(await stages.threadId(null, null)).not.toBe(before)
  })

  it('replaces a worker that dies while idle', async () => {
    const workers: Worker[] = []
    const { stages } = pool(1, () => {
      workers.push(start())
      return workers.at(-1)!
    })
    await stages.threadId(null, null)
    await workers[0]!.terminate()
    expect(await stages.progress(null, { steps: 1 })).toBe(1)
    expect(workers).toHaveLength(2)
  })

  it('gives WORKER_FAILED to every call where workers cannot be loaded or started', async () => {
    for (const from of [
      () => new Worker(fixture('missing.mjs')),
      () => {
        throw new Error('no threads here')
      },
    ]) {
      const { stages } = pool(2, from)
      const results = await Promise.allSettled(Array.from({ length: 5 }, () => stages.threadId(null, null)))
      for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'WORKER_FAILED' } })
    }
  })

  it('gives a worker whose call was cancelled its next call only when it is free', async () => {
    const { stages } = pool(2)
    const flag = shared()
    const abort = new AbortController()
    const blocked = stages.block({ flag }, null, { signal: abort.signal })
    await reached(flag)
    abort.abort()
    await expect(blocked).rejects.toMatchObject({ code: 'ABORTED' })
    const ids = await Promise.all([stages.threadId(null, null), stages.threadId(null, null), stages.threadId(null, null)])
    expect(new Set(ids).size).toBe(1)
    Atomics.store(flag, 1, 1)
    Atomics.notify(flag, 1)
  })

  it('ends a waiting call with ABORTED when its signal fires', async () => {
    const { stages } = pool(1)
    const flag = shared()
    const blocked = stages.block({ flag }, null)
    await reached(flag)
    const abort = new AbortController()
    const waiting = stages.progress(null, { steps: 1 }, { signal: abort.signal })
    abort.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' })
    Atomics.store(flag, 1, 1)
    Atomics.notify(flag, 1)
    await blocked
  })

  it('ends calls under way and waiting with ABORTED when closed, and refuses later ones with INVALID_STATE', async () => {
    const host = pool(1)
    const flag = shared()
    const calls = [host.stages.block({ flag }, null), host.stages.threadId(null, null)]
    const results = Promise.allSettled(calls)
    await reached(flag)
    await host.close()
    for (const result of await results) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED' } })
    await expect(host.stages.threadId(null, null)).rejects.toMatchObject({ code: 'INVALID_STATE' })
  })

  it('is as wide as the machine where no size is asked for', () => {
    expect(keep(createPool(start)).size).toBeGreaterThanOrEqual(1)
  })

  for (const size of [0, -1, 1.5, NaN])
    it(`refuses a size of ${size} with INVALID_OPTION`, () => {
      expect(() => createPool(start, { size })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    })
})

describe('expose', () => {
  it('refuses to run outside a worker with INVALID_STATE', () => {
    expect(() => expose({})).toThrow(expect.objectContaining({ code: 'INVALID_STATE' }))
  })
})

describe('a process', () => {
  it('ends by itself once its pool is closed: no port or timer holds it', async () => {
    const script = `Promise.all([import('@aed/core/worker'), import('node:worker_threads')]).then(async ([{ createPool }, { Worker }]) => {
      const pool = createPool(() => new Worker(${JSON.stringify(fileURLToPath(fixture('test-worker.mjs')))}), { size: 2 })
      await pool.stages.progress(null, { steps: 3 }, { signal: new AbortController().signal, onProgress() {} })
      await pool.stages.exit(null, { status: 1 }).catch((error) => console.log(error.code))
      await pool.close()
    })`
    const run = promisify(execFile)(process.execPath, ['--eval', script], { cwd: fileURLToPath(fixture('.')), timeout: 30_000 })
    expect((await run).stdout.trim()).toBe('WORKER_FAILED')
  })
})
