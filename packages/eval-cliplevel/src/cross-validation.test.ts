import { describe, expect, it } from '@jest/globals'
import { createRandom, type LabelledClip } from '@aed/core'
import fc from 'fast-check'
import { crossValidate, formatCrossValidation, nestedCrossValidate, type FoldCall, type FoldScore, type FoldSplit } from './index.ts'

/** Clips of recordings of two, two classes, three folds. */
const clips: readonly LabelledClip[] = Array.from({ length: 24 }, (_, i) => ({ id: `clip ${i}`, label: (i >> 1) % 2 === 0 ? 'dog' : 'rain', source: `rec ${i >> 1}`, fold: 1 + ((i >> 2) % 3) }))

const byFold = (some: readonly LabelledClip[]): FoldSplit[] =>
  [...new Set(some.map(({ fold }) => fold!))].map((fold) => ({ fold, train: [...some.keys()].filter((i) => some[i]!.fold !== fold), test: [...some.keys()].filter((i) => some[i]!.fold === fold) }))
const inOrder = { splits: byFold, fit: (train: readonly number[]) => train.length, score: (trained: number, test: readonly number[]) => ({ figures: { trained, tested: test.length } }) }
const refused = (code: string, message: RegExp) => expect.objectContaining({ code, message: expect.stringMatching(message) })

/** Guesses the most frequent label of training: a real procedure whose figures are known by counting. */
const majority = {
  fit: (train: readonly number[], { clips: all }: FoldCall) => (train.filter((i) => all[i]!.label === 'dog').length * 2 >= train.length ? 'dog' : 'rain'),
  score: (label: string, test: readonly number[], { clips: all }: FoldCall) => ({ figures: { accuracy: test.filter((i) => all[i]!.label === label).length / test.length } }),
}

