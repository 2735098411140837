import { describe, expect, it } from '@jest/globals'
import { createRandom, type PatchScores } from '@aed/core'
import fc from 'fast-check'
import { patchScores } from '../test/fixtures.ts'
import { evaluateOpenSet } from './open-set.ts'

const classes = ['dog', 'rain', 'other']
const known = () => patchScores(classes, [['a', 'dog', [0.9, 0.1, 0]], ['b', 'dog', [0.4, 0.35, 0.25]], ['c', 'rain', [0.7, 0.3, 0]], ['d', 'rain', [0, 1, 0]], ['e', 'rain']])
const outside = () => patchScores(classes, [['x', 'cow', [0.5, 0.3, 0.2]], ['y', 'cow', [0.2, 0.8, 0]], ['z', 'pig', [0.1, 0.2, 0.7]]])

describe('evaluateOpenSet', () => {
  it('calls unknown what scores below the threshold, has no patch, or is decided for the garbage class', () => {
    const found = evaluateOpenSet({ known: known(), outside: outside() }, { unknownThreshold: 0.6, garbageClass: 'other' })
    expect(found).toMatchObject({
      chosenBy: 'threshold',
      thresholds: [0.6, 0.6, 0.6],
      known: { count: 5, right: 2, wrong: 1, unknown: 2 },
      outside: { count: 3, accepted: 1, acceptedAs: [{ class: 'dog', count: 0 }, { class: 'rain', count: 1 }, { class: 'other', count: 0 }] },
      accuracy: 4 / 8,
    })
    expect(evaluateOpenSet({ known: known(), outside: outside() }, { unknownThreshold: 0.6 }).outside.accepted).toBe(2)
  })

  it('counts clips of the garbage class as outside', () => {
    const all = patchScores(classes, [['a', 'dog', [0.9, 0.1, 0]], ['g', 'other', [0.8, 0, 0.2]], ['h', 'other', [0.1, 0.2, 0.7]]])
    expect(evaluateOpenSet({ known: all, outside: outside() }, { unknownThreshold: 0, garbageClass: 'other' })).toMatchObject({ known: { count: 1, right: 1 }, outside: { count: 5, accepted: 3 } })
  })

  it('takes the thresholds of a card, above 1 for a garbage class, also where nothing outside is known', () => {
    const chosen = evaluateOpenSet({ known: known(), outside: outside() }, { unknownThreshold: 0.6, garbageClass: 'other' })
    const { chosenBy, ...given } = evaluateOpenSet({ known: known(), outside: outside(), thresholds: [0.6, 0.6, 2] })
    expect(chosenBy).toBe('given')
    expect(given).toMatchObject({ thresholds: [0.6, 0.6, 2], known: chosen.known, outside: chosen.outside, accuracy: chosen.accuracy, rocAuc: chosen.rocAuc })
    const alone = evaluateOpenSet({ known: known(), outside: null, thresholds: [0.6, 0.6, 2] })
    expect(alone).toMatchObject({ known: chosen.known, outside: { count: 0, accepted: 0 }, accuracy: 2 / 5, rocAuc: null })
    expect(alone.curve.every(({ falseAccepts }) => falseAccepts === null)).toBe(true)
    expect(() => evaluateOpenSet({ known: known(), outside: null, thresholds: [0.6] })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })

  it('draws accepted against correct over every threshold, and the area of known against outside', () => {
    const { curve, rocAuc } = evaluateOpenSet({ known: known(), outside: outside() }, { unknownThreshold: 0.5 })
    expect(curve[0]).toEqual({ threshold: 1, accepted: 0.2, right: 0.2, correct: 1, falseAccepts: 0 })
    expect(curve.at(-1)).toEqual({ threshold: Math.fround(0.4), accepted: 0.8, right: 0.6, correct: 0.75, falseAccepts: 1 })
    // Of 5 × 3 pairs those in which the clip of the classes scores higher: 3, 0, 1 (a half of it none), 3, 0.
    expect(rocAuc).toBeCloseTo((3 + 0 + 1.5 + 3 + 0) / 15, 12)
  })

  const arbitrary = fc.record({ seed: fc.nat(), steps: fc.constantFrom(4, 1000), inside: fc.integer({ min: 1, max: 25 }), beyond: fc.integer({ min: 1, max: 25 }) })
  const random = (count: number, seed: string, steps: number): PatchScores => {
    const draw = createRandom(seed)
    return patchScores(classes, Array.from({ length: count }, (_, i) => [`${i}`, classes[draw.integer(3)]!, classes.map(() => draw.integer(steps + 1) / steps)] as const))
  }

  it('keeps what it chooses a threshold for, common or per class, with any ties, and wastes nothing', () => {
    fc.assert(
      fc.property(arbitrary, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), ({ seed, steps, inside, beyond }, part, perClass) => {
        const input = { known: random(inside, `k${seed}`, steps), outside: random(beyond, `o${seed}`, steps) }
        const strict = evaluateOpenSet(input, { maxFalseAccepts: part, perClass })
        if (strict.thresholds.every((threshold) => threshold < 1)) expect(strict.outside.accepted / strict.outside.count).toBeLessThanOrEqual(part + 1e-12)
        const open = evaluateOpenSet(input, { minAccepted: part, perClass })
        expect((open.known.count - open.known.unknown) / open.known.count).toBeGreaterThanOrEqual(part - 1e-12)
        for (const { known: k, outside: o } of [strict, open]) {
          expect(k.right + k.wrong + k.unknown).toBe(k.count)
          expect(o.acceptedAs.reduce((sum, { count }) => sum + count, 0)).toBe(o.accepted)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('refuses what it cannot evaluate', () => {
    const run = (options: object, change: object = {}) => () => evaluateOpenSet({ known: known(), outside: outside(), ...change }, options)
    expect(run({})).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    expect(run({ unknownThreshold: 0.5, minAccepted: 0.5 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    expect(run({ unknownThreshold: 0.5, garbageClass: 'sea' })).toThrow(expect.objectContaining({ code: 'UNKNOWN_CLASS' }))
    expect(run({ unknownThreshold: 0.5 }, { outside: { ...outside(), classes: ['rain', 'dog', 'other'] } })).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringMatching(/other classes/) }))
    expect(run({ unknownThreshold: 0.5 }, { known: { ...known(), scores: known().scores.fill(NaN) } })).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  })
})
