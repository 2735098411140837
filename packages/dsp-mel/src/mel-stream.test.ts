import { createRandom, type AudioClip } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { codeOf } from '../test/goldens.ts'
import { logMelPatches, type LogMelPatchesConfig } from './log-mel-patches.ts'
import { createMelPlan, type MelOptionsInput } from './mel-plan.ts'
import { logMelSpectrogram } from './mel-spectrogram.ts'
import { createMelStream } from './mel-stream.ts'
import { createPatchStream } from './patch-stream.ts'

const random = createRandom('stream')
const noise = (length: number): AudioClip => ({ samples: Float32Array.from({ length }, (_, i) => (i % 900 < 200 ? 1e-4 : 0.2) * random.normal()), sampleRate: 16000 })
const RATE = 16000
const small = { nFft: 64, hopLength: 20, nMels: 5, fmin: 0, fmax: null } as const

/** The samples in pieces of the lengths given, again and again. */
function* piecesOf(samples: Float32Array, lengths: readonly number[]): Generator<Float32Array> {
  for (let at = 0, i = 0; at < samples.length; i++) {
    const length = lengths[i % lengths.length]!
    yield samples.subarray(at, at + length)
    at += length
  }
}

/** The frames of a stream as rows `[frames, nMels]`. */
function streamed(clip: AudioClip, options: MelOptionsInput, lengths: readonly number[]): number[][] {
  const frames: number[][] = []
  const stream = createMelStream(RATE, options, (frame, index) => {
    if (index !== frames.length) throw new Error(`frame ${index} came as number ${frames.length}`)
    frames.push([...frame])
  })
  let count = 0
  for (const piece of piecesOf(clip.samples, lengths)) count += stream.push(piece)
  count += stream.finish()
  expect(count).toBe(frames.length)
  return frames
}

function batch(clip: AudioClip, options: MelOptionsInput): number[][] {
  const plan = createMelPlan(RATE, options)
  const frames = plan.frames(clip.samples.length)
  if (frames === 0) return []
  const { data } = logMelSpectrogram(clip, options)
  return Array.from({ length: frames }, (_, t) => Array.from({ length: plan.options.nMels }, (__, m) => data[m * frames + t]!))
}

const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 400 }), fc.constant(3000)), { minLength: 1, maxLength: 6 })
const melOptions = fc.record({
  nFft: fc.constantFrom(2, 15, 16, 45, 64),
  hopLength: fc.constantFrom(1, 7, 16, 32, 50, 150, 2500),
  window: fc.constantFrom('hann', 'rectangular'),
  center: fc.boolean(),
  padMode: fc.constantFrom('constant', 'reflect', 'edge'),
  power: fc.constantFrom(1, 2),
  nMels: fc.constantFrom(1, 3),
  fmin: fc.constant(0),
  fmax: fc.constant(null),
  dbRef: fc.constantFrom('clip', 'running', 0.3, null),
  topDb: fc.constantFrom(null, 30),
}) as fc.Arbitrary<MelOptionsInput>

