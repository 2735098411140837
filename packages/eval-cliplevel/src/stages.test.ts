import { describe, expect, it } from '@jest/globals'
import { inThread } from '@aed/core'
import { goldens, scoresOf } from '../test/fixtures.ts'
import { clipScores } from './aggregation.ts'
import { evaluate } from './evaluate.ts'
import { stages } from './stages.ts'

const scores = scoresOf(goldens.cases[0]!)

describe('stages', () => {
  it('takes and gives what can be cloned to another thread', async () => {
    const host = inThread(stages)
    expect(structuredClone(await host.stages.evaluate(structuredClone(scores), { seed: 4 }))).toEqual(evaluate(scores, { seed: 4 }))
    expect(structuredClone(await host.stages.clipScores(structuredClone(scores), {}))).toEqual(clipScores(scores))
  })

  it('gives an evaluation that JSON keeps whole', () => {
    const evaluation = evaluate(scores)
    expect(JSON.parse(JSON.stringify(evaluation))).toEqual(evaluation)
  })
})
