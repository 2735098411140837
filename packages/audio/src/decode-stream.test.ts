import { describe, expect, it } from '@jest/globals'
import { createRandom, isAedError } from '@aed/core'
import { goldenBytes, manifest } from '../test/goldens.ts'
import { int16Bytes, wavBytes } from '../test/wav-bytes.ts'
import { decodeAudio } from './decode.ts'
import { decodeStream } from './decode-stream.ts'

/** Parts of random lengths up to `largest`, none of which can be read after the next has been asked for. */
function* partsOf(bytes: Uint8Array, largest: number, seed: string): Generator<Uint8Array> {
  const random = createRandom(seed)
  for (let at = 0; at < bytes.length; ) {
    const part = bytes.slice(at, at + random.integer(largest + 1))
    at += part.length
    yield part
    part.fill(0xaa)
  }
}

async function collect(parts: Iterable<Uint8Array>) {
  const channels: number[][] = []
  const warnings: string[] = []
  let sampleRate = 0
  for await (const part of decodeStream(parts, { name: 'x' })) {
    part.channels.forEach((channel, c) => {
      const all = (channels[c] ??= [])
      for (const x of channel) all.push(x)
    })
    warnings.push(...part.warnings)
    ;({ sampleRate } = part)
  }
  return { channels: channels.map((channel) => Float32Array.from(channel)), sampleRate, warnings }
}

const codeOf = async (run: Promise<unknown>) =>
  run.then(
    () => 'none',
    (error: unknown) => {
      if (!isAedError(error)) throw error
      return error.code
    },
  )

describe('decodeStream', () => {
  it.each([...manifest.recordings, ...manifest.compressed].map(({ file }) => file))('%s: the samples of the whole file, for any chunking', async (file) => {
    const bytes = goldenBytes(file)
    const whole = await decodeAudio(bytes)
    for (const largest of [1, 50, 3000, bytes.length]) expect(await collect(partsOf(bytes, largest, file))).toEqual(whole)
  })

  it('reads WAV files with wrong lengths as decodeAudio does, with the same warnings', async () => {
    const data = int16Bytes(1, 2, 3, 4, 5, 6, 7)
    const files = [
      wavBytes({ data, dataLength: 0xffffffff, riffLength: 0xffffffff }),
      wavBytes({ data, dataLength: 0, riffLength: 0 }),
      wavBytes({ data, dataLength: 100 }),
      wavBytes({ data, dataLength: 6 }),
      wavBytes({ data, riffLength: 7 }),
      wavBytes({ data, channels: 2 }),
      wavBytes({ data, after: new TextEncoder().encode('LIST\x04\0\0\0abcd') }),
      wavBytes({ data, before: new TextEncoder().encode('LIST\x04\0\0\0abcd') }),
    ]
    for (const file of files) for (const largest of [1, 20, 100]) expect(await collect(partsOf(file, largest, 'wav'))).toEqual(await decodeAudio(file))
  })

  it.each(['vorbis_mono.ogg', 'opus_mono.opus', 'flac_8_mono.flac', 'mp3_mono.mp3', 'wav_pcm_16.wav'])('%s: finds what decodeAudio finds in 16 cut or changed files', async (file) => {
    const clean = goldenBytes(file)
    const random = createRandom(file)
    for (let k = 0; k < 16; k++) {
      // A place in each eighth of the file, once cut there and once with a wrong bit.
      const at = Math.max(1, Math.floor((((k >> 1) + random.uniform()) * clean.length) / 8))
      const bytes = clean.slice(0, k % 2 ? at : clean.length)
      if (k % 2 === 0) bytes[at]! ^= 1 << random.integer(8)
      expect({ file, k, code: await codeOf(collect(partsOf(bytes, 400, 'cut'))) }).toEqual({ file, k, code: await codeOf(decodeAudio(bytes)) })
    }
  })

  it('says AUDIO_EMPTY of nothing, AUDIO_UNSUPPORTED of other formats', async () => {
    expect(await codeOf(collect([]))).toBe('AUDIO_EMPTY')
    expect(await codeOf(collect([new Uint8Array(0)]))).toBe('AUDIO_EMPTY')
    expect(await codeOf(collect([new TextEncoder().encode('RF64 and more than that')]))).toBe('AUDIO_UNSUPPORTED')
  })

  it('asks for no more than it gives: the first samples come before the last bytes are read', async () => {
    let read = 0
    const bytes = wavBytes({ data: new Uint8Array(2_000_000) })
    const source = function* () {
      for (let at = 0; at < bytes.length; at += 10_000, read++) yield bytes.slice(at, at + 10_000)
    }
    for await (const { channels } of decodeStream(source())) {
      expect(channels[0]!.length).toBeLessThanOrEqual(5000)
      break
    }
    expect(read).toBeLessThan(3)
  })
})
