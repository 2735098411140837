import { describe, expect, it } from '@jest/globals'
import { createRandom, isAedError } from '@aed/core'
import { goldenBytes, goldenNpy, manifest, worst } from '../test/goldens.ts'
import { int16Bytes, wavBytes } from '../test/wav-bytes.ts'
import { decodeAudio } from './decode.ts'
import { oggPageCrc } from './ogg-pages.ts'

/** libvorbis is built with other compilers here and there: last bits of float32. */
const VORBIS_TOLERANCE = 1e-5
const MP3_TOLERANCE = 1e-5
/** libopus differs a little more from version to version. */
const OPUS_TOLERANCE = 2e-4

async function errorOf(bytes: Uint8Array, name = 'x.wav'): Promise<{ code: string; message: string }> {
  return decodeAudio(bytes, { name }).then(
    () => ({ code: 'none', message: '' }),
    (error: unknown) => {
      if (!isAedError(error)) throw error
      return { code: error.code, message: error.message }
    },
  )
}

describe('decodeAudio', () => {
  it.each(manifest.recordings)('reads $file as libsndfile does', async ({ file, read }) => {
    const { channels, sampleRate, warnings } = await decodeAudio(goldenBytes(file), { name: file })
    const expected = goldenNpy(read)
    const [count, frames] = expected.shape as [number, number]
    expect({ sampleRate, warnings, shape: channels.map((c) => c.length) }).toEqual({ sampleRate: 22050, warnings: [], shape: Array<number>(count).fill(frames) })
    const joined = channels.flatMap((channel) => [...channel])
    expect(worst(joined, expected.data as Float32Array).difference).toBeLessThanOrEqual(file.endsWith('.ogg') ? VORBIS_TOLERANCE : 0)
  })

  it.each(manifest.compressed)('reads $file as libsndfile does', async ({ file, read, sampleRate }) => {
    const decoded = await decodeAudio(goldenBytes(file), { name: file })
    const expected = goldenNpy(read)
    const [count, frames] = expected.shape as [number, number]
    expect({ ...decoded, channels: decoded.channels.map((c) => c.length) }).toEqual({ sampleRate, warnings: [], channels: Array<number>(count).fill(frames) })
    const scale = expected.dtype === 'int16' ? 32768 : 1
    const tolerance = file.endsWith('.flac') ? 0 : file.endsWith('.mp3') ? MP3_TOLERANCE : OPUS_TOLERANCE
    const wanted = Float32Array.from(expected.data as Float32Array, (x) => x / scale)
    expect(worst(decoded.channels.flatMap((channel) => [...channel]), wanted).difference).toBeLessThanOrEqual(tolerance)
  })

  it('amplifies Opus by the gain of its header, as libsndfile does', async () => {
    const bytes = goldenBytes('opus_mono.opus')
    const clean = await decodeAudio(bytes)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    view.setInt16(28 + 16, -1541, true) // −6.02 dB
    view.setUint32(22, oggPageCrc(bytes.subarray(0, 28 + 19)), true)
    const { channels } = await decodeAudio(bytes)
    expect(worst(channels[0]!, clean.channels[0]!.map((x) => 0.5000615 * x)).difference).toBeLessThan(1e-6)
  })

  it('returns the first 0.1 s, the same samples as of the whole file, each in a buffer of its own', async () => {
    for (const file of ['vorbis_stereo.ogg', 'wav_pcm_24.wav']) {
      const maxDuration = file.endsWith('.ogg') ? 0.1 : 0.001
      const whole = await decodeAudio(goldenBytes(file))
      const start = await decodeAudio(goldenBytes(file), { maxDuration })
      const length = Math.floor(maxDuration * 22050)
      expect(start.channels.map((c) => c.length)).toEqual([length, length])
      start.channels.forEach((channel, i) => {
        expect(channel).toEqual(whole.channels[i]!.slice(0, length))
        expect(channel.buffer.byteLength).toBe(4 * length)
      })
    }
  })

  it('reads a Buffer that is a part of a larger one', async () => {
    const file = Buffer.concat([Buffer.from('xyz'), goldenBytes('vorbis_mono.ogg'), Buffer.from('more')])
    expect((await decodeAudio(file.subarray(3, file.length - 4))).channels[0]).toHaveLength(3001)
  })

  it('says AUDIO_EMPTY of no bytes and of no samples', async () => {
    expect((await errorOf(new Uint8Array(0))).code).toBe('AUDIO_EMPTY')
    expect((await errorOf(wavBytes({ data: new Uint8Array(0) }))).code).toBe('AUDIO_EMPTY')
  })

  it('says AUDIO_UNSUPPORTED of other formats, with their names', async () => {
    const text = (value: string) => Uint8Array.from(value.padEnd(64, ' '), (c) => c.charCodeAt(0))
    expect(await errorOf(text('FORM'), 'a.aif')).toEqual({ code: 'AUDIO_UNSUPPORTED', message: 'a.aif: AIFF, expected WAV, FLAC, MP3, Ogg Vorbis or Ogg Opus' })
    for (const other of ['RF64', '    ftypM4A ', 'not a recording at all', 'RIFF1234AVI ']) expect((await errorOf(text(other))).code).toBe('AUDIO_UNSUPPORTED')
  })

  it('refuses a maxDuration that is not above 0', async () => {
    for (const maxDuration of [0, -1, NaN, Infinity]) await expect(decodeAudio(goldenBytes('wav_pcm_16.wav'), { maxDuration })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  it('names every truncation and every wrong byte of an Ogg file as damage', async () => {
    const clean = goldenBytes('vorbis_stereo.ogg')
    const random = createRandom(1)
    for (let k = 0; k < 250; k++) {
      expect(await errorOf(clean.slice(0, 1 + random.integer(clean.length - 1)), 'cut.ogg')).toMatchObject({ code: 'AUDIO_DAMAGED', message: expect.stringMatching(/^cut\.ogg: byte \d+: /) })
      const flipped = clean.slice()
      const at = k < 8 ? k : random.integer(clean.length)
      flipped[at]! ^= 1 << random.integer(8)
      expect(await errorOf(flipped, 'flipped.ogg')).toMatchObject({ code: 'AUDIO_DAMAGED', message: expect.stringMatching(/^flipped\.ogg: byte \d+: /) })
    }
  })

  it('names every truncation of a WAV file as damage', async () => {
    const clean = goldenBytes('wav_pcm_16.wav')
    for (let length = 1; length < clean.length; length++) expect(await errorOf(clean.slice(0, length))).toMatchObject({ code: 'AUDIO_DAMAGED', message: expect.stringMatching(/^x\.wav: byte \d+: /) })
  })

  it('gives samples or an AedError for 250 WAV files with wrong bytes', async () => {
    const random = createRandom(2)
    for (let k = 0; k < 250; k++) {
      const { file } = manifest.recordings[k % 9]!
      const bytes = goldenBytes(file)
      for (let n = 0; n < 4; n++) bytes[random.integer(Math.min(bytes.length, 60))] = random.integer(256)
      await errorOf(bytes) // rejects with anything but an AedError
    }
  })

  it('tells a sample that is not finite with its index', async () => {
    const data = new Uint8Array(Float32Array.of(0, 0.5, NaN).buffer)
    expect(await errorOf(wavBytes({ tag: 3, bits: 32, data }))).toEqual({ code: 'INVALID_INPUT', message: 'x.wav: sample 2 of channel 0 is NaN, expected a finite number' })
  })

  it('takes a rate of 0 Hz for unsupported', async () => {
    expect((await errorOf(wavBytes({ sampleRate: 0, data: int16Bytes(1, 2) }))).code).toBe('AUDIO_UNSUPPORTED')
  })
})
