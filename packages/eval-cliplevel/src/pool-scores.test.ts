import { describe, expect, it } from '@jest/globals'
import { patchScores } from '../test/fixtures.ts'
import { evaluate } from './evaluate.ts'
import { poolScores } from './pool-scores.ts'

const classes = ['dog', 'rain']
const one = patchScores(classes, [['a', 'dog', [1, 0], [0.5, 0.5]], ['b', 'rain']])
const two = patchScores(classes, [['c', 'rain', [0.25, 0.75]]])

describe('poolScores', () => {
  it('puts the clips and patches of its parts one after another', () => {
    expect(poolScores([one, two])).toEqual(patchScores(classes, [['a', 'dog', [1, 0], [0.5, 0.5]], ['b', 'rain'], ['c', 'rain', [0.25, 0.75]]]))
    expect(poolScores([one])).toEqual(one)
  })

  it('refuses no parts and parts of other classes; a clip in two parts is refused by evaluate', () => {
    expect(() => poolScores([])).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
    expect(() => poolScores([one, { ...two, classes: ['rain', 'dog'] }])).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringMatching(/part 1/) }))
    expect(() => evaluate(poolScores([one, one]))).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringMatching(/two clips are called "a"/) }))
  })
})
