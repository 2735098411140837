import { describe, expect, it } from '@jest/globals'
import { createRandom, inThread, type LabelledClip } from '@aed/core'
import { foldSplit, officialFolds, splitByRecording } from './split.ts'
import { stages } from './stages.ts'

const clip = (label: string, source: string, fold: number | null = null, id = ''): LabelledClip => ({ id: id || `${label}-${source}-${fold ?? 0}`, label, source, fold })

/** Clips of recordings of 1 to `most` clips each. */
function manyClips(seed: number, classes = 4, recordings = 12, most = 5): LabelledClip[] {
  const random = createRandom(seed)
  return Array.from({ length: classes }, (_c, c) =>
    Array.from({ length: recordings }, (_r, r) => Array.from({ length: 1 + random.integer(most) }, (_k, k) => clip(`class${c}`, `${c}/${r}`, 1 + (r % 5), `${c}/${r}/${k}`))).flat(),
  ).flat()
}
const sources = (clips: readonly LabelledClip[], indices: readonly number[]) => new Set(indices.map((i) => clips[i]!.source))

describe('splitByRecording', () => {
  it('keeps recordings whole and holds out about the fraction of each class, for 50 seeds', () => {
    for (let seed = 0; seed < 50; seed++) {
      const clips = manyClips(seed)
      const { train, validation } = splitByRecording(clips, { fraction: 0.2, seed })
      expect([...train, ...validation].sort((a, b) => a - b)).toEqual([...clips.keys()])
      const held = sources(clips, validation)
      expect([...sources(clips, train)].filter((source) => held.has(source))).toEqual([])
      for (const label of ['class0', 'class1', 'class2', 'class3']) {
        const all = clips.filter((c) => c.label === label).length
        const part = validation.filter((i) => clips[i]!.label === label).length
        expect(Math.abs(part - 0.2 * all)).toBeLessThanOrEqual(2.5) // half of the largest recording
      }
    }
  })

  it('depends on the seed, and neither on the order of the clips nor on the other classes', () => {
    const clips = manyClips(1)
    const first = splitByRecording(clips, { fraction: 0.3, seed: 7 })
    expect(splitByRecording(clips, { fraction: 0.3, seed: 7 })).toEqual(first)
    expect(splitByRecording(clips, { fraction: 0.3, seed: 8 })).not.toEqual(first)
    const held = sources(clips, first.validation)
    const reversed = [...clips].reverse()
    expect(sources(reversed, splitByRecording(reversed, { fraction: 0.3, seed: 7 }).validation)).toEqual(held)
    const one = clips.filter(({ label }) => label === 'class2')
    expect(sources(one, splitByRecording(one, { fraction: 0.3, seed: 7 }).validation)).toEqual(new Set([...held].filter((source) => source.startsWith('2/'))))
  })

  it('leaves at least one recording of each class on each side', () => {
    const clips = [clip('a', '1'), clip('a', '2'), clip('b', '3'), clip('b', '4')]
    for (const fraction of [0.01, 0.5, 1]) for (const part of Object.values(splitByRecording(clips, { fraction, seed: 1 }))) expect(part).toHaveLength(2)
  })

  it('refuses a class of one recording, and clips that are not there', () => {
    expect(() => splitByRecording([clip('a', '1'), clip('a', '1'), clip('b', '2'), clip('b', '3')], { fraction: 0.5, seed: 1 })).toThrow(
      expect.objectContaining({ code: 'SPLIT_INVALID', message: expect.stringContaining("class 'a' has one recording ('1')") }),
    )
    expect(() => splitByRecording([], { fraction: 0.5, seed: 1 })).toThrow(expect.objectContaining({ code: 'SPLIT_INVALID' }))
  })

  it('refuses a split that a recording of two classes spoils', () => {
    // Recording 1 holds the only clip of class b; it counts as one of class a.
    const clips = [clip('a', '1'), clip('a', '1'), clip('b', '1'), clip('a', '2')]
    expect(() => splitByRecording(clips, { fraction: 0.5, seed: 1 })).toThrow(expect.objectContaining({ code: 'SPLIT_INVALID', message: expect.stringContaining("class 'b'") }))
  })

  it('refuses fractions out of range', () => {
    for (const fraction of [0, -1, 1.5, NaN]) expect(() => splitByRecording(manyClips(1), { fraction, seed: 1 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })

  it('is a stage', async () => {
    const clips = manyClips(3)
    expect(await inThread(stages).stages.splitByRecording(clips, { fraction: 0.2, seed: 1 })).toEqual(splitByRecording(clips, { fraction: 0.2, seed: 1 }))
  })
})

describe('officialFolds', () => {
  it('tests on each fold in turn and trains on the others', () => {
    const clips = [clip('a', '1', 2), clip('b', '2', 2), clip('a', '3', 1), clip('b', '4', 1)]
    expect(officialFolds(clips)).toEqual([
      { fold: 1, train: [0, 1], test: [2, 3] },
      { fold: 2, train: [2, 3], test: [0, 1] },
    ])
  })

  it('refuses a recording in two folds, and names it', () => {
    const clips = [clip('a', '1', 1), clip('a', '2', 2), clip('a', '1', 2)]
    expect(() => officialFolds(clips)).toThrow(expect.objectContaining({ code: 'SPLIT_INVALID', message: expect.stringContaining("recording '1' stands in folds 1 and 2") }))
  })

  it('refuses clips without a fold, a single fold, and a class in one fold only', () => {
    for (const clips of [[clip('a', '1'), clip('a', '2', 1)], [clip('a', '1', 1), clip('a', '2', 1)], [clip('a', '1', 1), clip('a', '2', 2), clip('b', '3', 2)]])
      expect(() => officialFolds(clips)).toThrow(expect.objectContaining({ code: 'SPLIT_INVALID' }))
  })
})

describe('foldSplit', () => {
  it('gives one fold, or says which there are', () => {
    const clips = manyClips(2)
    expect(foldSplit(clips, 3)).toEqual(officialFolds(clips)[2])
    expect(() => foldSplit(clips, 9)).toThrow(expect.objectContaining({ code: 'SPLIT_INVALID', message: 'folds: no fold 9, only 1, 2, 3, 4, 5' }))
  })
})
