import { describe, expect, it } from '@jest/globals'
import { createRandom } from '@aed/core'
import fc from 'fast-check'
import { binaryAreas, binaryCurve } from './binary-curves.ts'
import { classAreas } from './class-areas.ts'

/** Areas straight from the curve: every distinct threshold, as they are defined. */
function fromCurve(scores: Float32Array | Float64Array, positive: Uint8Array) {
  const { truePositives: tp, falsePositives: fp, positives, negatives } = binaryCurve({ scores, positive })
  let [area, precisions] = [0, 0]
  tp.forEach((hits, i) => {
    const [before, alarmsBefore] = [tp[i - 1] ?? 0, fp[i - 1] ?? 0]
    area += ((fp[i]! - alarmsBefore) * (hits + before)) / 2
    precisions += ((hits - before) * hits) / (hits + fp[i]!)
  })
  return { rocAuc: positives > 0 && negatives > 0 ? area / (positives * negatives) : null, averagePrecision: positives > 0 ? precisions / positives : null }
}

/** Scores as they come: even, sharp, coarse (many ties), spread over 60 octaves, crowded into one, with zeros of both signs. */
const KINDS = {
  uniform: (u: number) => u,
  sharp: (u: number) => (u < 0.9 ? u * 1e-7 : 1 - (u - 0.9) * 1e-6),
  coarse: (u: number) => Math.floor(u * 9) / 8,
  octaves: (u: number) => 2 ** (-60 * u),
  crowded: (u: number) => (u < 0.01 ? 1e-30 : 0.5 + u * 1e-6),
  zeros: (u: number) => (u < 0.3 ? -0 : u < 0.6 ? 0 : u),
} as const

describe('classAreas', () => {
  for (const [kind, make] of Object.entries(KINDS))
    for (const array of [Float32Array, Float64Array])
      it(`equals the areas of the whole curve: ${kind}, ${array.name}`, () => {
        for (const [items, classes, density] of [[300, 1, 0.5], [257, 17, 0.1], [2000, 3, 0.9], [40, 33, 0.03]] as const) {
          const random = createRandom(`${kind}/${items}`)
          const scores = new array(items * classes).map(() => make(random.uniform()))
          const targets = Uint8Array.from(scores, () => (random.uniform() < density ? 1 : 0))
          classAreas(scores, classes, { targets }).forEach(({ rocAuc, averagePrecision }, c) => {
            const column = scores.filter((_score, i) => i % classes === c)
            const wanted = fromCurve(column, targets.filter((_target, i) => i % classes === c))
            expect(averagePrecision).toBe(wanted.averagePrecision)
            if (wanted.rocAuc === null) expect(rocAuc).toBeNull()
            else expect(Math.abs(rocAuc! - wanted.rocAuc)).toBeLessThan(1e-12)
          })
        }
      })

  it('takes the truth of patches from the rows of their clips', () => {
    const scores = Float32Array.of(0.9, 0.1, 0.2, 0.8, 0.7, 0.6)
    const targets = Uint8Array.of(1, 0, 0, 1)
    const rowOf = Int32Array.of(0, 1, 0)
    expect(classAreas(scores, 2, { targets, rowOf })).toEqual(classAreas(scores, 2, { targets: Uint8Array.of(1, 0, 0, 1, 1, 0) }))
  })

  it('gives AUC = the share of pairs in order, for any scores', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.float({ min: 0, max: 1, noNaN: true }), fc.boolean()), { minLength: 1, maxLength: 40 }), (items) => {
        const scores = Float32Array.from(items, ([score]) => score)
        const { rocAuc } = binaryAreas({ scores, positive: Uint8Array.from(items, ([, is]) => Number(is)) })
        let [pairs, order] = [0, 0]
        for (const [a, isA] of items) for (const [b, isB] of items) if (isA && !isB) [pairs, order] = [pairs + 1, order + (a > b ? 1 : a === b ? 0.5 : 0)]
        if (pairs === 0) expect(rocAuc).toBeNull()
        else expect(Math.abs(rocAuc! - order / pairs)).toBeLessThan(1e-12)
      }),
      { numRuns: 300 },
    )
  })
})
