import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { workAhead } from './work-ahead.ts'

/** Work that counts how many run and wait to be taken. */
function counted(duration: (item: number) => number) {
  const seen = { started: 0, taken: 0, most: 0 }
  const work = async (item: number) => {
    seen.started++
    seen.most = Math.max(seen.most, seen.started - seen.taken)
    await wait(duration(item))
    return item * 10
  }
  return { seen, work }
}

describe('workAhead', () => {
  it('gives the results in order, never more than `ahead` of them at a time', async () => {
    const { seen, work } = counted((item) => (item % 3) * 3)
    const results: number[] = []
    for await (const result of workAhead(Array(20).keys(), work, { ahead: 4 })) {
      results.push(result)
      seen.taken++
    }
    expect(results).toEqual(Array.from({ length: 20 }, (_, i) => i * 10))
    expect(seen.most).toBe(4)
  })

  it('waits for who takes them slowly', async () => {
    const { seen, work } = counted(() => 0)
    const results = workAhead(Array(100).keys(), work, { ahead: 3 })
    await results.next()
    await wait(30)
    expect(seen.started).toBe(3)
    await results.return()
    expect(seen.started).toBe(3)
  })

  it('takes an endless source, and closes it', async () => {
    let closed = false
    const endless = function* () {
      try {
        for (let i = 0; ; i++) yield i
      } finally {
        closed = true
      }
    }
    for await (const result of workAhead(endless(), (i) => Promise.resolve(i), { ahead: 2 })) if (result === 5) break
    expect(closed).toBe(true)
  })

  it('throws what the work throws when its turn comes', async () => {
    const work = (item: number) => (item === 1 ? Promise.reject(new Error('broken')) : wait(20).then(() => item))
    const results = workAhead([0, 1, 2], work, { ahead: 3 })
    expect((await results.next()).value).toBe(0)
    await expect(results.next()).rejects.toThrow('broken')
    expect((await results.next()).done).toBe(true)
  })

  it('stops when told, and refuses to work 0 ahead', async () => {
    const controller = new AbortController()
    const { seen, work } = counted(() => 1)
    const results = workAhead(Array(10).keys(), work, { ahead: 2, signal: controller.signal })
    await results.next()
    controller.abort()
    await expect(results.next()).rejects.toMatchObject({ code: 'ABORTED' })
    expect(seen.started).toBeLessThanOrEqual(3)
    await expect(workAhead([1], work, { ahead: 0 }).next()).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })
})
