import { describe, expect, it } from '@jest/globals'
import { createRandom, type PatchScores } from '@aed/core'
import fc from 'fast-check'
import { goldens, patchScores, scoresOf } from '../test/fixtures.ts'
import { evaluate } from './evaluate.ts'
import type { Metrics } from './metrics.ts'

const TOLERANCE = 1e-9

function expectFigures(found: Metrics, expected: (typeof goldens.cases)[number]['patch']): void {
  const numbers = ({ accuracy, balancedAccuracy, macroF1, logLoss }: { accuracy: number; balancedAccuracy: number | null; macroF1: number | null; logLoss: number | null }) => [accuracy, balancedAccuracy, macroF1, logLoss]
  const pairs: [number | null | undefined, number | null | undefined][] = [
    ...numbers(found).map((value, i) => [value, numbers(expected)[i]] as [number | null, number | null]),
    [found.topK.accuracy, expected.topK],
    ...(['precision', 'recall', 'f1'] as const).flatMap((figure) => found.perClass.map((c, i) => [c[figure], expected[figure][i]] as [number | null, number | null])),
  ]
  for (const [value, wanted] of pairs)
    if (wanted === null || wanted === undefined) expect(value).toBeNull()
    else expect(Math.abs(value! - wanted)).toBeLessThan(TOLERANCE)
  expect(found.perClass.map(({ support }) => support)).toEqual(expected.support)
  expect(found.confusion).toEqual(expected.confusion)
}

