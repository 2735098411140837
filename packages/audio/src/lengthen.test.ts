import { describe, expect, it } from '@jest/globals'
import { cutClip, lengthen } from './lengthen.ts'
import { normalize, peakOf, powerOf } from './normalize.ts'

const clip = { samples: Float32Array.of(1, 2, 3), sampleRate: 2 }

describe('lengthen', () => {
  it.each([
    ['repeat', 'after', 4, [1, 2, 3, 1, 2, 3, 1, 2]],
    ['repeat', 'before', 4, [2, 3, 1, 2, 3, 1, 2, 3]],
    ['repeat', 'before', 2, [3, 1, 2, 3]],
    ['zeros', 'after', 2.6, [1, 2, 3, 0, 0]],
    ['zeros', 'before', 2.6, [0, 0, 1, 2, 3]],
    ['repeat', 'after', 1, [1, 2, 3]],
  ] as const)('%s %s to %d s', (filling, side, duration, expected) => {
    const { samples, sampleRate } = lengthen(clip, { duration, with: filling, side })
    expect({ samples: [...samples], sampleRate }).toEqual({ samples: expected, sampleRate: 2 })
    expect(samples).not.toBe(clip.samples)
  })

  it('refuses clips without samples and words that it does not know', () => {
    expect(() => lengthen({ samples: new Float32Array(0), sampleRate: 2 })).toThrow(expect.objectContaining({ code: 'AUDIO_EMPTY' }))
    expect(() => lengthen(clip, { side: 'middle' } as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    expect(() => lengthen(clip, { duration: NaN })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})

describe('cutClip', () => {
  it('takes what lies between two times, in a buffer of its own', () => {
    expect([...cutClip(clip, { start: 0.5, duration: 0.5 }).samples]).toEqual([2])
    expect([...cutClip(clip, { start: 0.5 }).samples]).toEqual([2, 3])
    expect(cutClip(clip, { duration: 9 }).samples).toEqual(clip.samples)
    expect(() => cutClip(clip, { start: 2 })).toThrow(expect.objectContaining({ code: 'AUDIO_EMPTY' }))
    expect(() => cutClip(clip, { start: NaN })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})

describe('normalize', () => {
  const quiet = { samples: Float32Array.of(0.25, -0.5, 0.125, 0), sampleRate: 8 }

  it('brings the peak to 1, or to a level', () => {
    expect([...normalize(quiet).samples]).toEqual([0.5, -1, 0.25, 0])
    expect(peakOf(normalize(quiet, { levelDb: -20 }).samples)).toBeCloseTo(0.1, 7)
  })

  it('brings the RMS to a level', () => {
    expect(10 * Math.log10(powerOf(normalize(quiet, { measure: 'rms', levelDb: -26 }).samples))).toBeCloseTo(-26, 4)
  })

  it('leaves silence as it is', () => {
    expect(normalize({ samples: new Float32Array(3), sampleRate: 8 }, { measure: 'rms' }).samples).toEqual(new Float32Array(3))
  })
})
