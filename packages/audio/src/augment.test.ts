import { describe, expect, it } from '@jest/globals'
import { createRandom } from '@aed/core'
import { augmentWaveform } from './augment.ts'
import type { AugmentationInput } from './augmentation-options.ts'
import { pinkNoise, whiteNoise } from './noise.ts'
import { powerOf } from './normalize.ts'

const GOLDEN = [-0.02171495, 0.08476597, 0.2006705, 0.2319512, 0.3164974]
const sampleRate = 8000
const sine = (length = 8000, amplitude = 0.5, frequency = 440) => ({ samples: Float32Array.from({ length }, (_, i) => amplitude * Math.sin((2 * Math.PI * frequency * i) / sampleRate)), sampleRate })
const clip = sine()
const db = (power: number) => 10 * Math.log10(power)
const difference = (a: Float32Array, b: Float32Array) => a.map((x, i) => x - b[i]!)
const augment = (steps: AugmentationInput['steps'], key: string | number = 'k', more: object = {}) => augmentWaveform({ clip, key, ...more }, { seed: 5, steps })

/** Powers of the octaves from bin 16 to 512 of 2048, by a plain DFT. */
function octavePowers(samples: Float64Array): number[] {
  const cosine = Float64Array.from({ length: 2048 }, (_, i) => Math.cos((2 * Math.PI * i) / 2048))
  return [16, 32, 64, 128, 256].map((low) => {
    let power = 0
    for (let bin = low; bin < 2 * low; bin++) {
      let re = 0
      let im = 0
      for (let i = 0; i < 2048; i++) {
        re += samples[i]! * cosine[(bin * i) & 2047]!
        im += samples[i]! * cosine[(bin * i + 512) & 2047]!
      }
      power += re * re + im * im
    }
    return power
  })
}

