import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'
import { createRandom, wasmModule } from '@aed/core'
import { goldenNpy, manifest, worst } from '../test/goldens.ts'
import { createResampler, fillOutputs, resample } from './resample.ts'
import { createKernel } from './resample-kernel.ts'
import { WASM_BINARY } from './wasm/resample-binary.ts'

/** 20 · log10 of a sine's amplitude after resampling, by its RMS over the middle half. */
function gainDb(inRate: number, outRate: number, frequency: number): number {
  const samples = Float32Array.from({ length: Math.min(inRate, 12000) }, (_, i) => Math.sin((2 * Math.PI * frequency * i) / inRate + 0.3))
  const out = createResampler(inRate, outRate).run(samples)
  const middle = out.subarray(out.length >> 2, (3 * out.length) >> 2)
  return 10 * Math.log10((2 * middle.reduce((sum, x) => sum + x * x, 0)) / middle.length + 1e-30)
}

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

describe('createResampler', () => {
  it.each(manifest.resampled)('gives what soxr gives for a chirp, edges included: $inRate → $outRate', ({ inRate, outRate, wave, resampled }) => {
    const out = createResampler(inRate, outRate).run(goldenNpy(wave).data as Float32Array)
    const expected = goldenNpy(resampled).data as Float32Array
    expect(out).toHaveLength(expected.length)
    expect(worst(out, expected).difference).toBeLessThan(1e-5)
  })

  it.each(RATES)('passes tones up to 0.9 × Nyquist within 0.01 dB: %i → %i', (inRate, outRate) => {
    const low = Math.min(inRate, outRate)
    for (const part of [0.05, 0.3, 0.6, 0.8, 0.9]) expect(Math.abs(gainDb(inRate, outRate, (part * low) / 2))).toBeLessThan(0.01)
  })

  it.each(RATES.filter(([inRate, outRate]) => inRate > outRate))('rejects tones from Nyquist on by 100 dB: %i → %i', (inRate, outRate) => {
    const parts = [1.001, 1.01, 1.05, 1.2, 1.45, 1.5, 1.7, 1.95, 2, 2.05, 2.5, 2.7, 3.9, 7.3, 11.9]
    for (const part of parts) if ((part * outRate) / 2 < inRate / 2) expect(gainDb(inRate, outRate, (part * outRate) / 2)).toBeLessThan(-100)
  })

  it.each(RATES.filter(([inRate, outRate]) => inRate < outRate))('leaves no images above the old Nyquist: %i → %i', (inRate, outRate) => {
    const frequency = 0.4 * inRate
    const n = 6000
    const out = createResampler(inRate, outRate).run(Float32Array.from({ length: n }, (_, i) => Math.sin((2 * Math.PI * frequency * i) / inRate)))
    const error = worst(
      out.subarray(out.length >> 2, (3 * out.length) >> 2),
      Float64Array.from({ length: out.length >> 1 }, (_, i) => Math.sin((2 * Math.PI * frequency * (i + (out.length >> 2))) / outRate)),
    )
    expect(error.difference).toBeLessThan(1e-5)
  })

  it('has no delay: an impulse stays where it was', () => {
    for (const [inRate, outRate] of RATES) {
      const samples = new Float32Array(2000)
      samples[1000] = 1
      const out = createResampler(inRate, outRate).run(samples)
      const peak = out.reduce((best, x, i) => (Math.abs(x) > Math.abs(out[best]!) ? i : best), 0)
      expect(Math.abs(peak - (1000 * outRate) / inRate)).toBeLessThanOrEqual(0.51)
    }
  })

  it('gives ⌈n · out / in⌉ samples for any n, also for 0 and 1', () => {
    expect([0, 1, 441, 442, 220544, 220500].map((n) => createResampler(44100, 16000).outputLength(n))).toEqual([0, 1, 160, 161, 80016, 80000])
    for (const [inRate, outRate] of RATES) {
      const plan = createResampler(inRate, outRate)
      for (const n of [0, 1, 2, 3, 440, 441, 442, 1001]) expect(plan.run(new Float32Array(n).fill(0.5))).toHaveLength(Math.ceil((n * outRate) / inRate))
    }
  })

  it('is linear and knows nothing of the calls before', () => {
    const plan = createResampler(44100, 16000)
    const a = Float32Array.from({ length: 3000 }, (_, i) => Math.sin(i * i * 1e-4))
    const once = plan.run(a)
    expect(worst(plan.run(a.map((x) => -0.5 * x)), once.map((x) => -0.5 * x)).difference).toBe(0)
    expect(plan.run(a)).toEqual(once)
  })

  it('refuses rates that are not whole numbers of Hz above 0', () => {
    for (const rate of [0, -1, NaN, 44100.5, 2e6]) expect(() => createResampler(rate, 16000)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })

  it('names the first sample that is not finite', () => {
    const samples = new Float32Array(500)
    samples[321] = -Infinity
    samples[400] = NaN
    for (const rate of [16000, 44100, 96000]) expect(() => createResampler(44100, rate).run(samples)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', message: 'resample: sample 321 takes a finite number, got -Infinity' }))
  })

  it('refuses to make more samples than a clip can have', () => {
    expect(() => createResampler(1, 1_000_000).run(new Float32Array(600))).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  })
})

describe('the WebAssembly path', () => {
  it('gives the bytes of the TypeScript path, whatever rates ran before', () => {
    expect(wasmModule(WASM_BINARY)).not.toBeNull()
    const random = createRandom('wasm')
    const pairs = ([[44100, 16000], [48000, 16000], [32000, 16000], [44101, 16000], [192000, 16000], [44100, 8000]] as const).map(([inRate, outRate]) => ({
      plan: createResampler(inRate, outRate),
      kernels: [true, false].map((wasm) => createKernel(inRate, outRate, wasm)),
    }))
    for (const length of [0, 1, 500, 1037, 30000])
      for (const { plan, kernels } of pairs) {
        const samples = Float32Array.from({ length }, (_, i) => (i % 500 < 90 ? 0 : 10 ** random.between(-20, 3) * random.normal()))
        const [wasm, plain] = kernels.map((kernel) => {
          const output = new Float32Array(plan.outputLength(length))
          fillOutputs(kernel, samples, length, 0, 0, output)
          return Buffer.from(output.buffer)
        })
        expect(wasm!.equals(plain!)).toBe(true)
      }
  })

  it('is what assembly/ compiles to, and 4 KiB at most', () => {
    const script = fileURLToPath(new URL('../scripts/build-wasm.mjs', import.meta.url))
    const size = Number(/^(\d+) bytes of WebAssembly/.exec(execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8' }))![1])
    expect(size).toBeLessThan(4096) // what Chromium compiles in place on the main thread
  })
})

describe('resample', () => {
  it('copies a clip that has the rate already', () => {
    const samples = Float32Array.of(1, 2, 3)
    const clip = resample({ samples, sampleRate: 16000 }, 16000)
    expect(clip).toEqual({ samples, sampleRate: 16000 })
    expect(clip.samples).not.toBe(samples)
  })

  it('gives what the plan gives', () => {
    const samples = Float32Array.from({ length: 500 }, (_, i) => Math.sin(i))
    expect(resample({ samples, sampleRate: 48000 }, 44100)).toEqual({ samples: createResampler(48000, 44100).run(samples), sampleRate: 44100 })
  })
})
