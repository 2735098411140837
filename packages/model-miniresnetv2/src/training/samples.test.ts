import { describe, expect, it } from '@jest/globals'
import { parseOptions } from '@aed/core'
import { CLASSES, FRAMES, MELS, toneClips } from '../../test/tiny-classifier.ts'
import { trainModelOptionsSchema, type TrainModelOptionsInput } from './options.ts'
import { createSampleSource } from './samples.ts'

const clips = toneClips(7, 'samples')
const source = (options: TrainModelOptionsInput = {}, from = clips, multiLabel = false) => createSampleSource(from, [MELS, FRAMES], CLASSES, parseOptions(trainModelOptionsSchema, options, 'test'), multiLabel)

describe('createSampleSource', () => {
  it('deals every clip once before any comes again, in another order each epoch', () => {
    const { order } = source({ samplesPerEpoch: 17 })
    for (const epoch of [1, 2]) {
      const drawn = [...order(epoch)]
      for (const deal of [drawn.slice(0, 7), drawn.slice(7, 14)]) expect(deal.sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
      expect(drawn).toHaveLength(17)
    }
    expect(order(1)).not.toEqual(order(2))
    expect(order(1)).toEqual(source({ samplesPerEpoch: 17 }).order(1))
  })

  it('draws windows of the clips, the same whatever was drawn before', () => {
    const { order, draw } = source({ samplesPerEpoch: 40 })
    const whole = draw(3, order(3), 0, 40)
    const part = draw(3, order(3), 25, 5)
    expect(part.inputs).toEqual(whole.inputs.slice(25 * MELS * FRAMES, 30 * MELS * FRAMES))
    const starts = new Set<number>()
    order(3).forEach((clip, i) => {
      const { shape, data } = clips[clip]!.spectrograms[0]!
      const first = whole.inputs[i * MELS * FRAMES]!
      const start = data.subarray(0, shape[1]).indexOf(first)
      for (let m = 0; m < MELS; m++) expect(whole.inputs.slice((i * MELS + m) * FRAMES, (i * MELS + m + 1) * FRAMES)).toEqual(data.slice(m * shape[1]! + start, m * shape[1]! + start + FRAMES))
      starts.add(start)
    })
    expect(starts.size).toBeGreaterThan(2)
  })

  it('draws from all forms of a clip', () => {
    const forms = [1, 2, 3].map((value) => ({ dtype: 'float32' as const, shape: [MELS, FRAMES], data: new Float32Array(MELS * FRAMES).fill(value) }))
    const { order, draw } = source({ samplesPerEpoch: 30 }, CLASSES.map((_, label) => ({ spectrograms: forms, labels: [label] })))
    expect(new Set(draw(1, order(1), 0, 30).inputs)).toEqual(new Set([1, 2, 3]))
  })

  it('avoids windows without a peak, and takes the loudest where there is no other', () => {
    const quiet = new Float32Array(MELS * 4 * FRAMES).fill(-60)
    const loud = quiet.slice()
    for (let m = 0; m < MELS; m++) loud.fill(-10, m * 4 * FRAMES, m * 4 * FRAMES + FRAMES)
    const clip = (data: Float32Array, label: number) => ({ spectrograms: [{ dtype: 'float32' as const, shape: [MELS, 4 * FRAMES], data }], labels: [label] })
    const { order, draw } = source({ samplesPerEpoch: 60, minPeakDb: -30 }, [clip(loud, 0), clip(quiet, 1), clip(loud, 2)])
    const { inputs } = draw(1, order(1), 0, 60)
    const peaks = Array.from({ length: 60 }, (_, i) => Math.max(...inputs.subarray(i * MELS * FRAMES, (i + 1) * MELS * FRAMES)))
    const ofLoud = peaks.filter((_, i) => order(1)[i] !== 1)
    expect(ofLoud.filter((peak) => peak === -10).length).toBeGreaterThan(0.9 * ofLoud.length)
    expect(new Set(peaks.filter((_, i) => order(1)[i] === 1))).toEqual(new Set([-60]))
  })

  it('smooths labels, and shares them where patches were mixed', () => {
    const plain = source({ labelSmoothing: 0.3 })
    const { targets } = plain.draw(1, Int32Array.of(2), 0, 1)
    expect([...targets].map((value) => Math.fround(value))).toEqual([0.1, 0.1, 0.8].map(Math.fround))
    const mixed = source({ augment: [{ name: 'mix', minWeight: 0.5 }], samplesPerEpoch: 7 }).draw(1, Int32Array.from(clips.keys()), 0, 7)
    for (let i = 0; i < 7; i++) {
      const own = [...mixed.targets.subarray(3 * i, 3 * i + 3)]
      expect(own.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6)
      expect(own[i % 3]).toBeGreaterThanOrEqual(0.5)
    }
    expect(mixed.targets.some((value) => value > 0 && value < 0.5)).toBe(true)
  })

  it('weighs classes by how rare they are: two clips of one class count 2/3 each, single ones 4/3', () => {
    const few = [clips[0]!, clips[3]!, clips[1]!, clips[2]!]
    expect([...source({ classWeights: 'balanced' }, few).draw(1, Int32Array.of(0, 1, 2, 3), 0, 4).weights].map((value) => Number(value.toFixed(4)))).toEqual([0.6667, 0.6667, 1.3333, 1.3333])
  })

  it('tells other data apart by its digest', async () => {
    const digest = await source().digest()
    expect(await source({}, toneClips(7, 'samples')).digest()).toBe(digest)
    expect(await source({}, clips.toReversed()).digest()).not.toBe(digest)
  })
})
