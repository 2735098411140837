import { describe, expect, it } from '@jest/globals'
import { officialFolds } from '../split.ts'
import { sha256 } from '@aed/core'
import { rms } from './signal.ts'
import { synthesizeEsc10, type SyntheticClip } from './synthesize-esc10.ts'

const options = { clipsPerRecording: 1 }
const clips = [...synthesizeEsc10(options)]

/** Part of the clips that the nearest class centroid gets right, over the folds; features are standardised on the training part. */
function nearestCentroid(features: readonly (readonly number[])[]): number {
  let right = 0
  for (const { train, test } of officialFolds(clips)) {
    const mean = (indices: readonly number[], f: (i: number) => number) => indices.reduce((sum, i) => sum + f(i), 0) / indices.length
    const scaled = features[0]!.map((_, k) => {
      const centre = mean(train, (i) => features[i]![k]!)
      const spread = Math.sqrt(mean(train, (i) => (features[i]![k]! - centre) ** 2)) + 1e-9
      return (i: number) => (features[i]![k]! - centre) / spread
    })
    const labels = [...new Set(clips.map(({ label }) => label))]
    const centroids = labels.map((label) => {
      const members = train.filter((i) => clips[i]!.label === label)
      return scaled.map((f) => mean(members, f))
    })
    for (const i of test) {
      const distances = centroids.map((centroid) => centroid.reduce((sum, c, k) => sum + (scaled[k]!(i) - c) ** 2, 0))
      if (labels[distances.indexOf(Math.min(...distances))] === clips[i]!.label) right++
    }
  }
  return right / clips.length
}

const levelDb = ({ clip }: SyntheticClip) => 20 * Math.log10(rms(Float64Array.from(clip.samples)))

const FRAME = 256
const FREQUENCIES = Array.from({ length: 14 }, (_, k) => 120 * 1.38 ** k)
const TABLES = FREQUENCIES.map((frequency) => (f: (x: number) => number) => Float64Array.from({ length: FRAME }, (_, i) => Math.sin((Math.PI * i) / FRAME) ** 2 * f((2 * Math.PI * frequency * i) / 22050))).map((table) => [table(Math.cos), table(Math.sin)] as const)

/** Mean and spread over time of the level at 14 frequencies, in 50 short frames: a simple spectral classifier's features. */
function spectrum({ clip: { samples } }: SyntheticClip): number[] {
  return TABLES.flatMap(([cosine, sine]) => {
    const levels = Array.from({ length: 50 }, (_, t) => {
      const start = t * 2200
      let re = 0
      let im = 0
      for (let i = 0; i < FRAME; i++) {
        re += samples[start + i]! * cosine[i]!
        im += samples[start + i]! * sine[i]!
      }
      return 10 * Math.log10(re * re + im * im + 1e-9)
    })
    const mean = levels.reduce((a, b) => a + b) / levels.length
    return [mean, Math.sqrt(levels.reduce((sum, level) => sum + (level - mean) ** 2, 0) / levels.length)]
  })
}

describe('synthesizeEsc10', () => {
  it('makes 20 clips of each of ten classes, two a recording, in five folds', () => {
    const all = [...synthesizeEsc10({ duration: 0.1 })]
    expect(all).toHaveLength(200)
    expect(new Set(all.map(({ id }) => id)).size).toBe(200)
    expect(new Set(all.map(({ source }) => source)).size).toBe(100)
    expect(officialFolds(all).map(({ test }) => test.length)).toEqual([40, 40, 40, 40, 40]) // refuses leaking recordings
    for (const { id, fold, source, take, target } of all) expect(id).toBe(`${fold}-${source}-${take}-${target}.wav`)
  })

  it('stays within full scale, finite, never silent, never twice the same', async () => {
    for (const { clip } of clips) {
      expect(clip.samples).toHaveLength(5 * clip.sampleRate)
      const peak = clip.samples.reduce((best, x) => Math.max(best, Math.abs(x)), 0)
      expect(peak).toBeGreaterThan(1e-3)
      expect(peak).toBeLessThan(1)
    }
    expect(new Set(await Promise.all(clips.map(({ clip }) => sha256(clip.samples)))).size).toBe(100)
  })

  it('gives the same bytes on every machine', async () => {
    const hashes = await Promise.all(clips.filter((_, i) => i % 10 === 0).map(({ clip }) => sha256(clip.samples)))
    expect(hashes.map((hash) => hash.slice(0, 8))).toEqual(['2e0add9c', 'b98c701d', '6aa10ccd', 'df837032', '7a5c68e3', '99cc356a', '5b619698', '22270038', '10f2084d', '9161421c'])
  })

  it('changes with the seed; what is made first does not depend on how much follows', () => {
    const [a] = synthesizeEsc10({ recordingsPerClass: 1, clipsPerRecording: 1 })
    const [b] = synthesizeEsc10({ recordingsPerClass: 1, clipsPerRecording: 1, seed: 2 })
    expect(a!.clip.samples).toEqual(clips[0]!.clip.samples)
    expect(b!.clip.samples).not.toEqual(a!.clip.samples)
  })

  it('cannot be told apart by loudness: nearest centroid on the RMS below 35 %', () => {
    expect(nearestCentroid(clips.map((clip) => [levelDb(clip)]))).toBeLessThan(0.35)
  })

  it('can be told apart by its spectrum: nearest centroid on 14 bands above 50 %', () => {
    expect(nearestCentroid(clips.map(spectrum))).toBeGreaterThan(0.5)
  })

  it('refuses options out of range', () => {
    expect(() => [...synthesizeEsc10({ recordingsPerClass: 0 })]).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})

describe('classes and clips of synthesizeEsc10', () => {
  const options = { duration: 0.1, recordingsPerClass: 2 }

  it('gives the same sounds of a class with and without the others', () => {
    const dogs = [...synthesizeEsc10(options)].filter(({ label }) => label === 'dog')
    expect([...synthesizeEsc10({ ...options, classes: ['dog'] })]).toEqual(dogs)
  })

  it('makes as many clips as asked for', () => {
    expect([...synthesizeEsc10({ duration: 0.1, classes: ['rain', 'dog'], clips: 12 })]).toHaveLength(12)
    expect(() => [...synthesizeEsc10({ classes: ['rain', 'dog'], clips: 13 })]).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', hint: 'take 16' }))
    expect(() => [...synthesizeEsc10({ classes: ['unicorn'] })]).toThrow(expect.objectContaining({ code: 'UNKNOWN_CLASS' }))
  })
})