describe('createMelStream', () => {
  it('equals the batch to the bit for any pieces, options and lengths', () => {
    fc.assert(
      fc.property(melOptions, fc.oneof(fc.integer({ min: 1, max: 700 }), fc.constant(3500)), lengths, (options, length, pieces) => {
        const clip = noise(length)
        const [frames, expected] = [streamed(clip, options, pieces).flat(), batch(clip, options).flat()]
        expect(frames.length).toBe(expected.length)
        expect(frames.findIndex((value, i) => !Object.is(value, expected[i]))).toBe(-1)
      }),
      { numRuns: 200, seed: 4 },
    )
  })

  it('equals the batch for lengths from 1 to 140 of a reflected signal, whose two ends meet', () => {
    const { samples } = noise(140)
    for (const hopLength of [20, 32, 70])
      for (let length = 1; length <= 140; length += length < 70 ? 1 : 3) {
        const clip = { samples: samples.subarray(0, length), sampleRate: RATE }
        const options = { ...small, hopLength, padMode: 'reflect' } as const
        expect(streamed(clip, options, [1])).toEqual(batch(clip, options))
      }
  })

  it('equals the batch beyond what its buffer holds, with the default options and audio blocks of 128', () => {
    const clip = noise(20000)
    expect(streamed(clip, { dbRef: 'running' }, [128])).toEqual(batch(clip, { dbRef: 'running' }))
  })

  it('gives frame t when sample t · hop + nFft / 2 − 1 is there, not before', () => {
    const given: number[] = []
    let pushed = 0
    const stream = createMelStream(RATE, { ...small, dbRef: 'running' }, () => given.push(pushed))
    for (const sample of noise(300).samples) {
      pushed++
      stream.push(Float32Array.of(sample))
    }
    expect(stream.latency).toBe(32)
    expect(given).toEqual(given.map((_, t) => t * 20 + stream.latency))
    expect(given.length).toBe(14)
    expect(stream.finish()).toBe(2) // centred on 280 and 300
  })

  it('keeps the frames of dbRef clip until the end', () => {
    let frames = 0
    const stream = createMelStream(RATE, small, () => frames++)
    expect([stream.push(noise(300).samples), frames, stream.finish(), frames]).toEqual([0, 0, 16, 16])
  })

  it('gives one array for all frames', () => {
    const arrays = new Set<Float32Array>()
    createMelStream(RATE, { ...small, dbRef: 1 }, (frame) => arrays.add(frame)).push(noise(300).samples)
    expect(arrays.size).toBe(1)
  })

  it('starts anew after reset, and takes nothing between finish and reset', () => {
    const clip = noise(500)
    let frames: number[][] = []
    const stream = createMelStream(RATE, { ...small, dbRef: 'running' }, (frame) => frames.push([...frame]))
    stream.push(noise(333).samples)
    stream.finish()
    expect(stream.finish()).toBe(0)
    expect(codeOf(() => stream.push(clip.samples))).toBe('INVALID_STATE')
    stream.reset()
    frames = []
    stream.push(clip.samples)
    stream.finish()
    expect(frames).toEqual(batch(clip, { ...small, dbRef: 'running' }))
  })

  it('gives no frame of nothing, nor of fewer than nFft samples without center', () => {
    expect(createMelStream(RATE, small, () => undefined).finish()).toBe(0)
    expect(streamed(noise(63), { ...small, center: false }, [10])).toEqual([])
  })

  it('names a sample that is not finite by its index in the signal, and takes none of its piece', () => {
    const frames: number[][] = []
    const clip = noise(2000)
    const options = { ...small, dbRef: 'running' } as const
    const stream = createMelStream(RATE, options, (frame) => frames.push([...frame]))
    stream.push(clip.samples.subarray(0, 1000))
    const bad = clip.samples.slice(1000)
    bad[11] = NaN
    expect(() => stream.push(bad)).toThrow(/sample 1011 /)
    expect(codeOf(() => stream.push(bad))).toBe('INVALID_INPUT')
    expect(codeOf(() => stream.push(new Float64Array(3) as never))).toBe('INVALID_INPUT')
    stream.push(clip.samples.subarray(1000))
    stream.finish()
    expect(frames).toEqual(batch(clip, options))
  })

  it.each(['running', 'clip'] as const)('loses nothing when onFrame throws: all is taken and given, then the first error comes (dbRef %s)', (dbRef) => {
    const clip = noise(700)
    const frames: number[][] = []
    const stream = createMelStream(RATE, { ...small, dbRef }, (frame, index) => {
      frames.push([...frame])
      if (index % 3 === 1) throw new Error(`frame ${index}`)
    })
    const steps = [() => stream.push(clip.samples.subarray(0, 333)), () => stream.push(clip.samples.subarray(333)), () => stream.finish()]
    const errors = steps.map((step) => {
      try {
        step()
        return ''
      } catch (error) {
        return (error as Error).message
      }
    })
    expect(errors).toEqual(dbRef === 'clip' ? ['', '', 'frame 1'] : ['frame 1', 'frame 16', 'frame 34'])
    expect(frames).toEqual(batch(clip, { ...small, dbRef }))
  })

  it('refuses dbRef patch: a frame has none', () => {
    expect(codeOf(() => createMelStream(RATE, { dbRef: 'patch' }, () => undefined))).toBe('INVALID_OPTION')
  })
})

describe('createPatchStream', () => {
  const patchOptions = fc.record({ patchLength: fc.integer({ min: 1, max: 9 }), patchOverlap: fc.constantFrom(0, 0.25, 0.5, 0.9), includeLastPatch: fc.boolean() })
  const dbRef = fc.constantFrom('clip', 'patch', 'running', 0.3, null)

  it('equals logMelPatches to the bit for any pieces', () => {
    fc.assert(
      fc.property(patchOptions, dbRef, fc.integer({ min: 1, max: 700 }), lengths, (patches, ref, length, pieces) => {
        const config = { mel: { ...small, dbRef: ref }, patches } as LogMelPatchesConfig
        const clip = noise(length)
        const data: number[] = []
        const stream = createPatchStream(RATE, config, (patch) => data.push(...patch))
        for (const piece of piecesOf(clip.samples, pieces)) stream.push(piece)
        stream.finish()
        stream.finish()
        expect(data).toEqual([...logMelPatches(clip, config).data])
      }),
      { numRuns: 300, seed: 4 },
    )
  })

  it('gives each patch when its last frame is there, with its place', () => {
    const given: number[][] = []
    let pushed = 0
    const stream = createPatchStream(RATE, { mel: { ...small, dbRef: 'patch' }, patches: { patchLength: 6, patchOverlap: 0.5, includeLastPatch: true } }, (_, index, first) => given.push([pushed, index, first]))
    for (const sample of noise(300).samples) {
      pushed++
      stream.push(Float32Array.of(sample))
    }
    expect(stream.finish()).toBe(2)
    expect(given).toEqual([[132, 0, 0], [192, 1, 3], [252, 2, 6], [300, 3, 9], [300, 4, 10]])
  })

  it('loses no patch when onPatch throws, nor the last one', () => {
    const config = { mel: { ...small, dbRef: 'patch' }, patches: { patchLength: 6, patchOverlap: 0.5, includeLastPatch: true } } as const
    const clip = noise(300)
    const data: number[] = []
    const stream = createPatchStream(RATE, config, (patch, index) => {
      data.push(...patch)
      throw new Error(`patch ${index}`)
    })
    expect(() => stream.push(clip.samples)).toThrow('patch 0')
    expect(() => stream.finish()).toThrow('patch 3')
    expect(stream.finish()).toBe(0)
    expect(data).toEqual([...logMelPatches(clip, config).data])
  })

  it('refuses a config of another rate', () => {
    expect(codeOf(() => createPatchStream(8000, { audio: { sampleRate: 16000 } as never, mel: { fmax: 4000 }, patches: {} }, () => undefined))).toBe('INVALID_OPTION')
  })
})
