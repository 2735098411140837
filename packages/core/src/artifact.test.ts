import { describe, expect, it } from '@jest/globals'
import { parseModelCard, unknownThresholds } from './artifact.ts'
import { featureConfig } from './feature-config.ts'

const card = {
  schema: 'aed-model/1',
  name: 'esc10-1stack',
  classes: ['dog', 'rain'],
  features: featureConfig(),
  head: { kind: 'meanScores' },
  provenance: { data: 'ESC-10', seed: 1, options: { epochs: 40 } },
  licence: 'Apache-2.0',
}

describe('parseModelCard', () => {
  it('reads a card, of a backbone too, and gives the mean of scores where no head is stated', () => {
    expect(parseModelCard(JSON.parse(JSON.stringify(card)), 'aed.json')).toEqual(card)
    const { head, ...rest } = card
    expect(parseModelCard({ ...rest, classes: null, features: null }, 'aed.json')).toEqual({ ...card, classes: null, features: null, head })
  })

  it('reads detection parameters, and refuses a span of no patch', () => {
    const detection = { smoothing: 3, thresholds: [0.5, 0.75], refractory: 1.5 }
    expect(parseModelCard({ ...card, detection }, 'aed.json').detection).toEqual(detection)
    expect(() => parseModelCard({ ...card, detection: { ...detection, smoothing: 0 } }, 'aed.json')).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })

  it('reads the threshold of unknown, and refuses one above 1', () => {
    expect(parseModelCard({ ...card, unknownBelow: 0.4 }, 'aed.json').unknownBelow).toBe(0.4)
    expect(() => parseModelCard({ ...card, unknownBelow: 1.5 }, 'aed.json')).toThrow('aed.json: unknownBelow takes at most 1, got 1.5')
  })

  it('reads a threshold of unknown for each class, above 1 for one that is never the answer', () => {
    const read = (unknownBelow: unknown) => unknownThresholds(parseModelCard({ ...card, unknownBelow }, 'aed.json'))
    expect(read([0.4, 2])).toEqual([0.4, 2])
    expect(read(0.4)).toEqual([0.4, 0.4])
    expect(read(undefined)).toBeNull()
    expect(() => read([0.4])).toThrow(expect.objectContaining({ code: 'MODEL_MISMATCH' }))
    expect(() => read([0.4, -1])).toThrow('aed.json: unknownBelow.1 takes at least 0, got -1')
  })

  for (const [input, message] of [
    [{ ...card, schema: 'aed-model/2' }, 'aed.json: schema takes "aed-model/1", got "aed-model/2"'],
    [{ ...card, classes: [] }, 'aed.json: classes takes at least 1 of them, got 0'],
    [{ ...card, classes: [1] }, 'aed.json: classes.0 takes a text, got 1'],
    [{ ...card, head: { kind: 'median' } }, 'aed.json: head.kind takes "meanScores" or "clip", got "median"'],
    [{ ...card, features: { mel: { nFft: '1024' } } }, 'aed.json: features.mel.nFft takes a number, got "1024"'],
    [{ ...card, author: 'x' }, 'aed.json: author is not an option'],
    [[], /^aed.json: schema takes/],
  ] as const)
    it(`says: ${String(message)}`, () => {
      expect(() => parseModelCard(input, 'aed.json')).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
      expect(() => parseModelCard(input, 'aed.json')).toThrow(message)
    })
})
