import { describe, expect, it } from '@jest/globals'
import { distance } from '../../test/support.ts'
import { scheduleFactor } from './schedule.ts'

const base = { schedule: 'cosine', warmupEpochs: 2, decay: 0.5, decayEpochs: 3 } as const
/** Factors of the times given in a run of 12 epochs with 2 of warm-up. */
const at = (times: readonly number[], change: Partial<Parameters<typeof scheduleFactor>[3]> = {}, plateau = 1) => times.map((time) => scheduleFactor(time, 12, plateau, { ...base, ...change }))

describe('scheduleFactor', () => {
  it('rises in a straight line, then falls as a cosine from 1 to 0', () => {
    expect(distance(at([0.5, 1, 2, 7, 12]), [0.25, 0.5, 1, 0.5, 0])).toBeLessThan(1e-12)
  })
  it('falls in steps, exponentially, by plateaus or not at all', () => {
    expect(at([2, 4.9, 5, 8], { schedule: 'step' })).toEqual([1, 1, 0.5, 0.25])
    expect(distance(at([2, 5, 8], { schedule: 'exponential' }), [1, 0.5, 0.25])).toBeLessThan(1e-12)
    expect(at([1, 9], { schedule: 'plateau' }, 0.125)).toEqual([0.5, 0.125])
    expect(at([9, 12], { schedule: 'constant', warmupEpochs: 0 })).toEqual([1, 1])
  })
})
