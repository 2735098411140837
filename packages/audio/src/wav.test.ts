import { describe, expect, it } from '@jest/globals'
import { int16Bytes, wavBytes } from '../test/wav-bytes.ts'
import { decodeWav } from './wav.ts'

const data = int16Bytes(16384, -32768, 32767, 0)
const samples = Float32Array.of(0.5, -1, 32767 / 32768, 0)
const read = (bytes: Uint8Array) => decodeWav(bytes, 'x.wav', null)

describe('decodeWav', () => {
  it('scales 16-bit samples by 1 / 32768', () => {
    expect(read(wavBytes({ data }))).toEqual({ channels: [samples], sampleRate: 16000, warnings: [] })
  })

  it('steps over chunks that it does not know, with a pad byte after odd ones', () => {
    const junk = Uint8Array.of(0x4a, 0x55, 0x4e, 0x4b, 3, 0, 0, 0, 1, 2, 3, 0) // 'JUNK', 3 bytes, pad
    expect(read(wavBytes({ data, before: junk, after: junk }))).toEqual({ channels: [samples], sampleRate: 16000, warnings: [] })
  })

  it.each([
    ['both 0xffffffff (a stream)', { riffLength: 0xffffffff, dataLength: 0xffffffff }],
    ['both 0 (a writer that was stopped)', { riffLength: 0, dataLength: 0 }],
    ['data beyond the end, RIFF right', { dataLength: 44 + data.length }],
    ['RIFF beyond the end, data right', { riffLength: 99999 }],
    ['RIFF too short', { riffLength: 4 }],
  ])('reads all samples with a warning when the lengths are wrong: %s', (_what, lengths) => {
    const { channels, warnings } = read(wavBytes({ data, ...lengths }))
    expect(channels).toEqual([samples])
    expect(warnings).toEqual([expect.stringMatching(/^the header says .*\d bytes/)])
  })

  it('takes a file for cut off when both lengths say that bytes are missing', () => {
    const cut = wavBytes({ data }).subarray(0, 48)
    expect(() => read(cut)).toThrow(expect.objectContaining({ code: 'AUDIO_DAMAGED', message: 'x.wav: byte 48: the file is cut off: the header says 8 bytes of samples, 4 are there' }))
  })

  it('warns of a wrong block length and of an incomplete last frame', () => {
    expect(read(wavBytes({ data, blockAlign: 4 }))).toMatchObject({ channels: [samples], warnings: ['the header says 4 bytes per frame, 1 channels of 16 bits make 2'] })
    expect(read(wavBytes({ channels: 2, data: int16Bytes(1, 2, 3) }))).toMatchObject({ channels: [{ length: 1 }, { length: 1 }], warnings: ['2 bytes after the last whole frame are ignored'] })
  })

  it('names formats that it does not read', () => {
    expect(() => read(wavBytes({ tag: 7, bits: 8, data }))).toThrow(expect.objectContaining({ code: 'AUDIO_UNSUPPORTED', message: expect.stringContaining('µ-law') }))
    expect(() => read(wavBytes({ tag: 3, bits: 16, data }))).toThrow(expect.objectContaining({ code: 'AUDIO_UNSUPPORTED' }))
    expect(() => read(wavBytes({ channels: 0, data }))).toThrow(expect.objectContaining({ code: 'AUDIO_DAMAGED' }))
  })
})
