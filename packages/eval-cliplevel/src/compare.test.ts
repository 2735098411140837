import { describe, expect, it } from '@jest/globals'
import { createRandom } from '@aed/core'
import fc from 'fast-check'
import { patchScores } from '../test/fixtures.ts'
import { compareScores } from './compare.ts'
import { evaluate } from './evaluate.ts'

const classes = ['dog', 'rain']
const quick = { resamples: 20 }
const float = () => patchScores(classes, [['a', 'dog', [0.75, 0.25], [0.5, 0.5]], ['b', 'rain', [0.25, 0.75]], ['c', 'rain', [0.5625, 0.4375]], ['d', 'dog']])
const int8 = () => patchScores(classes, [['a', 'dog', [0.5, 0.5], [0.25, 0.75]], ['b', 'rain', [0.25, 0.75]], ['c', 'rain', [0.5, 0.5]], ['d', 'dog']])

describe('compareScores', () => {
  it('says which clips changed, by how much scores moved, and how the two agree', () => {
    const found = compareScores({ first: float(), second: int8() })
    expect(found.changed).toEqual([{ id: 'a', label: 'dog', first: 'dog', second: 'rain', movement: 0.25 }])
    expect(found.agreement).toEqual({ clip: 0.75, patch: 0.75 })
    expect(found.movement.patch).toEqual({ mean: (4 * 0.25 + 2 * 0.0625) / 8, rms: Math.sqrt((4 * 0.0625 + 2 * 0.0625 ** 2) / 8), max: 0.25, at: { clip: 'a', class: 'dog' } })
    expect(found.accuracy).toMatchObject({ first: 0.5, second: 0.25, difference: -0.25 })
    expect(found.mcNemar).toMatchObject({ onlyFirstRight: 1, onlySecondRight: 0, p: 1 })
  })

  it('takes clips and classes in another order', () => {
    const { clips, clipOfPatch, scores } = int8()
    const turned = { classes: ['rain', 'dog'], clips: clips.toReversed(), clipOfPatch: clipOfPatch.map((clip) => 3 - clip), scores: scores.map((_score, i) => scores[i ^ 1]!) }
    expect(compareScores({ first: float(), second: turned })).toEqual(compareScores({ first: float(), second: int8() }))
  })

  it('compares clips alone where the numbers of patches differ', () => {
    const found = compareScores({ first: float(), second: patchScores(classes, [['a', 'dog', [1, 0]], ['b', 'rain', [0, 1]], ['c', 'rain', [0, 1]], ['d', 'dog', [1, 0]]]) })
    expect([found.agreement.patch, found.movement.patch]).toEqual([null, null])
    expect(found.changed.map(({ id, first }) => [id, first])).toEqual([['d', null], ['c', 'dog']])
  })

  it('holds: equal scores agree in all, and a swap turns every figure round', () => {
    const arbitrary = fc.nat().map((seed) => {
      const random = createRandom(seed)
      return [1, 2].map(() => patchScores(classes, Array.from({ length: 8 }, (_, i) => [`${i}`, classes[i % 2]!, ...Array.from({ length: i % 3 }, () => [random.integer(5) / 4, random.integer(5) / 4])] as const)))
    })
    fc.assert(
      fc.property(arbitrary, ([first, second]) => {
        const same = compareScores({ first: first!, second: first! }, quick)
        expect(same).toMatchObject({ agreement: { clip: 1, patch: 1 }, changed: [], mcNemar: { p: 1 }, movement: { clip: { max: 0 } }, accuracy: { difference: 0, interval: [0, 0] } })
        const [one, other] = [compareScores({ first: first!, second: second! }, quick), compareScores({ first: second!, second: first! }, quick)]
        expect(other.accuracy.difference).toBe(0 - one.accuracy.difference)
        expect(other.movement.clip.mean).toBe(one.movement.clip.mean)
        expect(other.changed.length).toBe(one.changed.length)
        expect([one.accuracy.first, one.accuracy.second]).toEqual([first, second].map((scores) => evaluate(scores!, { resamples: 1 }).clip.accuracy))
      }),
      { numRuns: 50 },
    )
  })

  it('refuses other clips, labels or classes, with the first', () => {
    const refused = (second: object, message: RegExp) => expect(() => compareScores({ first: float(), second: { ...int8(), ...second } })).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringMatching(message) }))
    refused({ classes: ['dog', 'sea'], clips: int8().clips.map((clip) => ({ ...clip, label: 'dog' })) }, /"rain" is in one of the two only/)
    refused({ clips: int8().clips.map((clip) => (clip.id === 'b' ? { ...clip, id: 'q' } : clip)) }, /clip "b" is in the first only/)
    refused({ clips: [...int8().clips, { id: 'e', label: 'dog', source: 'e', fold: null }] }, /clip "e" is in the second only/)
    refused({ clips: int8().clips.map((clip) => (clip.id === 'c' ? { ...clip, label: 'dog' } : clip)) }, /clip "c" has the labels "rain" and "dog"/)
  })
})