describe('crossValidate', () => {
  it('trains and tests once a fold, and summarizes every figure', async () => {
    const result = await crossValidate({ clips, ...inOrder, variants: 7 })
    expect(result.folds.map(({ fold, train, test, score }) => [fold, train, test, score.figures.trained, score.figures.tested])).toEqual([['1', 16, 8, 16, 8], ['2', 16, 8, 16, 8], ['3', 16, 8, 16, 8]])
    expect(result.summary).toEqual({ trained: { folds: 3, mean: 16, std: 0 }, tested: { folds: 3, mean: 8, std: 0 } })
    expect(result).toMatchObject({ schema: 'aed-cross-validation/1', variants: 7, leaky: false, leaks: { clips: 0, of: 24, first: null } })
  })

  it('takes any fit and score, async ones too, and judges only what was held out', async () => {
    const { folds } = await crossValidate({ clips, splits: byFold(clips), ...majority, fit: async (...call: Parameters<typeof majority.fit>) => Promise.resolve(majority.fit(...call)) })
    expect(folds.map(({ score }) => score.figures.accuracy)).toEqual([0.5, 0.5, 0.5])
  })

  it('refuses a split that leaks a recording, naming the pair, or marks every figure', async () => {
    const splits = [{ fold: 'all', train: [...clips.keys()].filter((i) => i !== 0 && i !== 3), test: [0, 3] }]
    await expect(crossValidate({ clips, ...inOrder, splits })).rejects.toThrow(refused('SPLIT_INVALID', /fold all: 2 of 2 held-out clips leak from training: 'clip 0' and 'clip 1' are cut from one recording/))
    const marked = await crossValidate({ clips, ...inOrder, splits, leaks: 'mark' })
    expect(marked).toMatchObject({ leaky: true, leaks: { clips: 2, of: 2, first: { fold: 'all', test: 'clip 0', train: 'clip 1' } } })
    expect(formatCrossValidation(marked)).toContain('LEAKY: the sound of 2 of 2 held-out clips is trained on')
    expect(formatCrossValidation(await crossValidate({ clips, ...inOrder }))).not.toContain('LEAKY')
  })

  it('counts a duplicate of another recording, and a clip on both sides, as a leak', async () => {
    await expect(crossValidate({ clips, ...inOrder, duplicates: [{ a: 4, b: 0 }] })).rejects.toThrow(refused('SPLIT_INVALID', /fold 1: 1 of 8 held-out clips leak from training: 'clip 0' and 'clip 4' hold the same samples/))
    await expect(crossValidate({ clips, ...inOrder, splits: [{ fold: 1, train: [...clips.keys()], test: [5] }] })).rejects.toThrow(refused('SPLIT_INVALID', /1 of 1 held-out clips leak from training: 'clip 5' and 'clip 5'/))
  })

  it('goes on where a failed run stopped, and not with the folds of another key or of other clips', async () => {
    const store = new Map<string, FoldScore>()
    let fitted: string[] = []
    const run = (key: unknown, failAt: string, some = clips) =>
      crossValidate({
        clips: some,
        splits: byFold,
        key,
        store,
        fit: (_train, { fold }) => {
          if (fold === failAt) throw new Error('out of power')
          fitted.push(fold)
          return fold
        },
        score: (fold) => ({ figures: { fold: Number(fold) } }),
      })
    await expect(run('a', '3')).rejects.toThrow('out of power')
    expect(fitted).toEqual(['1', '2'])
    fitted = []
    const resumed = await run('a', '')
    expect(fitted).toEqual(['3'])
    expect(resumed.summary['fold']!.mean).toBe(2)
    fitted = []
    await run('b', '')
    await run('a', '', clips.map((clip) => ({ ...clip, id: `${clip.id}.wav` })))
    expect(fitted).toEqual(['1', '2', '3', '1', '2', '3'])
  })

  it('runs as many folds at a time as it is told, with equal results', async () => {
    let [running, most] = [0, 0]
    const slow = { ...inOrder, fit: async (train: readonly number[]) => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 5))
      running--
      return train.length
    } }
    expect(await crossValidate({ clips, ...slow, concurrency: 2 })).toEqual(await crossValidate({ clips, ...inOrder }))
    expect(most).toBe(2)
  })

  it('gives null with the reason for a figure that a fold does not define', async () => {
    const result = await crossValidate({ clips, ...inOrder, score: (_model, _test, { fold }) => ({ figures: { recall: fold === '2' ? null : 1 } }) })
    expect(result.summary).toEqual({ recall: null })
    expect(result.undefinedMetrics).toEqual([{ metric: 'recall', class: null, reason: 'it is not defined in fold 2' }])
  })

  it('stops with ABORTED between folds', async () => {
    const stop = new AbortController()
    const run = crossValidate({ clips, ...inOrder, fit: () => (stop.abort(), 1) }, { signal: stop.signal })
    await expect(run).rejects.toThrow(refused('ABORTED', /./))
  })

  const bad: readonly (readonly [what: string, change: object, code: string, message: RegExp])[] = [
    ['no folds', { splits: [] }, 'SPLIT_INVALID', /there are no folds/],
    ['two folds of one name', { splits: [{ fold: 1, train: [0, 2], test: [4] }, { fold: '1', train: [0, 2], test: [4] }] }, 'SPLIT_INVALID', /two folds are called "1"/],
    ['an empty side', { splits: [{ fold: 1, train: [0, 2], test: [] }] }, 'SPLIT_INVALID', /fold 1: there is no clip to test on/],
    ['an index outside', { splits: [{ fold: 1, train: [0, 24], test: [4] }] }, 'SPLIT_INVALID', /train holds index 24, there are 24 clips/],
    ['a clip twice', { splits: [{ fold: 1, train: [0, 2, 0], test: [4] }] }, 'SPLIT_INVALID', /train holds clip "clip 0" twice/],
    ['a class without clips in training', { splits: [{ fold: 1, train: [0, 4], test: [2] }] }, 'SPLIT_INVALID', /class "rain" is tested \(clip "clip 2"\)/],
    ['a figure that is not finite', { score: () => ({ figures: { x: NaN } }) }, 'INVALID_INPUT', /fold 1: figure "x" is NaN/],
    ['a store without a key', { store: new Map() }, 'INVALID_OPTION', /key/],
    ['no concurrency', { concurrency: 0 }, 'INVALID_OPTION', /concurrency/],
    ['a part of a variant', { variants: 0.5 }, 'INVALID_OPTION', /variants/],
    ['another word for leaks', { leaks: 'ignore' }, 'INVALID_OPTION', /leaks takes refuse or mark/],
  ]
  it.each(bad)('refuses %s', async (_what, change, code, message) => {
    await expect(crossValidate({ clips, ...inOrder, ...change })).rejects.toThrow(refused(code, message))
  })
})

