import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { createRandom, type PatchScores } from '@aed/core'
import fc from 'fast-check'
import { patchScores } from '../test/fixtures.ts'
import { clipScores } from './aggregation.ts'
import { evaluate } from './evaluate.ts'
import type { Metrics } from './metrics.ts'
import { weightedMeanAveragePrecision } from './multi-label-metrics.ts'

const AGGREGATIONS = ['mean', 'logMean', 'max', 'vote', 'energyMean'] as const

interface Figures {
  readonly accuracy: number
  readonly microF1: number
  readonly macroF1: number
  readonly precision: readonly (number | null)[]
  readonly recall: readonly (number | null)[]
  readonly f1: readonly (number | null)[]
  readonly averagePrecision: readonly number[]
  readonly support: readonly number[]
  readonly logLoss: number
  readonly meanAveragePrecision: number
  readonly macroRocAuc: number
  readonly lwlrap: number
}
interface Golden {
  readonly name: string
  readonly classes: number
  readonly targets: readonly (readonly number[])[]
  readonly clipOfPatch: readonly number[]
  readonly scores: readonly number[]
  readonly energies: readonly number[]
  readonly weights: readonly number[]
  readonly patch: Figures
  readonly clip: Readonly<Record<(typeof AGGREGATIONS)[number], Figures & { readonly scores: readonly number[]; readonly weightedMeanAveragePrecision: number }>>
}
const { cases } = JSON.parse(readFileSync(new URL('../test/golden/multi-label.json', import.meta.url), 'utf8')) as { cases: readonly Golden[] }

function scoresOf({ classes, targets, clipOfPatch, scores, energies }: Golden): PatchScores {
  const names = Array.from({ length: classes }, (_, c) => `c${c}`)
  const clips = targets.map((row, i) => {
    const labels = names.filter((_name, c) => row[c] === 1)
    return { id: `clip ${i}`, label: labels[0]!, labels, source: `r${i >> 1}`, fold: null }
  })
  return { classes: names, clips, clipOfPatch: Int32Array.from(clipOfPatch), scores: Float32Array.from(scores), energies: Float32Array.from(energies) }
}

function expectFigures(found: Metrics, wanted: Figures): void {
  const near = (value: number | null, expected: number | null) => (expected === null ? expect(value).toBeNull() : expect(Math.abs(value! - expected)).toBeLessThan(1e-9))
  for (const figure of ['accuracy', 'microF1', 'macroF1', 'logLoss', 'meanAveragePrecision', 'macroRocAuc', 'lwlrap'] as const) near(found[figure], wanted[figure])
  for (const figure of ['precision', 'recall', 'f1', 'averagePrecision'] as const) found.perClass.forEach((one, c) => near(one[figure], wanted[figure][c]!))
  expect(found.perClass.map(({ support }) => support)).toEqual(wanted.support)
}

