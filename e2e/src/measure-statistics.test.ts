import { featureConfig, type ClipBlock } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { AS_RECORDED } from './clip-copies.ts'
import { measureStatistics } from './measure-statistics.ts'

/** A float WAV file at 16 kHz. */
function wav(samples: Float32Array): Uint8Array {
  const bytes = new Uint8Array(44 + samples.byteLength)
  const view = new DataView(bytes.buffer)
  bytes.set(new TextEncoder().encode('RIFF    WAVEfmt '))
  view.setUint32(4, bytes.length - 8, true)
  view.setUint32(16, 16, true)
  view.setUint16(20, 3, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, 16_000, true)
  view.setUint32(28, 64_000, true)
  view.setUint16(32, 4, true)
  view.setUint16(34, 32, true)
  bytes.set(new TextEncoder().encode('data'), 36)
  view.setUint32(40, samples.byteLength, true)
  bytes.set(new Uint8Array(samples.buffer), 44)
  return bytes
}

describe('measureStatistics', () => {
  const blocks: readonly ClipBlock[] = [{ kind: 'logMelMoments', name: 'mel', statistics: ['mean', 'std', 'max', 'delta'] }]
  const features = featureConfig({ audio: { trimSilenceDb: null }, mel: { dbRef: 100 } })
  const options = { features, patchStep: 25, copies: [AS_RECORDED, { speed: 1, gainDb: 20 }], blocks, perPatch: false }
  // Two seconds whose second one is another sound.
  const samples = Float32Array.from({ length: 32_000 }, (_, n) => (n < 16_000 ? ((n * n) % 613) / 613 - 0.5 : ((n % 40) - 20) / 400))

  it('of a segment are those of the segment alone', async () => {
    const measured = await measureStatistics({ file: { bytes: wav(samples), name: 'both.wav', segment: { start: 1, end: 2 } }, network: null }, options)
    const alone = await measureStatistics({ file: { bytes: wav(samples.slice(16_000)), name: 'second.wav' }, network: null }, options)
    expect(measured.clip.shape).toEqual([2, 256])
    expect(measured.clip.data.every((value, i) => value === alone.clip.data[i])).toBe(true)
  })

  it('of a clip without a patch are refused with its name', async () => {
    const short = measureStatistics({ file: { bytes: wav(samples.slice(0, 4000)), name: 'short.wav' }, network: null }, { ...options, features: featureConfig({ audio: { trimSilenceDb: null, minDuration: 0.1 } }) })
    await expect(short).rejects.toMatchObject({ code: 'INVALID_INPUT', message: 'short.wav: a clip head needs a clip of one patch at least', hint: 'lengthen the clip: minDuration' })
  })

  it('of a copy 20 dB louder are those of the clip with a reference 20 dB lower', async () => {
    const file = { bytes: wav(samples), name: 'both.wav' }
    const { clip } = await measureStatistics({ file, network: null }, options)
    const lower = await measureStatistics({ file, network: null }, { ...options, copies: [AS_RECORDED], features: featureConfig({ audio: { trimSilenceDb: null }, mel: { dbRef: 1 } }) })
    const [, width] = clip.shape
    expect(clip.shape).toEqual([2, 256])
    const worst = lower.clip.data.reduce((most, value, i) => Math.max(most, Math.abs(value - clip.data[width! + i]!)), 0)
    expect(worst).toBeLessThan(1e-3)
  })
})