describe('nestedCrossValidate', () => {
  const constant = (value: number) => ({ fit: () => value, score: (model: number) => ({ figures: { accuracy: model } }) })

  it('chooses by the inner folds alone and tests the choice outside', async () => {
    const calls: string[] = []
    const result = await nestedCrossValidate({
      clips,
      splits: byFold,
      inner: byFold,
      select: 'accuracy',
      variants: {
        flat: constant(0.5),
        // Good within, bad outside: what is chosen by inner folds must be charged with its outer score.
        lucky: { fit: (_train, { fold }) => (calls.push(fold), fold.includes('/') ? 0.9 : 0.1), score: (model) => ({ figures: { accuracy: model } }) },
      },
    })
    expect(calls).toEqual(['1/2', '1/3', '2/1', '2/3', '3/1', '3/2', '1', '2', '3'])
    expect(result.folds.map(({ chosen, inner, score }) => [chosen, inner, score.figures.accuracy])).toEqual(Array.from({ length: 3 }, () => ['lucky', { flat: 0.5, lucky: 0.9 }, 0.1]))
    expect(result).toMatchObject({ schema: 'aed-nested-cross-validation/1', variants: 2, leaky: false, select: 'accuracy' })
    expect(formatCrossValidation(result)).toMatch(/2 variants were looked at, chosen by inner folds/)
  })

  it('hands inner folds only clips of the outer training, and resumes them', async () => {
    const store = new Map<string, FoldScore>()
    const run = () => nestedCrossValidate({ clips, splits: byFold, inner: byFold, select: 'accuracy', store, variants: { majority: { ...majority, key: 1 } } })
    const first = await run()
    expect(store.size).toBe(9)
    expect(await run()).toEqual(first)
    expect(store.size).toBe(9)
  })

  it('takes the first of equals, and passes over a variant without the figure', async () => {
    const variants = { none: { fit: () => 0, score: () => ({ figures: { accuracy: null as number | null } }) }, a: constant(0.5), b: constant(0.5) }
    const { folds } = await nestedCrossValidate<number, FoldScore>({ clips, splits: byFold, inner: byFold, select: 'accuracy', variants })
    expect(folds.map(({ chosen }) => chosen)).toEqual(['a', 'a', 'a'])
  })

  it('refuses what it cannot choose by or among', async () => {
    const run = (change: object) => nestedCrossValidate<number, FoldScore>({ clips, splits: byFold, inner: byFold, select: 'accuracy', variants: { a: constant(1) }, ...change })
    await expect(run({ variants: {} })).rejects.toThrow(refused('INVALID_OPTION', /no variants/))
    await expect(run({ select: 'recall' })).rejects.toThrow(refused('INVALID_INPUT', /fold 1: no variant has the figure "recall"/))
    await expect(run({ store: new Map(), variants: { a: { ...constant(1), key: 1 }, b: { ...constant(2), key: 1 } } })).rejects.toThrow(refused('INVALID_OPTION', /"a" and "b" have one key/))
    await expect(run({ inner: (some: readonly LabelledClip[]) => [{ fold: 1, train: [0, 2, 3], test: [1] }].slice(0, some.length) })).rejects.toThrow(refused('SPLIT_INVALID', /fold 1\/1: 1 of 1/))
  })

  it('never lets a fit see a clip, or a recording, of the fold that it is charged with: any grouped folds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 2, max: 4 }), async (seed, count) => {
        const random = createRandom(seed)
        const foldOf = Array.from({ length: 12 }, (_, recording) => (recording < count ? recording : random.integer(count)))
        const some = clips.map((clip, i) => ({ ...clip, label: 'dog', fold: foldOf[i >> 1]! }))
        const seen = new Map<string, ReadonlySet<string>>()
        await nestedCrossValidate({
          clips: some,
          splits: byFold,
          inner: (inner) => [{ fold: 'x', train: inner.flatMap(({ source }, i) => (source === inner[0]!.source ? [] : [i])), test: inner.flatMap(({ source }, i) => (source === inner[0]!.source ? [i] : [])) }].filter(({ train }) => train.length > 0),
          select: 'one',
          variants: {
            spy: {
              fit: (train, { fold, clips: all }) => void seen.set(fold, new Set(train.map((i) => all[i]!.source))),
              score: (_model, test, { fold, clips: all }) => {
                for (const i of test) expect(seen.get(fold)!.has(all[i]!.source)).toBe(false)
                if (fold.includes('/')) for (const source of seen.get(fold)!) expect(some.find((clip) => clip.source === source)!.fold).not.toBe(Number(fold.split('/')[0]))
                return { figures: { one: 1 } }
              },
            },
          },
        })
      }),
      { numRuns: 30 },
    )
  })
})
