import { describe, expect, it } from '@jest/globals'
import { AedError } from '@aed/core'
import { inspectDataset, type ClipMeasure } from './inspect.ts'

const clip = (id: string, label: string, source: string, fold: number) => ({ id, label, source, fold, path: `/${id}` })
const dataset = {
  name: 'mine',
  synthetic: false,
  licence: 'unknown',
  citation: '',
  classes: ['a', 'b'],
  clips: [clip('1', 'a', 'r1', 1), clip('2', 'a', 'r1', 1), clip('3', 'b', 'r2', 2), clip('4', 'b', 'r3', 2)],
}

const measure = ({ id }: { readonly id: string }): Promise<ClipMeasure> => {
  if (id === '3') return Promise.reject(new AedError('AUDIO_DAMAGED', '/3: page 2 is damaged'))
  return Promise.resolve({
    duration: Number(id),
    sampleRate: id === '4' ? 44_100 : 16_000,
    channels: 1,
    peak: 1,
    levelDb: id === '1' ? null : -20,
    clippedSamples: id === '2' ? 7 : 0,
    silence: id === '1' ? 1 : 0,
    fingerprint: { hash: id === '1' ? 'x' : id === '4' ? 'x' : 'y', words: new Uint32Array(0) },
    warnings: id === '4' ? ['odd'] : [],
  })
}

describe('inspectDataset', () => {
  it('sums up sound, damage and duplicates, whatever the width', async () => {
    const result = await inspectDataset(dataset, measure, { width: 1 })
    expect(await inspectDataset(dataset, measure, { width: 3 })).toEqual(result)
    expect(result).toMatchObject({
      clips: 4,
      recordings: 3,
      folds: [1, 2],
      classes: [
        { name: 'a', clips: 2, recordings: 1, duration: 3, clipsPerFold: [2, 0], recordingsPerFold: [1, 0] },
        { name: 'b', clips: 2, recordings: 2, duration: 4, clipsPerFold: [0, 2], recordingsPerFold: [0, 2] },
      ],
      durations: { min: 1, median: 2, max: 4, total: 7 },
      levelsDb: { min: -20, median: -20, max: -20 },
      sampleRates: [{ sampleRate: 16_000, clips: 2 }, { sampleRate: 44_100, clips: 1 }],
      clipped: [{ id: '2', samples: 7 }],
      silent: [{ id: '1', share: 1 }],
      bad: [{ id: '3', code: 'AUDIO_DAMAGED' }],
      warnings: [{ id: '4', warning: 'odd' }],
      duplicates: [{ a: '1', b: '4', kind: 'duplicate', bitErrorRate: 0, sameRecording: false }],
    })
  })

  it('stops at a bug instead of calling the clip bad', async () => {
    await expect(inspectDataset(dataset, () => Promise.reject(new TypeError('bug')))).rejects.toThrow('bug')
  })
})
