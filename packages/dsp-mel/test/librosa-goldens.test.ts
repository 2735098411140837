import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { MelOptions } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { logMelPatches, logMelSpectrogram, melFilterBank, melSpectrogram, mfcc } from '../src/index.ts'
import { createPowerSpectrum } from '../src/power-spectrum.ts'
import { periodicWindow } from '../src/window.ts'
import { DECIBELS, expectClose, LINEAR, readNpy, type Tolerance } from './goldens.ts'

/** The golden files of AED_GOLDENS/dsp; its index.json says what is what. */
interface Index {
  readonly variants: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly melbanks: readonly { readonly n_fft: number; readonly n_mels: number; readonly norm: 'slaney' | null; readonly htk: boolean; readonly file: string }[]
  readonly windows: Readonly<Record<string, string>>
  readonly signals: readonly {
    readonly name: string
    readonly wave: string
    readonly outputs: Readonly<Record<string, string>>
    readonly base_f64: string
    readonly mfcc13?: string
    readonly melpower_base?: string
    readonly stft_power?: { readonly frames: readonly number[]; readonly file: string }
  }[]
  readonly chains: readonly { readonly source: string; readonly wave: string; readonly intervals: readonly (readonly [number, number])[]; readonly final_samples: number; readonly patches: string; readonly last_patch: string }[]
}

const goldens = process.env['AED_GOLDENS']
const dir = path.join(goldens ?? '', 'dsp')
// Without the folder the tables below are empty and the suite is skipped.
const index = (goldens ? JSON.parse(readFileSync(path.join(dir, 'index.json'), 'utf8')) : { variants: {}, melbanks: [], windows: {}, signals: [], chains: [] }) as Index
const read = (file: string) => readNpy(path.join(dir, file), 'float32').data
const suite = goldens ? describe : describe.skip

/** librosa's own float32 path: 7.6e-6 dB is one step of float32 at −80. */
const FLOAT32_DECIBELS: Tolerance = { abs: 1e-3 }

const NAMES: Readonly<Record<string, keyof MelOptions>> = { n_fft: 'nFft', hop_length: 'hopLength', win_length: 'winLength', n_mels: 'nMels', pad_mode: 'padMode', norm: 'melNorm', window: 'window', center: 'center', power: 'power' }
const melOptions = (variant: string): Partial<MelOptions> =>
  Object.fromEntries(Object.entries(index.variants[variant]!).map(([name, value]) => (name === 'htk' ? ['melScale', 'htk'] : [NAMES[name]!, value])))

/** What the published chain does before the features: keeps the loud stretches, joins and repeats them. */
function keep(wave: Float32Array, intervals: readonly (readonly [number, number])[], length: number): Float32Array {
  const loud = intervals.flatMap(([start, end]) => [...wave.subarray(start, end)])
  return Float32Array.from({ length }, (_, i) => loud[i % loud.length]!)
}

suite(`golden files of librosa${goldens ? '' : ' (skipped: AED_GOLDENS is not set)'}`, () => {
  it('are there', () => {
    expect([index.melbanks.length, index.signals.length, index.chains.length].every((n) => n > 3)).toBe(true)
  })

  it.each(index.melbanks)('filterbank $file within 1e-7', ({ n_fft, n_mels, norm, htk, file }) => {
    expectClose(melFilterBank({ sampleRate: 16000, nFft: n_fft, nMels: n_mels, melNorm: norm, melScale: htk ? 'htk' : 'slaney' }).data, read(file), { abs: 1e-7 })
  })

  it.each(Object.entries(index.windows))('window %s within 1e-12', (name, file) => {
    const [type, length] = name.split('_') as ['hann' | 'hamming', string]
    expectClose(periodicWindow(type, Number(length)), readNpy(path.join(dir, file), 'float64').data, { abs: 1e-12 })
  })

  const outputs = index.signals.flatMap((signal) => Object.entries(signal.outputs).map(([variant, file]) => ({ wave: signal.wave, variant, file })))
  it.each(outputs)('$file within 1e-3 dB', ({ wave, variant, file }) => {
    expectClose(logMelSpectrogram({ samples: read(wave), sampleRate: 16000 }, melOptions(variant)).data, read(file), FLOAT32_DECIBELS)
  })

  it.each(index.signals)('$base_f64 within 1e-4 dB', ({ wave, base_f64 }) => {
    expectClose(logMelSpectrogram({ samples: read(wave), sampleRate: 16000 }, {}).data, readNpy(path.join(dir, base_f64), 'float64').data, DECIBELS)
  })

  it.each(index.signals.filter((signal) => signal.mfcc13))('$mfcc13 within 1e-3', ({ wave, mfcc13 }) => {
    expectClose(mfcc(logMelSpectrogram({ samples: read(wave), sampleRate: 16000 }, {}), { nMfcc: 13 }).data, read(mfcc13!), FLOAT32_DECIBELS)
  })

  it.each(index.signals.filter((signal) => signal.melpower_base))('$melpower_base within 1e-6', ({ wave, melpower_base }) => {
    const expected = read(melpower_base!)
    expectClose(melSpectrogram({ samples: read(wave), sampleRate: 16000 }, {}).data, expected, { ...LINEAR, abs: 1e-13 * Math.max(...expected) })
  })

  it.each(index.signals.filter((signal) => signal.stft_power))('STFT power of $name within 1e-6 of the frame', ({ wave, stft_power }) => {
    const { frames, file } = stft_power!
    const expected = read(file) // [bins, frames]
    const padded = new Float32Array(17024)
    padded.set(read(wave), 512)
    const spectrum = createPowerSpectrum(periodicWindow('hann', 1024))
    const out = new Float64Array(513)
    for (const [column, frame] of frames.entries()) {
      spectrum.run(padded, frame * 320, out, 0)
      const wanted = Float64Array.from(out, (_, k) => expected[k * frames.length + column]!)
      expectClose(out, wanted, { rel: 1e-6, abs: 1e-7 * Math.max(...wanted) })
    }
  })

  it.each(index.chains)('patches of $source within 1e-3 dB, with and without the last', ({ wave, intervals, final_samples, patches, last_patch }) => {
    const clip = { samples: keep(read(wave), intervals, final_samples), sampleRate: 16000 }
    expectClose(logMelPatches(clip, { mel: {}, patches: {} }).data, read(patches), FLOAT32_DECIBELS)
    expectClose(logMelPatches(clip, { mel: {}, patches: { includeLastPatch: true } }).data, [...read(patches), ...read(last_patch)], FLOAT32_DECIBELS)
  })
})
