import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { binaryCurve } from './binary-curves.ts'
import { calibration } from './calibration.ts'
import { rankingMetrics } from './ranking-metrics.ts'

interface Golden {
  readonly name: string
  readonly classes: number
  readonly targets: readonly number[]
  readonly scores: readonly number[]
  readonly averagePrecision: readonly number[]
  readonly rocAuc: readonly number[]
  readonly meanAveragePrecision: number
  readonly macroRocAuc: number
  readonly lwlrap: number
  readonly roc: { readonly fpr: readonly number[]; readonly tpr: readonly number[]; readonly thresholds: readonly number[] }
  readonly pr: { readonly precision: readonly number[]; readonly recall: readonly number[] }
  readonly calibration: { readonly bins: number; readonly accuracy: readonly number[]; readonly confidence: readonly number[] }
}

const { cases } = JSON.parse(readFileSync(new URL('../test/golden/ranking.json', import.meta.url), 'utf8')) as { cases: readonly Golden[] }
const close = (found: readonly number[], wanted: readonly number[]) => {
  expect(found).toHaveLength(wanted.length)
  found.forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-9))
}
const column = (golden: Golden) => {
  const items = golden.scores.filter((_score, i) => i % golden.classes === 0)
  return { scores: Float32Array.from(items), positive: Uint8Array.from(golden.targets.filter((_target, i) => i % golden.classes === 0)) }
}

describe('rankingMetrics', () => {
  for (const golden of cases)
    for (const array of [Float32Array, Float64Array])
      it(`gives scikit-learn's AP, ROC AUC and lwlrap within 1e-9: ${golden.name}, ${array.name}`, () => {
        const scores = array.from(Float32Array.from(golden.scores))
        const found = rankingMetrics({ classes: Array.from({ length: golden.classes }, (_, c) => `c${c}`), scores, targets: Uint8Array.from(golden.targets) })
        close(found.perClass.map(({ averagePrecision }) => averagePrecision!), golden.averagePrecision)
        close(found.perClass.map(({ rocAuc }) => rocAuc!), golden.rocAuc)
        close([found.meanAveragePrecision!, found.macroRocAuc!, found.lwlrap!], [golden.meanAveragePrecision, golden.macroRocAuc, golden.lwlrap])
        expect(found.undefinedMetrics).toEqual([])
      })

  it('gives null with a reason for a class that no item is of', () => {
    const found = rankingMetrics({ classes: ['a', 'b'], scores: Float32Array.of(0.5, 0.5, 0.25, 0.75), targets: Uint8Array.of(1, 0, 0, 0) })
    expect(found.perClass[1]).toEqual({ class: 'b', rocAuc: null, averagePrecision: null })
    expect(found.undefinedMetrics).toContainEqual({ metric: 'rocAuc', class: 'b', reason: 'no item is of this class' })
    expect(found.lwlrap).toBe(0.5)
  })

  for (const [what, scores, targets, message] of [
    ['NaN', [0, NaN], [0, 1], /row 0, class 'b'/],
    ['a negative score', [0, 1, 0, -1], [0, 0, 0, 1], /row 1, class 'b'/],
    ['a target of 2', [0, 1], [2, 0], /target 0 or 1, got 2/],
    ['other lengths', [0, 1], [1], /as many targets/],
  ] as const)
    it(`refuses ${what}, with its place`, () => {
      const run = () => rankingMetrics({ classes: ['a', 'b'], scores: Float32Array.from(scores), targets: Uint8Array.from(targets) })
      expect(run).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringMatching(message) }))
    })
})

describe('binaryCurve', () => {
  for (const golden of cases)
    it(`gives scikit-learn's ROC and precision-recall curves within 1e-9: ${golden.name}`, () => {
      const { thresholds, truePositives: tp, falsePositives: fp, positives, negatives } = binaryCurve(column(golden))
      close([...thresholds], golden.roc.thresholds)
      close(Array.from(tp, (count) => count / positives), golden.roc.tpr)
      close(Array.from(fp, (count) => count / negatives), golden.roc.fpr)
      const { precision, recall } = golden.pr
      close(Array.from(tp, (count, i) => count / (count + fp[i]!)).slice(0, precision.length), precision)
      close(Array.from(tp, (count) => count / positives).slice(0, recall.length), recall)
    })
})

describe('calibration', () => {
  for (const golden of cases)
    it(`has the bins of scikit-learn's calibration_curve within 1e-9: ${golden.name}`, () => {
      const { scores, positive } = column(golden)
      const { bins, expectedCalibrationError } = calibration(Float64Array.from(scores), Array.from(positive, Boolean), golden.calibration.bins)
      const full = bins.filter(({ count }) => count > 0)
      close(full.map(({ accuracy }) => accuracy!), golden.calibration.accuracy)
      close(full.map(({ confidence }) => confidence!), golden.calibration.confidence)
      expect(expectedCalibrationError).toBeCloseTo(full.reduce((sum, bin) => sum + (bin.count / scores.length) * Math.abs(bin.accuracy! - bin.confidence!), 0), 12)
    })

  it('refuses a confidence above 1', () => {
    expect(() => calibration(Float64Array.of(0.5, 1.5), [true, true])).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringMatching(/item 1/) }))
  })
})
