import { describe, expect, it } from '@jest/globals'
import { findLeaks, requireNoLeaks } from './leaks.ts'

describe('findLeaks', () => {
  const clips = ['r1', 'r1', 'r2', 'r3'].map((source, i) => ({ id: `c${i}`, label: 'a', source, fold: null }))

  it('names clips of one recording, and duplicates of other recordings', () => {
    const report = findLeaks(clips, { train: [0, 2], test: [1, 3] }, [{ a: 2, b: 3, kind: 'near-duplicate' }])
    expect(report).toEqual({ clips: 2, of: 2, leaks: [{ test: 'c1', train: 'c0', why: 'recording' }, { test: 'c3', train: 'c2', why: 'near-duplicate' }] })
    expect(() => requireNoLeaks(report, 'fold 1')).toThrow(expect.objectContaining({ code: 'SPLIT_INVALID', message: "fold 1: 2 of 2 held-out clips leak from training: 'c1' and 'c0' are cut from one recording" }))
  })

  it('lets a clean split pass', () => {
    const report = findLeaks(clips, { train: [0, 1, 2], test: [3] })
    expect(report.clips).toBe(0)
    expect(() => requireNoLeaks(report, 'fold 1')).not.toThrow()
  })
})
