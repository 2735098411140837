import { describe, expect, it } from '@jest/globals'
import { createRandom, tensor, type Tensor } from '@aed/core'
import { FINGERPRINT_BANDS, findDuplicates, fingerprintWords, type Fingerprint } from './duplicates.ts'

/** Band energies of a sound that wanders, some frames of it. */
function sound(seed: number | string, frames: number): Tensor<'float32'> {
  const random = createRandom(seed)
  const data = new Float32Array(FINGERPRINT_BANDS * frames)
  for (let band = 0; band < FINGERPRINT_BANDS; band++) {
    let level = 1
    for (let n = 0; n < frames; n++) data[band * frames + n] = level = 0.7 * level + random.uniform()
  }
  return tensor('float32', [FINGERPRINT_BANDS, frames], data)
}

/** Frames from `start` on, louder, with noise of a share of each value. */
function partOf({ data, shape }: Tensor<'float32'>, start: number, frames: number, noise: number): Tensor<'float32'> {
  const random = createRandom(`noise ${start}`)
  const all = shape[1]!
  return tensor('float32', [FINGERPRINT_BANDS, frames], Float32Array.from({ length: FINGERPRINT_BANDS * frames }, (_, i) => 3 * data[Math.floor(i / frames) * all + start + (i % frames)]! * (1 + noise * random.normal())))
}

const fingerprint = (mel: Tensor<'float32'>, hash: string): Fingerprint => ({ hash, words: fingerprintWords(mel) })

describe('findDuplicates', () => {
  const first = sound('first', 300)

  it('finds equal samples by their hash', () => {
    const one = fingerprint(first, 'x')
    expect(findDuplicates([one, fingerprint(sound('second', 300), 'y'), one])).toEqual([{ a: 0, b: 2, kind: 'duplicate', bitErrorRate: 0, offset: 0 }])
  })

  it('finds a part of a clip, louder and with noise, and where it begins', () => {
    const [pair, ...others] = findDuplicates([fingerprint(first, 'x'), fingerprint(sound('second', 300), 'y'), fingerprint(partOf(first, 100, 150, 0.01), 'z')])
    expect(others).toEqual([])
    expect(pair).toMatchObject({ a: 0, b: 2, kind: 'near-duplicate', offset: 100 })
    expect(pair!.bitErrorRate).toBeGreaterThan(0)
    expect(pair!.bitErrorRate).toBeLessThan(0.1)
  })

  it('takes none of 60 unrelated sounds for another', () => {
    expect(findDuplicates(Array.from({ length: 60 }, (_, i) => fingerprint(sound(i, 300), String(i))))).toEqual([])
  })

  it('asks for an overlap: less than minFrames is not enough', () => {
    const clips = [fingerprint(first, 'x'), fingerprint(partOf(first, 272, 28, 0), 'y')]
    expect(findDuplicates(clips)).toEqual([])
    expect(findDuplicates(clips, { minFrames: 20 })).toHaveLength(1)
  })
})

describe('fingerprintWords', () => {
  it('says nothing of silence', () => {
    expect([...fingerprintWords(tensor('float32', [FINGERPRINT_BANDS, 3], new Float32Array(FINGERPRINT_BANDS * 3)))]).toEqual([0, 0, 0])
  })

  it('refuses other numbers of bands', () => {
    expect(() => fingerprintWords(tensor('float32', [2, 2], new Float32Array(4)))).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  })
})
