import { Readable } from 'node:stream'
import { createRandom } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { codeOf } from '../../test/goldens.ts'
import { logMelSpectrogram } from '../mel-spectrogram.ts'
import { createMelTransform, type MelTransformOptions } from './mel-transform.ts'

const random = createRandom('transform')
const pcm = Int16Array.from({ length: 3000 }, () => 3000 * random.normal())
const samples = Float32Array.from(pcm, (value) => value / 32768)
const mel = { nFft: 256, hopLength: 100, nMels: 8, dbRef: 'running' } as const

/** The frames of a transform as `[nMels, frames]`. */
async function collect(chunks: Iterable<unknown>, options: Partial<MelTransformOptions> = {}): Promise<number[]> {
  const frames: Float32Array[] = []
  const transform = Readable.from(chunks).pipe(createMelTransform({ sampleRate: 16000, mel, ...options }))
  for await (const frame of transform) frames.push(frame as Float32Array)
  return Array.from({ length: 8 }, (_, m) => frames.map((frame) => frame[m]!)).flat()
}

/** Bytes in pieces that cut samples apart. */
function* cut(bytes: Uint8Array, length: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield Buffer.from(bytes.subarray(at, at + length))
}

describe('createMelTransform', () => {
  const expected = [...logMelSpectrogram({ samples, sampleRate: 16000 }, mel).data]

  it('gives the frames of the batch for 16-bit and float bytes, however a pipe cuts them, and for samples', async () => {
    expect(await collect(cut(new Uint8Array(pcm.buffer), 333))).toEqual(expected)
    expect(await collect(cut(new Uint8Array(samples.buffer), 333), { format: 'f32le' })).toEqual(expected)
    expect(await collect([samples.subarray(0, 1111), samples.subarray(1111)])).toEqual(expected)
  })

  it('fails by code: half a sample at the end, NaN, a text, an unknown format', async () => {
    await expect(collect([Buffer.of(1, 2, 3)])).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    await expect(collect([Float32Array.of(NaN)])).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    await expect(collect(['text'])).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    expect(codeOf(() => createMelTransform({ sampleRate: 16000, format: 'u8' as never }))).toBe('INVALID_OPTION')
  })
})