describe('evaluate with multiLabel', () => {
  for (const golden of cases) {
    it(`gives scikit-learn's figures of patches within 1e-9: ${golden.name}`, () => expectFigures(evaluate(scoresOf(golden), { multiLabel: true, resamples: 1 }).patch, golden.patch))
    for (const aggregation of AGGREGATIONS)
      it(`gives NumPy's scores and scikit-learn's figures of clips within 1e-9: ${aggregation}, ${golden.name}`, () => {
        const { scores } = clipScores(scoresOf(golden), { multiLabel: true, aggregation })
        golden.clip[aggregation].scores.forEach((score, i) => expect(Math.abs(scores[i]! - score)).toBeLessThan(1e-12))
        expectFigures(evaluate(scoresOf(golden), { multiLabel: true, aggregation, resamples: 1 }).clip, golden.clip[aggregation])
      })
    it(`weighs clips in mAP as scikit-learn's sample_weight does, which is what the bootstrap draws: ${golden.name}`, () => {
      for (const aggregation of AGGREGATIONS) {
        const { scores } = clipScores(scoresOf(golden), { multiLabel: true, aggregation })
        const value = weightedMeanAveragePrecision(scores, Uint8Array.from(golden.targets.flat()), golden.classes)(Int32Array.from(golden.weights))
        expect(Math.abs(value! - golden.clip[aggregation].weightedMeanAveragePrecision)).toBeLessThan(1e-9)
      }
    })
  }

  const small = (): PatchScores => {
    const scores = patchScores(['dog', 'rain', 'sea'], [['a', 'dog', [0.9, 0.8, 0]], ['b', 'rain', [0.1, 0.9, 0.6]], ['c', 'dog']])
    return { ...scores, clips: scores.clips.map((clip) => (clip.id === 'a' ? { ...clip, labels: ['dog', 'rain'] } : clip)) }
  }

  it('states every class decided for, counts a clip without a patch as wrong, and has its intervals', () => {
    const { clip, patch, threshold, multiLabel } = evaluate(small(), { multiLabel: true })
    expect([multiLabel, threshold]).toEqual([true, 0.5])
    expect(clip.decisions.map(({ decided, labels, estimated }) => [labels, decided, estimated])).toEqual([
      [['dog', 'rain'], ['dog', 'rain'], 'dog'],
      [['rain'], ['rain', 'sea'], 'rain'],
      [['dog'], [], null],
    ])
    expect(clip).toMatchObject({ accuracy: 1 / 3, correct: [true, false, false], unscored: [1, 0, 0], confusion: null, balancedAccuracy: null, topK: { accuracy: null } })
    expect(patch.count).toBe(2)
    expect(clip.meanAveragePrecisionInterval).not.toBeNull()
    expect(clip.undefinedMetrics).toContainEqual({ metric: 'confusion', class: null, reason: 'it is defined for items of one class each' })
    expect(clip.undefinedMetrics).toContainEqual({ metric: 'rocAuc', class: 'sea', reason: 'no clip is of this class' })
  })

  it('refuses several labels without multiLabel, a label twice, and a score above 1', () => {
    const refused = (message: RegExp) => expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringMatching(message) })
    expect(() => evaluate(small())).toThrow(refused(/clip "a" is of 2 classes/))
    expect(() => evaluate({ ...small(), clips: small().clips.map((clip) => ({ ...clip, labels: ['dog', 'dog'] })) }, { multiLabel: true })).toThrow(refused(/clip "a" has the label "dog" twice/))
    expect(() => evaluate({ ...small(), scores: Float32Array.of(0, 0, 0, 0, 1.5, 0) }, { multiLabel: true })).toThrow(refused(/patch 1 \(of clip "b"\), class "rain".*got 1.5/))
  })

  it('holds: clips in another order change nothing, and every figure is null or within its range', () => {
    const arbitrary = fc.record({ classes: fc.integer({ min: 1, max: 4 }), counts: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 10 }), seed: fc.nat() }).filter(({ counts }) => counts.some((n) => n > 0))
    fc.assert(
      fc.property(arbitrary, fc.constantFrom(...AGGREGATIONS), ({ classes, counts, seed }, aggregation) => {
        const random = createRandom(seed)
        const names = Array.from({ length: classes }, (_, c) => `c${c}`)
        const clips = counts.map((_count, i) => {
          const labels = names.filter(() => random.uniform() < 0.4)
          return { id: `${i}`, label: labels[0] ?? names[0]!, labels, source: `${i >> 1}`, fold: null }
        })
        const clipOfPatch = Int32Array.from(counts.flatMap((count, clip) => new Array<number>(count).fill(clip)))
        const scores: PatchScores = { classes: names, clips, clipOfPatch, scores: Float32Array.from({ length: clipOfPatch.length * classes }, () => random.integer(5) / 4), energies: Float32Array.from(clipOfPatch, () => random.integer(3)) }
        const options = { multiLabel: true, aggregation, resamples: 5 }
        const clip = evaluate(scores, options).clip
        const reversed = evaluate({ ...scores, clips: clips.toReversed(), clipOfPatch: clipOfPatch.map((i) => clips.length - 1 - i) }, options).clip
        for (const figure of ['accuracy', 'microF1', 'macroF1', 'meanAveragePrecision', 'macroRocAuc'] as const) {
          expect(reversed[figure]).toBe(clip[figure])
          expect(clip[figure] === null || (clip[figure] >= 0 && clip[figure] <= 1 + 1e-12)).toBe(true)
        }
        expect(clip.accuracy).toBe(clip.correct.filter(Boolean).length / clip.count)
        expect(JSON.parse(JSON.stringify(clip))).toEqual(clip)
      }),
      { numRuns: 100 },
    )
  })
})

describe('clipScores', () => {
  it('weighs patches by energy, and takes the plain mean of a silent clip', () => {
    const scores = patchScores(['dog', 'rain'], [['a', 'dog', [1, 0], [0, 1]], ['b', 'dog', [1, 0], [0.5, 0.5]]])
    expect([...clipScores({ ...scores, energies: Float32Array.of(3, 1, 0, 0) }, { aggregation: 'energyMean' }).scores]).toEqual([0.75, 0.25, 0.75, 0.25])
    expect(() => clipScores(scores, { aggregation: 'energyMean' })).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringMatching(/energy of each patch/) }))
    expect(() => clipScores({ ...scores, energies: Float32Array.of(1, 1, NaN, 0) })).toThrow(expect.objectContaining({ message: expect.stringMatching(/patch 2 \(of clip "b"\): takes a finite energy/) }))
  })

  it('smooths each clip over time before it aggregates, and no clip into the next', () => {
    const scores = patchScores(['dog', 'rain'], [['a', 'dog', [1, 0], [0, 1], [0, 1]], ['b', 'dog', [0.5, 0.5]]])
    expect([...clipScores(scores, { aggregation: 'max', smoothing: 2 }).scores]).toEqual([1, 1, 0.5, 0.5])
    expect([...clipScores(scores, { aggregation: 'vote', smoothing: 2 }).scores]).toEqual([2 / 3, 1 / 3, 1, 0])
  })
})

describe('evaluate with normalized', () => {
  it('refuses the first patch whose scores do not sum to 1, and takes what int8 rounding misses', () => {
    const scores = patchScores(['dog', 'rain'], [['a', 'dog', [0.75, 0.25]], ['b', 'rain', [0.5, 0.498]], ['c', 'rain', [0.5, 0.25]]])
    expect(() => evaluate(scores, { normalized: true })).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', message: 'scores: patch 2 (of clip "c"): the scores sum to 0.7500, not to 1' }))
    expect(evaluate(scores).clip.count).toBe(3)
  })
})
