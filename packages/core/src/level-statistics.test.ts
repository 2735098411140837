import { describe, expect, it } from '@jest/globals'
import { addEnvelopeSamples, emptyEnvelopeState, ENVELOPE_FILTERS, ENVELOPE_VALUES, envelopeStatistics } from './envelope-statistics.ts'
import { addLevel, addLevelFrame, emptyLevelState, emptyLevelSums, LEVEL_VALUES, levelMoments, levelStatistics } from './level-statistics.ts'
import { createRandom } from './random.ts'

const random = createRandom('levels')
const mean = (x: readonly number[]) => x.reduce((a, b) => a + b, 0) / x.length
const sumsOf = (x: readonly number[]) => {
  const sums = emptyLevelSums()
  for (const level of x) addLevel(sums, level)
  return sums
}

describe('levelMoments', () => {
  it.each([['levels', 0, 255], ['steps', -255, 255]] as const)('are the central moments of %s', (_what, low, high) => {
    const x = Array.from({ length: 500 }, () => low + random.integer(high - low + 1))
    const { nearest, rest, second, third, fourth } = levelMoments(sumsOf(x))
    const about = (power: number) => mean(x.map((level) => (level - mean(x)) ** power))
    expect(nearest).toBe(Math.round(mean(x)))
    expect(nearest + rest).toBeCloseTo(mean(x), 4)
    for (const [value, power] of [[second, 2], [third, 3], [fourth, 4]] as const) expect(Math.abs(value - about(power))).toBeLessThan(1e-6 * about(2) ** (power / 2))
  })

  it('stay exact to the last of the levels that the C library counts', () => {
    const [count, half] = [65793, 32896]
    const { nearest, rest, second, fourth } = levelMoments(sumsOf(Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 255 : 0))))
    const [p, q] = [(half + 1) / count, half / count]
    expect(nearest).toBe(128)
    expect(nearest + rest).toBeCloseTo(255 * p, 5)
    expect(second / (255 ** 2 * p * q)).toBeCloseTo(1, 6)
    expect(fourth / (255 ** 4 * p * q * (p ** 3 + q ** 3))).toBeCloseTo(1, 6)
  })

  it('of a level that does not move are 0', () => {
    expect(levelMoments(sumsOf([77, 77, 77]))).toEqual({ nearest: 77, rest: 0, second: 0, third: 0, fourth: 0 })
  })
})

describe('levelStatistics', () => {
  const bands = 16
  const frames = 130
  const logMel = Int8Array.from({ length: bands * frames }, (_, i) => Math.round(60 * Math.sin((i % frames) / 3) + random.between(-50, 50)))
  const of = (values: Int8Array | Float32Array, count: number, scale: number | null) => {
    const state = emptyLevelState()
    for (let t = 0; t < count; t++) addLevelFrame(state, values, bands, t, frames)
    return levelStatistics(state, scale)
  }

  it('of int8 frames are those of the rounded means of their groups', () => {
    const scale = 0.4
    const levels = Float32Array.from(logMel, (_, i) => {
      const [band, t] = [Math.floor(i / frames), i % frames]
      const pair = logMel[(band & ~1) * frames + t]! + logMel[(band | 1) * frames + t]!
      return scale * Math.floor((pair + 256 + 1) / 2)
    })
    const [integer, float] = [of(logMel, frames, scale), of(levels, frames, null)]
    // All but the last series, whose level is the mean of all bands, not of the groups' rounded ones.
    for (let i = 0; i < 8 * LEVEL_VALUES; i++) expect(Math.abs(integer[i]! - float[i]!)).toBeLessThan(2e-5)
  })

  it('have 0 for lags that a short clip does not have, and for no frame', () => {
    const values = of(logMel, 2, 0.4).subarray(0, LEVEL_VALUES)
    expect([...values.subarray(3)].map((x) => x !== 0)).toEqual([false, false, true, false, false])
    expect(of(logMel, 1, 0.4).every(Number.isFinite)).toBe(true)
    expect(of(logMel, 0, 0.4)).toEqual(new Float32Array(9 * LEVEL_VALUES))
  })
})

describe('envelopeStatistics', () => {
  const samples = Float32Array.from({ length: 9000 }, (_, i) => (i % 2000 < 500 ? 0.4 : 0.01) * random.normal())
  const of = (...parts: (Float32Array | Int16Array)[]) => {
    const state = emptyEnvelopeState()
    for (const part of parts) addEnvelopeSamples(state, part)
    return envelopeStatistics(state)
  }

  it('do not depend on how a stream is cut, and are those of 16-bit samples', () => {
    const pcm = Int16Array.from(samples, (x) => Math.max(-32768, Math.min(32767, Math.round(32768 * x))))
    const whole = of(pcm)
    expect(of(pcm.subarray(0, 1), pcm.subarray(1, 64), pcm.subarray(64, 5001), pcm.subarray(5001))).toEqual(whole)
    expect(of(Float32Array.from(pcm, (x) => x / 32768))).toEqual(whole)
  })

  it('tell a beat of 11 per second by its modulation band', () => {
    const beat = Float32Array.from({ length: 48000 }, (_, i) => (i % 1455 < 700 ? 0.4 : 0.01) * random.normal())
    const values = of(beat).subarray(3 * ENVELOPE_VALUES + 5, 3 * ENVELOPE_VALUES + 13)
    expect(values.indexOf(Math.max(...values))).toBe(4) // 8 to 16 Hz
  })

  it('of full scale and of silence lie at the ends of the levels', () => {
    const { step } = ENVELOPE_FILTERS
    expect(of(new Float32Array(6400))[0]).toBe(0)
    expect(of(Float32Array.from({ length: 6400 }, (_, i) => (i % 2 === 0 ? 1 : -1)))[3 * ENVELOPE_VALUES]! / step).toBeGreaterThan(235) // 6 dB are lost in the high-pass of one pole
  })

  it('are 0 without a level, and finite with one', () => {
    expect(of(new Float32Array(63))).toEqual(new Float32Array(4 * ENVELOPE_VALUES))
    const one = of(samples.subarray(0, 64))
    expect(one.every(Number.isFinite)).toBe(true)
    expect([...one.subarray(13, 18)]).toEqual([0, 0, 0, 0, 0])
  })
})
