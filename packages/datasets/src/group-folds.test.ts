import { describe, expect, it } from '@jest/globals'
import { createRandom, findLeaks } from '@aed/core'
import { groupFolds, leaveOneRecordingOut } from './group-folds.ts'

/** Clips of three classes in recordings of one to four clips. */
function clipsOf(seed: number) {
  const random = createRandom(seed)
  return ['a', 'b', 'c'].flatMap((label) =>
    Array.from({ length: 20 }, (_, number) => Array.from({ length: 1 + random.integer(4) }, (_take, take) => ({ id: `${label}${number}-${take}`, label, source: `${label}${number}`, fold: null }))).flat(),
  )
}

describe('groupFolds', () => {
  it('keeps recordings whole and classes even, whatever is drawn', () => {
    for (let seed = 0; seed < 20; seed++) {
      const clips = clipsOf(seed)
      const folds = groupFolds(clips, { folds: 5, seed })
      expect(folds.flatMap(({ test }) => test).sort((a, b) => a - b)).toEqual([...clips.keys()])
      for (const { test, train } of folds) {
        expect(findLeaks(clips, { train, test })).toEqual({ clips: 0, of: test.length, leaks: [] })
        for (const label of ['a', 'b', 'c']) {
          const all = clips.filter((clip) => clip.label === label).length
          const here = test.filter((i) => clips[i]!.label === label).length
          expect(Math.abs(here - all / 5)).toBeLessThanOrEqual(2)
        }
      }
    }
  })

  it('does not depend on the order of the clips, but on the seed', () => {
    const clips = clipsOf(1)
    const names = (list: typeof clips, seed: number) => groupFolds(list, { seed }).map(({ test }) => test.map((i) => list[i]!.id).sort())
    expect(names([...clips].reverse(), 3)).toEqual(names(clips, 3))
    expect(names(clips, 4)).not.toEqual(names(clips, 3))
  })

  it('refuses more folds than recordings, and classes of one recording', () => {
    const code = expect.objectContaining({ code: 'SPLIT_INVALID' })
    expect(() => groupFolds(clipsOf(1), { folds: 61 })).toThrow(code)
    expect(() => groupFolds([...clipsOf(1), { id: 'x', label: 'x', source: 'x', fold: null }])).toThrow(code)
  })
})

describe('leaveOneRecordingOut', () => {
  it('holds each recording out once', () => {
    const clips = clipsOf(2)
    const folds = leaveOneRecordingOut(clips)
    expect(folds).toHaveLength(60)
    for (const { test } of folds) expect(new Set(test.map((i) => clips[i]!.source)).size).toBe(1)
  })
})
