import { describe, expect, it } from '@jest/globals'
import { createRandom } from '@aed/core'
import { worst } from '../test/goldens.ts'
import { createResampler } from './resample.ts'
import { createStreamResampler } from './stream-resampler.ts'

const RATES = [
  [44100, 16000],
  [48000, 16000],
  [22050, 16000],
  [32000, 16000],
  [17000, 16000],
  [44101, 16000],
  [192000, 16000],
  [16000, 44100],
  [8000, 16000],
  [16000, 17001],
] as const

describe('createStreamResampler', () => {
  it.each([...RATES, [8000, 8000], [1, 3], [96000, 44100]] as const)('equals the batch result to the bit for any chunking, twice in a row: %i → %i', (inRate, outRate) => {
    const random = createRandom(`${inRate}>${outRate}`)
    const stream = createStreamResampler(inRate, outRate)
    const batch = createResampler(inRate, outRate)
    for (const [length, largest] of [[3000, 1], [9000, 300], [20000, 9000], [3, 2], [0, 1]] as const) {
      const samples = Float32Array.from({ length }, () => random.between(-1, 1))
      const parts: number[] = []
      for (let at = 0; at < length; ) {
        const size = random.integer(largest + 1)
        parts.push(...stream.push(samples.subarray(at, at + size)))
        at += size
      }
      parts.push(...stream.end())
      expect(Buffer.from(Float32Array.from(parts).buffer).equals(Buffer.from(batch.run(samples).buffer))).toBe(true)
    }
  })

  it('names a sample that is not finite by its index in the signal, and takes none of its piece', () => {
    for (const outRate of [16000, 44100]) {
      const stream = createStreamResampler(44100, outRate)
      const samples = Float32Array.from({ length: 3000 }, (_, i) => Math.sin(i))
      const parts = [...stream.push(samples.subarray(0, 1000))]
      const bad = samples.slice(1000)
      bad[7] = NaN
      expect(() => stream.push(bad)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringContaining('sample 1007 ') }))
      parts.push(...stream.push(samples.subarray(1000)), ...stream.end())
      expect(Float32Array.from(parts)).toEqual(createResampler(44100, outRate).run(samples))
    }
  })

  it('gives every sample within its latency', () => {
    for (const [inRate, outRate] of RATES) {
      const stream = createStreamResampler(inRate, outRate)
      let received = 0
      let given = 0
      for (let i = 0; i < 100; i++) {
        given += stream.push(new Float32Array(128)).length
        received += 128
        expect(given).toBeGreaterThanOrEqual(Math.floor(((received - stream.latency) * outRate) / inRate) - 1)
      }
      expect(given).toBeGreaterThan(0)
    }
  })

  it('gives a signal that repeats every 10 periods the same samples each time', () => {
    const samples = Float32Array.from({ length: 4410 }, (_, i) => Math.sin(i))
    const stream = createStreamResampler(44100, 16000)
    const all: number[] = []
    for (let i = 0; i < 24; i++) for (const x of stream.push(samples)) all.push(x)
    expect(all.length).toBeGreaterThan(1600 * 23)
    // Not to the bit: blocks begin elsewhere in the period.
    expect(worst(all.slice(1600 + 200), all.slice(200, -1600)).difference).toBeLessThan(1e-6)
  })

  it('gives pieces of one length in the same arrays again and again, as an AudioWorklet needs it', () => {
    for (const [inRate, outRate] of [[48000, 16000], [44100, 16000], [8000, 16000], [16000, 16000]] as const) {
      const stream = createStreamResampler(inRate, outRate)
      const piece = new Float32Array(128)
      const arrays = new Set<Float32Array>()
      for (let i = 0; i < 200; i++) arrays.add(stream.push(piece))
      const before = arrays.size
      for (let i = 0; i < 2000; i++) arrays.add(stream.push(piece))
      expect(before).toBeLessThan(5)
      expect(arrays.size).toBe(before)
    }
  })
})