describe('evaluate', () => {
  for (const golden of goldens.cases) {
    it(`gives scikit-learn's figures of patches within 1e-9: ${golden.name}`, () => {
      expectFigures(evaluate(scoresOf(golden), { topK: goldens.topK }).patch, golden.patch)
    })
    for (const aggregation of ['mean', 'logMean', 'max', 'vote'] as const)
      it(`gives scikit-learn's figures of clips within 1e-9: ${aggregation}, ${golden.name}`, () => {
        expectFigures(evaluate(scoresOf(golden), { aggregation, topK: goldens.topK }).clip, golden.clip[aggregation])
      })
  }

  const small = () =>
    patchScores(
      ['dog', 'rain', 'sea'],
      [
        ['a', 'dog', [0.75, 0.25, 0], [0.25, 0.5, 0.25]],
        ['b', 'dog', [0.25, 0.75, 0]],
        ['c', 'rain'],
        ['d', 'rain', [0, 1, 0]],
      ],
    )

  it('counts a clip without a patch as wrong, lists it, and leaves no NaN', () => {
    const { clip, patch, clipsWithoutPatches, recordings } = evaluate(small())
    expect(clipsWithoutPatches).toEqual(['c'])
    expect(clip).toMatchObject({ count: 4, accuracy: 0.5, correct: [true, false, false, true], unscored: [0, 1, 0], confusion: [[1, 1, 0], [0, 1, 0], [0, 0, 0]] })
    expect(clip.perClass[1]).toMatchObject({ support: 2, estimated: 2, precision: 0.5, recall: 0.5, f1: 0.5 })
    expect(clip.decisions).toEqual([
      { id: 'a', label: 'dog', estimated: 'dog', score: 0.5, patches: 2 },
      { id: 'b', label: 'dog', estimated: 'rain', score: 0.75, patches: 1 },
      { id: 'c', label: 'rain', estimated: null, score: null, patches: 0 },
      { id: 'd', label: 'rain', estimated: 'rain', score: 1, patches: 1 },
    ])
    expect(clip.logLoss).toBeCloseTo((-Math.log(0.5) - Math.log(0.25) + Math.log(3)) / 4, 9)
    expect(patch).toMatchObject({ count: 4, accuracy: 0.5 })
    expect(recordings).toBe(4)
    expect(JSON.stringify(evaluate(small()))).not.toMatch(/NaN|Infinity/)
  })

  it('gives undefined figures as null with their reason, never as 0', () => {
    const { clip } = evaluate(small())
    expect(clip.perClass[2]).toEqual({ class: 'sea', support: 0, estimated: 0, precision: null, recall: null, f1: null, averagePrecision: null, rocAuc: null })
    expect(clip.undefinedMetrics).toEqual([
      { metric: 'precision', class: 'sea', reason: 'no clip was decided for this class' },
      { metric: 'recall', class: 'sea', reason: 'no clip is of this class' },
      { metric: 'f1', class: 'sea', reason: 'no clip is of this class or was decided for it' },
      { metric: 'averagePrecision', class: 'sea', reason: 'no clip is of this class' },
      { metric: 'rocAuc', class: 'sea', reason: 'no clip is of this class' },
      { metric: 'topK', class: null, reason: 'any class is among the best 3 of 3' },
      { metric: 'meanAveragePrecisionInterval', class: null, reason: 'it is taken for multi-label scores' },
    ])
    expect(clip.balancedAccuracy).toBe(0.5)
  })

  it('gives F1 = 0 and a recall of 0 where a class has clips and none is found', () => {
    const { clip } = evaluate(patchScores(['dog', 'rain'], [['a', 'dog', [0.25, 0.75]], ['b', 'rain', [0, 1]]]))
    expect(clip.perClass[0]).toMatchObject({ precision: null, recall: 0, f1: 0 })
  })

  it('evaluates a single class: accuracy 1, no top-k, no log loss', () => {
    const { clip, patch } = evaluate(patchScores(['dog'], [['a', 'dog', [1]], ['b', 'dog', [0.5]]]), { topK: 1 })
    for (const level of [clip, patch]) expect(level).toMatchObject({ accuracy: 1, topK: { k: 1, accuracy: null }, logLoss: null, confusion: [[2]] })
    expect(clip.interval).toEqual([1, 1])
  })

  it('ranks equal scores by class order: top-1 is the accuracy', () => {
    const scores = patchScores(['dog', 'rain', 'sea'], [['a', 'rain', [0.5, 0.5, 0]], ['b', 'dog', [0.5, 0.5, 0]], ['c', 'sea', [0, 0, 0]]])
    const { clip } = evaluate(scores, { topK: 1 })
    expect(clip.correct).toEqual([false, true, false])
    expect(clip.topK.accuracy).toBe(clip.accuracy)
    expect(evaluate(scores, { topK: 2 }).clip.topK.accuracy).toBe(2 / 3)
  })

  it('gives no log loss where scores do not sum to 1, and names the first such patch', () => {
    const { patch, clip } = evaluate(patchScores(['dog', 'rain'], [['a', 'dog', [0.5, 0.5]], ['b', 'rain', [0.5, 0.75]]]), { topK: 1 })
    expect(patch.logLoss).toBeNull()
    expect(patch.undefinedMetrics).toEqual([{ metric: 'logLoss', class: null, reason: 'the scores of patch 1 sum to 1.250, not to 1' }])
    expect(clip.logLoss).toBeNull()
  })

  it('takes the rounding of int8 scores for what it is', () => {
    const { patch } = evaluate(patchScores(['a', 'b', 'c', 'd'], [['x', 'a', [252 / 256, 1 / 256, 1 / 256, 0]]]))
    expect(patch.logLoss).toBeCloseTo(-Math.log(252 / 256), 12)
  })

  it('clips a score of 0 to 2^-52 in the log loss, as scikit-learn does in float64', () => {
    expect(evaluate(patchScores(['a', 'b'], [['x', 'a', [0, 1]]])).patch.logLoss).toBeCloseTo(52 * Math.LN2, 9)
  })

  it('has no interval for a single recording, and says why', () => {
    const scores = small()
    const { clip } = evaluate({ ...scores, clips: scores.clips.map((c) => ({ ...c, source: 'one' })) })
    expect(clip.interval).toBeNull()
    expect(clip.undefinedMetrics).toContainEqual({ metric: 'interval', class: null, reason: 'there is one recording' })
  })

  it('gives the same evaluation for the same seed and another interval for another', () => {
    const [golden] = goldens.cases
    const run = (seed: number) => evaluate(scoresOf(golden!), { seed, resamples: 20 })
    expect(run(1)).toEqual(run(1))
    expect(run(1).clip.interval).not.toEqual(run(2).clip.interval)
  })

  it('refuses clips none of which has a patch', () => {
    expect(() => evaluate(patchScores(['dog'], [['a', 'dog']]))).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  })

  for (const options of [{ topK: 0 }, { resamples: 0 }, { confidence: 1 }, { confidence: 0 }, { seed: 0.5 }, { k: 3 }])
    it(`refuses ${JSON.stringify(options)} with INVALID_OPTION`, () => {
      expect(() => evaluate(small(), options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    })

  const arbitraryScores = fc
    .record({ classes: fc.integer({ min: 1, max: 5 }), counts: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 12 }), seed: fc.nat() })
    .filter(({ counts }) => counts.some((count) => count > 0))
    .map(({ classes, counts, seed }): PatchScores => {
      const random = createRandom(seed)
      const names = Array.from({ length: classes }, (_, c) => `c${c}`)
      const clips = counts.map((_count, i) => ({ id: `clip ${i}`, label: names[random.integer(classes)]!, source: `r${i >> 1}`, fold: null }))
      const clipOfPatch = Int32Array.from(counts.flatMap((count, clip) => new Array<number>(count).fill(clip)))
      // Coarse values, so that ties occur.
      return { classes: names, clips, clipOfPatch, scores: Float32Array.from({ length: clipOfPatch.length * classes }, () => random.integer(4) / 4) }
    })
  const aggregations = fc.constantFrom('mean', 'logMean', 'max', 'vote')

  it('holds accuracy = trace / count = top-1, and all figures in [0, 1] or null', () => {
    fc.assert(
      fc.property(arbitraryScores, aggregations, (scores, aggregation) => {
        const { clip, patch } = evaluate(scores, { aggregation: aggregation as 'mean', resamples: 20, topK: 1 })
        for (const level of [clip, patch]) {
          const trace = level.confusion!.reduce((sum, row, c) => sum + row[c]!, 0)
          const counted = level.confusion!.flat().reduce((a, b) => a + b, 0) + level.unscored.reduce((a, b) => a + b, 0)
          expect(counted).toBe(level.count)
          expect(level.accuracy).toBe(trace / level.count)
          if (level.topK.accuracy !== null) expect(level.topK.accuracy).toBe(level.accuracy)
          for (const { precision, recall, f1 } of level.perClass)
            for (const value of [precision, recall, f1]) expect(value === null || (value >= 0 && value <= 1)).toBe(true)
        }
        if (clip.interval) expect(clip.interval[0]).toBeLessThanOrEqual(clip.interval[1])
      }),
      { numRuns: 200 },
    )
  })

  it('does not depend on the order of the clips', () => {
    fc.assert(
      fc.property(arbitraryScores, aggregations, (scores, aggregation) => {
        const last = scores.clips.length - 1
        const reversed = { ...scores, clips: scores.clips.toReversed(), clipOfPatch: scores.clipOfPatch.map((clip) => last - clip) }
        const figures = ({ clip: { accuracy, balancedAccuracy, perClass, confusion, unscored } }: ReturnType<typeof evaluate>) => ({ accuracy, balancedAccuracy, perClass, confusion, unscored })
        const options = { aggregation: aggregation as 'mean', resamples: 1 }
        expect(figures(evaluate(reversed, options))).toEqual(figures(evaluate(scores, options)))
      }),
      { numRuns: 100 },
    )
  })
})
