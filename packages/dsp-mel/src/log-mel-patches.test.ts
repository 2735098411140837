import { createRandom, featureConfig, tensor } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { casesOf, codeOf, DECIBELS, expectClose, golden } from '../test/goldens.ts'
import { logMelPatches } from './log-mel-patches.ts'
import { logMelSpectrogram } from './mel-spectrogram.ts'
import { cutPatches, patchStarts } from './patches.ts'

const random = createRandom('patches')
const noise = (length: number) => ({ samples: Float32Array.from({ length }, () => 0.1 * random.normal()), sampleRate: 16000 })
const config = featureConfig()

describe('patchStarts', () => {
  it('steps by 38 frames for patches of 50 with overlap 0.25 and drops the rest', () => {
    expect(patchStarts(251, {})).toEqual([0, 38, 76, 114, 152, 190])
  })

  it('adds one that ends with the last frame when asked, even where it repeats the one before', () => {
    expect(patchStarts(251, { includeLastPatch: true })).toEqual([0, 38, 76, 114, 152, 190, 201])
    expect(patchStarts(88, { includeLastPatch: true })).toEqual([0, 38, 38])
  })

  it('gives none below a patch, with or without the last', () => {
    for (const includeLastPatch of [false, true]) expect([0, 1, 49, 50].map((frames) => patchStarts(frames, { includeLastPatch }).length)).toEqual([0, 0, 0, includeLastPatch ? 2 : 1])
  })

  it('refuses an overlap of 1', () => {
    expect(codeOf(() => patchStarts(100, { patchOverlap: 1 }))).toBe('INVALID_OPTION')
  })
})

describe('cutPatches', () => {
  it('copies columns in order: 2 bands of 5 frames, patches of 3 every 2', () => {
    const mel = tensor('float32', [2, 5], Float32Array.of(0, 1, 2, 3, 4, 10, 11, 12, 13, 14))
    const patches = cutPatches(mel, { patchLength: 3, patchOverlap: 0.5 })
    expect(patches).toEqual({ dtype: 'float32', shape: [2, 2, 3], data: Float32Array.of(0, 1, 2, 10, 11, 12, 2, 3, 4, 12, 13, 14) })
  })

  it('gives shape [0, nMels, patchLength] for a short spectrogram', () => {
    expect(cutPatches(tensor('float32', [2, 5], new Float32Array(10)), {})).toEqual({ dtype: 'float32', shape: [0, 2, 50], data: new Float32Array(0) })
  })

  it.each([[[10]], [[1, 2, 5]], [[2, 6]]])('refuses shape %j for 10 values', (shape) => {
    expect(codeOf(() => cutPatches({ dtype: 'float32', shape, data: new Float32Array(10) }, {}))).toBe('INVALID_INPUT')
  })
})

describe('logMelPatches', () => {
  it('is the log-mel spectrogram of the whole clip, cut', () => {
    const clip = noise(80000)
    for (const dbRef of ['clip', 'running', 0.5, null] as const) {
      const mel = { ...config.mel, dbRef }
      expect(logMelPatches(clip, { ...config, mel })).toEqual(cutPatches(logMelSpectrogram(clip, mel), config.patches))
    }
    expect(logMelPatches(clip, config).shape).toEqual([6, 64, 50])
  })

  it.each(casesOf('patches'))('equals librosa within 1e-4 dB re each patch\'s maximum: %s', (_name, { file, signal, sampleRate, options, patches }) => {
    const expected = golden(file)
    const { shape, data } = logMelPatches({ samples: golden(signal).data, sampleRate }, { mel: { ...options, dbRef: 'patch' }, patches })
    expect(shape).toEqual(expected.shape)
    expectClose(data, expected.data, DECIBELS)
  })

  it('gives n = 0 for a clip shorter than a patch', () => {
    for (const dbRef of ['clip', 'patch'] as const) expect(logMelPatches(noise(15000), { mel: { dbRef }, patches: { includeLastPatch: true } })).toMatchObject({ shape: [0, 64, 50], data: new Float32Array(0) })
  })

  it('refuses a clip of another rate than the feature config says', () => {
    expect(codeOf(() => logMelPatches({ ...noise(16000), sampleRate: 44100 }, config))).toBe('INVALID_INPUT')
  })

  it('takes the clip\'s own rate where the config has no audio part', () => {
    const clip = { ...noise(16000), sampleRate: 22050 }
    expect(logMelPatches(clip, { mel: {}, patches: {} })).toEqual(cutPatches(logMelSpectrogram(clip, {}), {}))
  })

  it('refuses an empty clip and an unknown option', () => {
    expect(codeOf(() => logMelPatches(noise(0), config))).toBe('AUDIO_EMPTY')
    expect(codeOf(() => logMelPatches(noise(16000), { mel: {}, patches: { length: 50 } as never }))).toBe('INVALID_OPTION')
    expect(codeOf(() => logMelPatches(noise(16000), { mell: {} } as never))).toBe('INVALID_OPTION')
  })
})
