import { createRandom, sin, type AudioClip } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { casesOf, codeOf, DECIBELS, expectClose, golden, LINEAR, manifest } from '../test/goldens.ts'
import { createMelPlan } from './mel-plan.ts'
import { logMelSpectrogram, melSpectrogram } from './mel-spectrogram.ts'

const random = createRandom('mel')
const noise = (length: number): AudioClip => ({ samples: Float32Array.from({ length }, () => 0.1 * random.normal()), sampleRate: 16000 })
const silence: AudioClip = { samples: new Float32Array(4000), sampleRate: 16000 }
const small = { nFft: 256, hopLength: 100, nMels: 12 } as const

describe('melSpectrogram', () => {
  it.each(casesOf('mel'))('equals librosa within 1e-6: %s', (_name, { file, signal, sampleRate, options }) => {
    const expected = golden(file)
    const { shape, data } = melSpectrogram({ samples: golden(signal).data, sampleRate }, options)
    expect(shape).toEqual(expected.shape)
    expectClose(data, expected.data, LINEAR)
  })

  it.each(manifest.frames)('has librosa\'s number of frames for 1 … 40 samples: $nFft, $hopLength, $center, $padMode', ({ counts, ...options }) => {
    const plan = createMelPlan(16000, { ...options, nMels: 1, fmin: 0, fmax: null })
    expect(counts.map((_, i) => plan.frames(i + 1) || null)).toEqual(counts)
    for (const [i, count] of counts.entries())
      expect(codeOf(() => plan.melPower(new Float32Array(i + 1)).length)).toBe(count ?? 'INVALID_INPUT')
  })

  it('has the loudest band of a 1 kHz sine around 1 kHz, and its power in the square of the amplitude', () => {
    const sine = (amplitude: number): AudioClip => ({ samples: Float32Array.from({ length: 8000 }, (_, i) => amplitude * sin((2 * Math.PI * 1000 * i) / 16000)), sampleRate: 16000 })
    const loud = melSpectrogram(sine(0.5), {}).data
    const soft = melSpectrogram(sine(0.25), {}).data
    const column = Array.from({ length: 64 }, (_, m) => loud[m * 26 + 12]!)
    const band = column.indexOf(Math.max(...column))
    const { start, offset } = createMelPlan(16000).filters
    expect((start[band]! * 16000) / 1024).toBeLessThan(1000)
    expect(((start[band]! + offset[band + 1]! - offset[band]!) * 16000) / 1024).toBeGreaterThan(1000)
    expect(loud[band * 26 + 12]! / soft[band * 26 + 12]!).toBeCloseTo(4, 5)
  })

  it('reads a view into a larger buffer and leaves it alone', () => {
    const { samples } = noise(3000)
    const view = samples.subarray(500, 2500)
    const before = samples.slice()
    expect(melSpectrogram({ samples: view, sampleRate: 16000 }, small)).toEqual(melSpectrogram({ samples: view.slice(), sampleRate: 16000 }, small))
    expect(samples).toEqual(before)
  })

  it('returns arrays that own their buffers', () => {
    const { data } = melSpectrogram(noise(2000), small)
    expect(data.buffer.byteLength).toBe(data.byteLength)
  })

  it('names the first sample that is not finite', () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const clip = noise(3001)
      clip.samples[3000] = value
      clip.samples[1234] = value
      expect(codeOf(() => melSpectrogram(clip, small))).toBe('INVALID_INPUT')
      expect(() => melSpectrogram(clip, small)).toThrow(/sample 1234 /)
    }
  })

  it('takes the largest float32 samples', () => {
    const samples = new Float32Array(600).fill(3.4e38)
    expect(createMelPlan(16000, small).melPower(samples).every(Number.isFinite)).toBe(true)
  })

  it.each([
    ['an empty clip', { samples: new Float32Array(0), sampleRate: 16000 }, {}, 'AUDIO_EMPTY'],
    ['fewer than nFft samples without center', { samples: new Float32Array(1023), sampleRate: 16000 }, { center: false }, 'INVALID_INPUT'],
    ['float64 samples', { samples: new Float64Array(2000), sampleRate: 16000 }, {}, 'INVALID_INPUT'],
    ['no samples', { sampleRate: 16000 }, {}, 'INVALID_INPUT'],
    ['no clip', null, {}, 'INVALID_INPUT'],
    ['a rate of 0', { samples: new Float32Array(2000), sampleRate: 0 }, {}, 'INVALID_INPUT'],
    ['a rate of NaN', { samples: new Float32Array(2000), sampleRate: NaN }, {}, 'INVALID_INPUT'],
    ['hop 0', silence, { hopLength: 0 }, 'INVALID_OPTION'],
    ['nFft 1022', silence, { nFft: 1022 }, 'INVALID_OPTION'],
    ['winLength above nFft', silence, { winLength: 1025 }, 'INVALID_OPTION'],
    ['an unknown window', silence, { window: 'kaiser' }, 'INVALID_OPTION'],
    ['an unknown option', silence, { hop: 160 }, 'INVALID_OPTION'],
  ] as const)('refuses %s', (_name, clip, options, code) => {
    expect(codeOf(() => melSpectrogram(clip as never, options as never))).toBe(code)
  })

  it('stops when it is cancelled', () => {
    expect(codeOf(() => melSpectrogram(silence, {}, { signal: AbortSignal.abort() }))).toBe('ABORTED')
  })
})