describe('augmentWaveform', () => {
  it('gives equal samples for equal seed and key, whatever came before, and others for others', () => {
    const recipe: AugmentationInput = { seed: 7, steps: [{ step: 'gain' }, { step: 'noise', color: 'pink' }, { step: 'shift' }, { step: 'polarity' }, { step: 'clipping' }, { step: 'speed' }] }
    const once = augmentWaveform({ clip, key: 1 }, recipe)
    augmentWaveform({ clip, key: 2 }, recipe)
    expect(augmentWaveform({ clip, key: 1 }, JSON.parse(JSON.stringify(recipe)) as AugmentationInput)).toEqual(once)
    expect(augmentWaveform({ clip, key: 2 }, recipe)).not.toEqual(once)
    expect(augmentWaveform({ clip, key: 1 }, { ...recipe, seed: 8 })).not.toEqual(once)
    expect(clip).toEqual(sine())
  })

  it('gives these very samples in every runtime and version', () => {
    const { clip: out } = augmentWaveform({ clip: sine(5), key: 0 }, { seed: 1, steps: [{ step: 'noise', minDb: 20, maxDb: 20 }, { step: 'gain' }] })
    expect([...out.samples].map((x) => Number(x.toPrecision(7)))).toEqual(GOLDEN)
  })

  it('leaves a copy without steps', () => {
    const { clip: out, ratio, steps } = augment([])
    expect({ out, ratio, steps }).toEqual({ out: clip, ratio: 1, steps: [] })
    expect(out.samples).not.toBe(clip.samples)
  })

  it('takes a step as often as its probability says', () => {
    let taken = 0
    for (let key = 0; key < 400; key++) taken += augmentWaveform({ clip: sine(8), key }, { steps: [{ step: 'polarity', probability: 0.25 }] }).steps.length
    expect(taken).toBeGreaterThan(70)
    expect(taken).toBeLessThan(130)
    expect(augment([{ step: 'polarity', probability: 0 }]).clip).toEqual(clip)
  })

  it('gain: within its range', () => {
    const gains = Array.from({ length: 50 }, (_, key) => db(powerOf(augment([{ step: 'gain', minDb: -9, maxDb: 3 }], key).clip.samples) / powerOf(clip.samples)))
    expect(Math.min(...gains)).toBeGreaterThan(-9.001)
    expect(Math.min(...gains)).toBeLessThan(-7.5)
    expect(Math.max(...gains)).toBeLessThan(3.001)
    expect(Math.max(...gains)).toBeGreaterThan(1.5)
  })

  it.each(['white', 'pink'] as const)('noise: %s, at exactly its signal-to-noise ratio', (color) => {
    const { samples } = augment([{ step: 'noise', color, minDb: 12, maxDb: 12 }]).clip
    expect(db(powerOf(clip.samples) / powerOf(difference(samples, clip.samples)))).toBeCloseTo(12, 3)
  })

  it('noise leaves silence silent', () => {
    const silent = { samples: new Float32Array(100), sampleRate }
    expect(augmentWaveform({ clip: silent, key: 0 }, { steps: [{ step: 'noise' }, { step: 'clipping' }] }).clip).toEqual(silent)
  })

  it('shift: turns the clip around, or fills with zeros', () => {
    const ramp = { samples: Float32Array.from({ length: 100 }, (_, i) => i + 1), sampleRate }
    const shifts = new Set<number>()
    for (let key = 0; key < 60; key++) {
      const { samples } = augmentWaveform({ clip: ramp, key }, { steps: [{ step: 'shift', maxShift: 3 / sampleRate }] }).clip
      const shift = samples.indexOf(1) > 50 ? samples.indexOf(1) - 100 : samples.indexOf(1)
      shifts.add(shift)
      expect([...samples].sort((a, b) => a - b)).toEqual([...ramp.samples])
      expect(samples[50]).toBe(51 - shift)
      const { samples: filled } = augmentWaveform({ clip: ramp, key }, { steps: [{ step: 'shift', maxShift: 3 / sampleRate, fill: 'zeros' }] }).clip
      expect(filled.filter((x) => x === 0)).toHaveLength(Math.abs(shift))
    }
    expect([...shifts].sort((a, b) => a - b)).toEqual([-3, -2, -1, 0, 1, 2, 3])
  })

  it('speed: a tone 25 % faster is shorter and higher by that', () => {
    const { samples } = augment([{ step: 'speed', minSpeed: 1.25, maxSpeed: 1.25 }]).clip
    expect(samples).toHaveLength(6400)
    const expected = sine(6400, 0.5, 550).samples
    expect(Math.max(...difference(samples, expected).subarray(400, 6000).map(Math.abs))).toBeLessThan(1e-4)
  })

  it('background: a stretch of it, repeated where it is short, at its signal-to-noise ratio', () => {
    const background = sine(3000, 0.01, 1000)
    const { samples } = augment([{ step: 'background', minDb: 6, maxDb: 6 }], 'k', { backgrounds: [background] }).clip
    const added = difference(samples, clip.samples)
    expect(db(powerOf(clip.samples) / powerOf(added))).toBeCloseTo(6, 3)
    expect(Math.max(...difference(added.slice(0, 5000), added.slice(3000, 8000)).map(Math.abs))).toBeLessThan(1e-6)
    expect(() => augment([{ step: 'background' }])).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
    expect(() => augment([{ step: 'background' }], 'k', { backgrounds: [{ ...background, sampleRate: 1 }] })).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  })

  it('betweenClass: loudness as the ratio says, although the partner is 40 dB quieter', () => {
    const partner = sine(8000, 0.005, 1000)
    for (let key = 0; key < 10; key++) {
      const { clip: mixed, ratio } = augment([{ step: 'betweenClass' }], key, { partner })
      const parts = [440, 1000].map((frequency) => {
        let re = 0
        let im = 0
        mixed.samples.forEach((x, i) => {
          re += x * Math.cos((2 * Math.PI * frequency * i) / sampleRate)
          im += x * Math.sin((2 * Math.PI * frequency * i) / sampleRate)
        })
        return Math.sqrt(re * re + im * im)
      }) as [number, number]
      // Amplitudes stand to each other as ratio to 1 − ratio.
      expect(parts[0] / (parts[0] + parts[1])).toBeCloseTo(ratio, 3)
    }
    expect(() => augment([{ step: 'betweenClass' }])).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  })

  it('polarity and clipping', () => {
    expect(augment([{ step: 'polarity', probability: 1 }]).clip.samples).toEqual(clip.samples.map((x) => -x))
    const { samples } = augment([{ step: 'clipping', minDb: -6.0206, maxDb: -6.0206 }]).clip
    expect(samples.reduce((a, b) => Math.max(a, b))).toBeCloseTo(0.25, 5)
    expect(samples[2]).toBeCloseTo(0.25, 5)
    expect(samples[0]).toBe(0)
  })

  it('refuses steps and options that it does not know, and clips without samples', () => {
    for (const steps of [[{ step: 'echo' }], [{ step: 'gain', maxDB: 3 }], [{ step: 'gain', minDb: NaN }], [{ step: 'noise', probability: 2 }], 3])
      expect(() => augmentWaveform({ clip, key: 0 }, { steps } as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    expect(() => augmentWaveform({ clip: { samples: new Float32Array(0), sampleRate }, key: 0 })).toThrow(expect.objectContaining({ code: 'AUDIO_EMPTY' }))
  })
})

describe('noise', () => {
  it('white has twice the power in each octave, pink equal power in each octave', () => {
    const ratios = (noise: Float64Array) => octavePowers(noise).map((power, i, all) => db(power / all[i - 1]!)).slice(1)
    // One draw: the power of an octave of 16 bins deviates by about 1 dB, that of larger ones by less.
    for (const ratio of ratios(whiteNoise(2048, createRandom(1)))) expect(Math.abs(ratio - 3.01)).toBeLessThan(2)
    for (const ratio of ratios(pinkNoise(2048, createRandom(1)))) expect(Math.abs(ratio)).toBeLessThan(2)
  })
})
