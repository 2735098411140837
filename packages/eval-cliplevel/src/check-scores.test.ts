import { describe, expect, it } from '@jest/globals'
import type { PatchScores } from '@aed/core'
import { patchScores } from '../test/fixtures.ts'
import { clipScores } from './aggregation.ts'
import { evaluate } from './evaluate.ts'
import { formatScoresCsv } from './scores-csv.ts'

const good = () =>
  patchScores(
    ['dog', 'rain'],
    [
      ['a', 'dog', [0.5, 0.5], [1, 0]],
      ['b', 'rain', [0, 1]],
    ],
  )

const cases: readonly (readonly [what: string, input: PatchScores, code: string, message: RegExp])[] = [
  ['a label outside the classes', { ...good(), classes: ['dog', 'sea'] }, 'UNKNOWN_CLASS', /clip "b": label "rain"/],
  ['NaN', { ...good(), scores: Float32Array.of(0.5, 0.5, 1, 0, NaN, 1) }, 'INVALID_INPUT', /patch 2 \(of clip "b"\), class "dog".*got NaN/],
  ['infinity', { ...good(), scores: Float32Array.of(0.5, Infinity, 1, 0, 0, 1) }, 'INVALID_INPUT', /patch 0 .*class "rain".*got Infinity/],
  ['a negative score', { ...good(), scores: Float32Array.of(0.5, 0.5, -0.25, 0, 0, 1) }, 'INVALID_INPUT', /patch 1 .*class "dog".*got -0.25/],
  ['too few scores', { ...good(), scores: new Float32Array(5) }, 'INVALID_INPUT', /3 patches of 2 classes take 6 values, got 5/],
  ['a patch of no clip', { ...good(), clipOfPatch: Int32Array.of(0, 2, 1) }, 'INVALID_INPUT', /patch 1 belongs to clip 2/],
  ['a negative clip', { ...good(), clipOfPatch: Int32Array.of(0, 1, -1) }, 'INVALID_INPUT', /patch 2 belongs to clip -1/],
  ['two clips of one id', { ...good(), clips: good().clips.map((clip) => ({ ...clip, id: 'a' })) }, 'INVALID_INPUT', /two clips are called "a"/],
  ['two classes of one name', { ...good(), classes: ['rain', 'rain'] }, 'INVALID_INPUT', /two classes are called "rain"/],
  ['no classes', { ...good(), classes: [], scores: new Float32Array(0) }, 'INVALID_INPUT', /no classes/],
  ['no clips', { ...good(), clips: [], clipOfPatch: new Int32Array(0), scores: new Float32Array(0) }, 'INVALID_INPUT', /no clips/],
]

describe('checkScores', () => {
  for (const [name, stage] of Object.entries({ evaluate, clipScores, formatScoresCsv }))
    for (const [what, input, code, message] of cases)
      it(`makes ${name} refuse ${what} with ${code}`, () => {
        expect(() => stage(input)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }))
      })

  it('names the first of many classes in the hint only', () => {
    const classes = Array.from({ length: 50 }, (_, i) => `class ${i}`)
    const input = patchScores(classes, [['a', 'sea', classes.map(() => 0.02)]])
    expect(() => evaluate(input)).toThrow(expect.objectContaining({ code: 'UNKNOWN_CLASS', hint: expect.stringMatching(/class 11, …$/) }))
  })

  it('keeps its message on one line whatever the names hold', () => {
    const input = patchScores(['dog', 'rain'], [['a\nb', 'se\r\na', [1, 0]]])
    expect(() => evaluate(input)).toThrow(expect.objectContaining({ message: expect.not.stringMatching(/[\r\n]/) }))
  })
})