describe('logMelSpectrogram', () => {
  it.each(casesOf('logmel'))('equals librosa within 1e-4 dB: %s', (_name, { file, signal, sampleRate, options }) => {
    const expected = golden(file)
    const { shape, data } = logMelSpectrogram({ samples: golden(signal).data, sampleRate }, options)
    expect(shape).toEqual(expected.shape)
    expectClose(data, expected.data, DECIBELS)
  })

  it('has exactly 0 dB at the maximum of the clip and nothing below −80', () => {
    const samples = noise(16000).samples.fill(0, 8000)
    const { data } = logMelSpectrogram({ samples, sampleRate: 16000 }, {})
    expect([Math.max(...data), Math.min(...data)]).toEqual([0, -80])
  })

  it.each(['clip', 'running'] as const)('gives 0 dB everywhere for silence re %s', (dbRef) => {
    expect(logMelSpectrogram(silence, { dbRef }).data.every((value) => Object.is(value, 0))).toBe(true)
  })

  it('gives −80 dB everywhere for silence re 1, −100 without a floor', () => {
    expect(logMelSpectrogram(silence, { dbRef: 1 }).data.every((value) => value === -80)).toBe(true)
    expect(logMelSpectrogram(silence, { dbRef: 1, topDb: null }).data.every((value) => value === -100)).toBe(true)
  })

  it('changes nothing of the past re running when a louder sound follows', () => {
    const { samples } = noise(8000)
    const louder = samples.slice()
    for (let i = 5000; i < 8000; i++) louder[i]! *= 30
    const [quiet, loud] = [samples, louder].map((wave) => logMelSpectrogram({ samples: wave, sampleRate: 16000 }, { ...small, dbRef: 'running' }))
    const frames = quiet!.shape[1]!
    const past = Math.floor((5000 - 128) / 100) // the last frame that ends before sample 5000
    for (let m = 0; m < 12; m++) expect(loud!.data.subarray(m * frames, m * frames + past)).toEqual(quiet!.data.subarray(m * frames, m * frames + past))
    expect(loud!.data).not.toEqual(quiet!.data)
  })

  it('is the linear spectrogram where dbRef is null', () => {
    const clip = noise(3000)
    expect(logMelSpectrogram(clip, { ...small, dbRef: null })).toEqual(melSpectrogram(clip, small))
  })

  it('refuses dbRef patch: a spectrogram has none', () => {
    expect(codeOf(() => logMelSpectrogram(silence, { dbRef: 'patch' }))).toBe('INVALID_OPTION')
  })
})

describe('createMelPlan', () => {
  it('gives the same bits again and again, and writes where it is told', () => {
    const plan = createMelPlan(16000, small)
    const { samples } = noise(3000)
    const first = plan.melPower(samples)
    plan.melPower(noise(2000).samples)
    const out = new Float64Array(first.length)
    expect(plan.melPower(samples, out)).toBe(out)
    expect(out).toEqual(first)
    const decibels = new Float32Array(first.length)
    expect(plan.logMel(samples, decibels)).toBe(decibels)
    expect(decibels).toEqual(logMelSpectrogram({ samples, sampleRate: 16000 }, small).data)
  })

  it('refuses an out of another length', () => {
    expect(codeOf(() => createMelPlan(16000).melPower(new Float32Array(2000), new Float64Array(5)))).toBe('INVALID_INPUT')
    expect(codeOf(() => createMelPlan(16000).logMel(new Float32Array(2000), new Float32Array(5)))).toBe('INVALID_INPUT')
  })

  it('passes the warnings of its filters on', () => {
    expect(createMelPlan(16000, { nFft: 128 }).warnings).toHaveLength(1)
    expect(createMelPlan(16000).warnings).toEqual([])
  })

  it('has no frames for no samples', () => {
    expect(createMelPlan(16000).frames(0)).toBe(0)
  })
})
