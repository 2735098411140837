import { createRandom } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { casesOf, codeOf, expectClose, golden, LINEAR } from '../test/goldens.ts'
import { spectrogram, stft } from './stft.ts'

const random = createRandom('stft')
const clip = { samples: Float32Array.from({ length: 1000 }, () => random.normal()), sampleRate: 16000 }

describe('stft', () => {
  it.each(casesOf('stft'))('equals librosa within 1e-6: %s', (_name, { file, signal, sampleRate, options }) => {
    const expected = golden(file)
    const { shape, real, imag } = stft({ samples: golden(signal).data, sampleRate }, options)
    expect([2, ...shape]).toEqual(expected.shape)
    expectClose([...real, ...imag], expected.data, { rel: 1e-6, abs: 1e-12 })
  })

  it('has the bin of a cosine at half its amplitude times the sum of the window', () => {
    const samples = Float32Array.from({ length: 64 }, (_, i) => Math.cos((2 * Math.PI * 5 * i) / 64))
    const { real, imag } = stft({ samples, sampleRate: 64 }, { nFft: 64, hopLength: 64, center: false, window: 'rectangular' })
    expectClose(real, Float32Array.from({ length: 33 }, (_, k) => (k === 5 ? 32 : 0)), { abs: 1e-5 })
    expectClose(imag, new Float32Array(33), { abs: 1e-5 })
  })

  it.each([
    ['an empty clip', { samples: new Float32Array(0), sampleRate: 8000 }, {}, 'AUDIO_EMPTY'],
    ['fewer than nFft samples without center', clip, { center: false, nFft: 1024 }, 'INVALID_INPUT'],
    ['NaN', { samples: Float32Array.of(0, NaN), sampleRate: 8000 }, {}, 'INVALID_INPUT'],
    ['nFft 14', clip, { nFft: 14 }, 'INVALID_OPTION'],
    ['an option of mel', clip, { nMels: 14 }, 'INVALID_OPTION'],
  ] as const)('refuses %s', (_name, input, options, code) => {
    expect(codeOf(() => stft(input, options as never))).toBe(code)
    expect(codeOf(() => spectrogram(input, options as never))).toBe(code)
  })
})

describe('spectrogram', () => {
  it.each(casesOf('spectrogram'))('equals librosa within 1e-6: %s', (_name, { file, signal, sampleRate, options }) => {
    const expected = golden(file)
    const { shape, data } = spectrogram({ samples: golden(signal).data, sampleRate }, options)
    expect(shape).toEqual(expected.shape)
    expectClose(data, expected.data, LINEAR)
  })
})
