import { describe, expect, it } from '@jest/globals'
import { goldens, patchScores, scoresOf } from '../test/fixtures.ts'
import { clipScores } from './aggregation.ts'

const CLASSES = ['dog', 'rain']

describe('clipScores', () => {
  for (const golden of goldens.cases)
    for (const aggregation of ['mean', 'logMean', 'max', 'vote'] as const)
      it(`gives NumPy's scores within 1e-12 and the same classes: ${aggregation}, ${golden.name}`, () => {
        const { scores, estimated } = clipScores(scoresOf(golden), { aggregation })
        const expected = golden.clip[aggregation]
        expect(scores).toHaveLength(expected.scores.length)
        expected.scores.forEach((score, i) => expect(Math.abs(scores[i]! - score)).toBeLessThan(1e-12))
        expect([...estimated]).toEqual(expected.estimated)
      })

  it('takes the mean where no aggregation is asked for', () => {
    const { scores } = clipScores(patchScores(CLASSES, [['a', 'dog', [0.25, 0.75], [0.5, 0.5]]]))
    expect([...scores]).toEqual([0.375, 0.625])
  })

  it('counts the patches of each clip in any order, 0 included, and gives an empty clip zeros and no class', () => {
    const input = patchScores(CLASSES, [
      ['a', 'dog', [1, 0], [0, 1], [0.5, 0.25]],
      ['none', 'rain'],
      ['b', 'rain', [0.25, 0.75]],
    ])
    input.clipOfPatch.set([2, 0, 0, 0])
    for (const aggregation of ['mean', 'logMean', 'max', 'vote'] as const) {
      const { patches, scores, estimated, clips } = clipScores(input, { aggregation })
      expect([...patches]).toEqual([3, 0, 1])
      expect([...scores.subarray(2, 4)]).toEqual([0, 0])
      expect(estimated[1]).toBe(-1)
      expect(clips).toHaveLength(3)
      expect(scores.every(Number.isFinite)).toBe(true)
    }
  })

  it('decides a tied vote by mean probability', () => {
    const { scores, estimated } = clipScores(patchScores(CLASSES, [['a', 'dog', [0.6, 0.4], [0.1, 0.9]]]), { aggregation: 'vote' })
    expect([...scores]).toEqual([0.5, 0.5])
    expect([...estimated]).toEqual([1])
  })

  it('decides a vote that is tied in mean probability too by class order', () => {
    const { estimated } = clipScores(patchScores(CLASSES, [['a', 'rain', [0.25, 0.75], [0.75, 0.25]]]), { aggregation: 'vote' })
    expect([...estimated]).toEqual([0])
  })

  it('does not let the mean decide against the majority', () => {
    const { estimated } = clipScores(patchScores(CLASSES, [['a', 'dog', [0.55, 0.45], [0.55, 0.45], [0, 1]]]), { aggregation: 'vote' })
    expect([...estimated]).toEqual([0])
  })

  it('takes a score of 0 as 2^-23 in the mean of logarithms: no veto, no NaN', () => {
    const { scores, estimated } = clipScores(patchScores(CLASSES, [['a', 'dog', [0, 1], [0.9, 0], [0.9, 0.1]]]), { aggregation: 'logMean' })
    const ratio = Math.cbrt((2 ** -23 * 0.81) / (2 ** -23 * 0.1))
    expect(scores[0]).toBeCloseTo(ratio / (1 + ratio), 6)
    expect([...estimated]).toEqual([0])
  })

  it('leaves its input as it is and returns arrays that own their buffers', () => {
    const input = patchScores(CLASSES, [['a', 'dog', [0.25, 0.75]]])
    const before = structuredClone(input)
    const { scores, patches, estimated } = clipScores(input)
    expect(input).toEqual(before)
    for (const array of [scores, patches, estimated]) expect(array.buffer.byteLength).toBe(array.byteLength)
  })

  it('refuses an unknown aggregation with INVALID_OPTION', () => {
    expect(() => clipScores(patchScores(CLASSES, [['a', 'dog', [1, 0]]]), { aggregation: 'median' as 'mean' })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })

  it('stops with ABORTED when the signal has fired', () => {
    const signal = AbortSignal.abort()
    expect(() => clipScores(patchScores(CLASSES, [['a', 'dog', [1, 0]]]), {}, { signal })).toThrow(expect.objectContaining({ code: 'ABORTED' }))
  })
})
