import { describe, expect, it } from '@jest/globals'
import { goldenNpy, manifest } from '../test/goldens.ts'
import { cutSilence, findLoudIntervals, findTrim, trimSilence } from './silence.ts'

const clipOf = (...samples: number[]) => ({ samples: Float32Array.from(samples), sampleRate: 8 })

describe('findLoudIntervals', () => {
  it.each(manifest.silences)('splits $wave as librosa does (frames of $trimFrameLength, $trimSilenceDb dB)', ({ wave, intervals, ...options }) => {
    const samples = Float32Array.from(goldenNpy(wave).data as Int16Array, (x) => x / 32768)
    expect(findLoudIntervals({ samples, sampleRate: 16000 }, options)).toEqual(intervals)
  })

  it('compares frames that lie around sample 4i, but keeps samples from 4i on', () => {
    // Frame 1 covers samples 2 to 5: it hears the sound at sample 3 and keeps 4 to 7.
    const clip = clipOf(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)
    expect(findLoudIntervals(clip, { trimSilenceDb: 20, trimFrameLength: 4 })).toEqual([[4, 8]])
  })

  it('keeps a clip of zeros whole, and any clip when silence is not cut', () => {
    expect(findLoudIntervals(clipOf(0, 0, 0, 0, 0), { trimSilenceDb: 60, trimFrameLength: 2 })).toEqual([[0, 5]])
    expect(findLoudIntervals(clipOf(1, 0, 0, 0, 0), { trimSilenceDb: null, trimFrameLength: 1 })).toEqual([[0, 5]])
  })
})

describe('cutSilence', () => {
  it('joins what is loud', () => {
    expect(cutSilence(clipOf(1, 0, 0, 0, 0.5, 0, 0), { trimSilenceDb: 20, trimFrameLength: 1 })).toEqual(clipOf(1, 0.5))
  })

  it('refuses a threshold that keeps nothing', () => {
    expect(() => cutSilence(clipOf(1, 1), { trimSilenceDb: 0, trimFrameLength: 1 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})

describe('findTrim', () => {
  it.each(manifest.trims)('trims $wave as librosa does (frames of $frameLength every $hopLength, $topDb dB)', ({ wave, interval, ...options }) => {
    const { topDb, frameLength, hopLength } = options
    const samples = Float32Array.from(goldenNpy(wave).data as Int16Array, (x) => x / 32768)
    expect(findTrim({ samples, sampleRate: 16000 }, { topDb, frameLength, hopLength })).toEqual(interval)
  })
})

describe('trimSilence', () => {
  it('keeps the sound and the silence within it', () => {
    const samples = new Float32Array(3000)
    samples.fill(0.5, 1000, 1200).fill(0.5, 1800, 2000)
    const trimmed = trimSilence({ samples, sampleRate: 8000 }, { frameLength: 100, hopLength: 100 })
    expect(trimmed.samples).toEqual(samples.slice(1000, 2100))
    expect(() => trimSilence({ samples, sampleRate: 8000 }, { topDb: 0 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    expect(() => trimSilence({ samples, sampleRate: 8000 }, { hopLength: 0 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})
