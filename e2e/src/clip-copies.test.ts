import { logMelSpectrogram } from '@aed/dsp-mel'
import { describe, expect, it } from '@jest/globals'
import { amplify, parseGains, trainingCopies } from './clip-copies.ts'

describe('trainingCopies', () => {
  it('are all speeds as recorded, then the first speed at each other gain; none twice', () => {
    const copies = trainingCopies([1, 0.85, 1], [10, 0, -20, 10]).map(({ speed, gainDb }) => [speed, gainDb])
    expect(copies).toEqual([[1, 0], [0.85, 0], [1, 10], [1, -20]]) // prettier-ignore
  })
})

describe('amplify', () => {
  it('multiplies by 10 for 20 dB, beyond full scale too, and leaves its input alone', () => {
    const samples = Float32Array.of(0.5, -0.25, 0)
    expect([...amplify(samples, 20)]).toEqual([5, -2.5, 0])
    expect([...amplify(samples, -20)]).toEqual([...Float32Array.of(0.05, -0.025, 0)])
    expect([...samples]).toEqual([0.5, -0.25, 0])
  })

  it('moves the log-mel by as many dB where its reference is fixed, and not at all where it is the clip', () => {
    const samples = Float32Array.from({ length: 16_000 }, (_, n) => ((n * n) % 613) / 613 - 0.5)
    for (const [dbRef, moved] of [[100, -7], ['clip', 0]] as const) {
      const [recorded, quieter] = [samples, amplify(samples, -7)].map((x) => logMelSpectrogram({ samples: x, sampleRate: 16_000 }, { dbRef }).data)
      expect(recorded!.reduce((worst, db, i) => Math.max(worst, Math.abs(quieter![i]! - db - moved)), 0)).toBeLessThan(1e-3)
    }
  })
})

describe('parseGains', () => {
  it('takes dB between commas', () => {
    expect(parseGains('10, -10,2.5', 'train: gains')).toEqual([10, -10, 2.5])
    for (const text of ['10,', '61', 'loud', '']) expect(() => parseGains(text, 'train: gains')).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message: `train: gains takes dB from -60 to 60, comma-separated, got '${text}'` }))
  })
})
