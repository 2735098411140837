import { describe, expect, it } from '@jest/globals'
import type { AudioClip } from '@aed/core'
import { augmentWaveform } from './augment.ts'
import type { AugmentationStep } from './augmentation-options.ts'
import { lengthen } from './lengthen.ts'
import { normalize } from './normalize.ts'
import { prepareClip, repeatTo } from './prepare-clip.ts'
import { resample } from './resample.ts'
import { cutSilence, findLoudIntervals, findTrim, trimSilence } from './silence.ts'

const sampleRate = 8000
const silence = { trimSilenceDb: 60, trimFrameLength: 100 }
const clean: AudioClip = { samples: new Float32Array(1000).fill(0.5), sampleRate }
const step = (name: AugmentationStep['step']) => ({ steps: [{ step: name } as AugmentationStep] })

/** Every function that computes with the samples of a clip. */
const takers: readonly (readonly [string, (clip: AudioClip) => unknown])[] = [
  ['resample', (clip) => resample(clip, 16000)],
  ['prepareClip', (clip) => prepareClip(clip)],
  ['findLoudIntervals', (clip) => findLoudIntervals(clip, silence)],
  ['cutSilence', (clip) => cutSilence(clip, silence)],
  ['findTrim', (clip) => findTrim(clip)],
  ['trimSilence', (clip) => trimSilence(clip)],
  ['normalize', (clip) => normalize(clip)],
  ['augmentWaveform', (clip) => augmentWaveform({ clip, key: 0 }, step('gain'))],
  ['augmentWaveform, background', (clip) => augmentWaveform({ clip: clean, key: 0, backgrounds: [clip] }, step('background'))],
  ['augmentWaveform, partner', (clip) => augmentWaveform({ clip: clean, key: 0, partner: clip }, step('betweenClass'))],
]

describe('clips with samples that are not finite', () => {
  it.each(takers)('%s names the first by its index', (_, take) => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const samples = new Float32Array(1000).fill(0.5)
      samples.fill(value, 617, 620)
      expect(() => take({ samples, sampleRate })).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringContaining(`sample 617 takes a finite number, got ${value}`) }))
    }
    expect(() => take(clean)).not.toThrow()
  })
})

describe('clips with rates and lengths that cannot be', () => {
  const invalid = expect.objectContaining({ code: 'INVALID_INPUT' })

  it.each([0, NaN, -1, Infinity])('a rate of %d Hz is refused', (rate) => {
    const clip = { samples: clean.samples, sampleRate: rate }
    for (const take of [() => lengthen(clip), () => repeatTo(clip, 2), () => prepareClip(clip), () => augmentWaveform({ clip, key: 0 }, {})]) expect(take).toThrow(invalid)
  })

  it('a length beyond what memory can hold is refused', () => {
    expect(() => lengthen(clean, { duration: 1e9 })).toThrow(invalid)
    expect(() => repeatTo(clean, 1e9)).toThrow(invalid)
    expect(() => repeatTo(clean, NaN)).toThrow(invalid)
    expect(() => resample({ samples: clean.samples, sampleRate: 1 }, 1_000_000)).toThrow(invalid)
  })
})
