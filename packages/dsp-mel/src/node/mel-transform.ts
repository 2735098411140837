import { Transform } from 'node:stream'
import { AedError } from '@aed/core'
import { createMelStream, type MelStream } from '../mel-stream.ts'
import type { MelOptionsInput } from '../mel-plan.ts'

/** What a byte of a `Buffer` belongs to: 32-bit floats, or 16-bit integers of a full scale of 32768; little-endian. */
export type SampleFormat = 'f32le' | 's16le'

/** Options of {@link createMelTransform}. */
export interface MelTransformOptions {
  /** In Hz. */
  readonly sampleRate: number
  readonly mel?: MelOptionsInput
  /** What Buffers hold; default `'s16le'`. A Float32Array is taken as it is. */
  readonly format?: SampleFormat
}

const BYTES = { f32le: 4, s16le: 2 } as const

/**
 * A Node `Transform`: samples in (Float32Array, or Buffers of any length, as a pipe cuts them), one Float32Array of `nMels` dB a
 * frame out, by {@link createMelStream}. One channel.
 * @throws AedError as {@link createMelStream}; the stream fails with `INVALID_INPUT` for samples that are not finite, other
 * chunks, or bytes that end within a sample
 * @example process.stdin.pipe(createMelTransform({ sampleRate: 16000, mel: { dbRef: 'running' } })).on('data', (frame) => console.log(frame[0]))
 */
export function createMelTransform({ sampleRate, mel = {}, format = 's16le' }: MelTransformOptions): Transform {
  if (!Object.hasOwn(BYTES, format)) throw new AedError('INVALID_OPTION', `mel transform: format takes f32le or s16le, got ${format}`)
  const transform = new Transform({
    objectMode: true,
    transform(chunk: unknown, _encoding, done) {
      attempt(done, () => stream.push(samplesOf(chunk)))
    },
    flush(done) {
      attempt(done, () => {
        if (rest.length) throw new AedError('INVALID_INPUT', `mel transform: the input ends with ${rest.length} of the ${BYTES[format]} bytes of a sample`)
        stream.finish()
      })
    },
  })
  const stream: MelStream = createMelStream(sampleRate, mel, (frame) => transform.push(frame.slice()))
  let rest = new Uint8Array(0) // a sample that the next chunk completes

  const samplesOf = (chunk: unknown): Float32Array => {
    const type = Object.prototype.toString.call(chunk)
    if (type === '[object Float32Array]') return chunk as Float32Array
    if (type !== '[object Uint8Array]') throw new AedError('INVALID_INPUT', `mel transform: a chunk is a Float32Array or a Buffer, got ${type}`)
    const bytes = Buffer.concat([rest, chunk as Uint8Array])
    const size = BYTES[format]
    const count = Math.floor(bytes.length / size)
    rest = Uint8Array.prototype.slice.call(bytes, count * size)
    return Float32Array.from({ length: count }, (_, i) => (format === 'f32le' ? bytes.readFloatLE(i * size) : bytes.readInt16LE(i * size) / 32768))
  }
  return transform
}

function attempt(done: (error?: Error | null) => void, work: () => void): void {
  try {
    work()
  } catch (error) {
    done(error as Error)
    return
  }
  done()
}
