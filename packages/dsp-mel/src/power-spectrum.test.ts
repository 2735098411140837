import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createRandom } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { codeOf, expectClose } from '../test/goldens.ts'
import { factorize } from './pair-fft.ts'
import { createPlainPowerSpectrum, createPowerSpectrum } from './power-spectrum.ts'
import { createWasmPowerSpectrum } from './wasm/power-spectrum.ts'
import { WASM_BINARY } from './wasm/spectrum-binary.ts'

const random = createRandom('power-spectrum')

/** The definition of the discrete Fourier transform. */
function powerByDefinition(signal: Float32Array, start: number, window: Float64Array): Float64Array {
  const n = window.length
  return Float64Array.from({ length: 1 + (n >> 1) }, (_, k) => {
    let re = 0
    let im = 0
    for (let t = 0; t < n; t++) {
      const angle = (2 * Math.PI * ((k * t) % n)) / n
      re += signal[start + t]! * window[t]! * Math.cos(angle)
      im -= signal[start + t]! * window[t]! * Math.sin(angle)
    }
    return re * re + im * im
  })
}

const sizes = Array.from({ length: 404 }, (_, i) => i + 2).filter((n) => factorize(n))

describe('createPowerSpectrum', () => {
  it(`equals the definition within 1e-12 of the energy for all ${sizes.length} products of 2, 3 and 5 up to 405`, () => {
    expect(sizes.length).toBeGreaterThan(50)
    for (const n of sizes) {
      const window = Float64Array.from({ length: n }, () => random.uniform())
      const signal = Float32Array.from({ length: n + 3 }, () => random.normal())
      const out = new Float64Array((n >> 1) + 3).fill(-1)
      createPowerSpectrum(window).run(signal, 3, out, 1)
      const energy = signal.subarray(3).reduce((sum, x, i) => sum + (x * window[i]!) ** 2, 0)
      expectClose(out.subarray(1, -1), powerByDefinition(signal, 3, window), { abs: 1e-12 * n * energy })
      expect([out[0], out.at(-1)]).toEqual([-1, -1])
    }
  })

  it('gives a frame the same bits whatever was transformed before', () => {
    const signal = Float32Array.from({ length: 300 }, () => random.normal())
    const spectrum = createPowerSpectrum(new Float64Array(96).fill(0.5))
    const first = new Float64Array(49)
    const again = new Float64Array(49)
    spectrum.run(signal, 7, first, 0)
    spectrum.run(signal, 100, again, 0)
    spectrum.run(signal, 7, again, 0)
    expect(again).toEqual(first)
  })

  it('holds energy together: the spectrum of 4096 samples sums to n · Σx² (Parseval)', () => {
    const n = 4096
    const signal = Float32Array.from({ length: n }, () => random.normal())
    const out = new Float64Array(1 + n / 2)
    createPowerSpectrum(new Float64Array(n).fill(1)).run(signal, 0, out, 0)
    const both = 2 * out.reduce((sum, p) => sum + p, 0) - out[0]! - out[n / 2]!
    const energy = signal.reduce((sum, x) => sum + x * x, 0)
    expect(both / n / energy).toBeCloseTo(1, 12)
  })

  it.each([7, 14, 22, 1022, 1023])('refuses length %d, which has another prime factor', (n) => {
    expect(codeOf(() => createPowerSpectrum(new Float64Array(n)))).toBe('INVALID_OPTION')
    expect(() => createPowerSpectrum(new Float64Array(n))).toThrow(new RegExp(`nFft .* got ${n}$`))
  })
})

describe('createWasmPowerSpectrum', () => {
  const powersOfTwo = [8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 65536]

  it(`gives the bytes of the TypeScript path for nFft ${powersOfTwo.join(', ')}, whatever window ran before`, () => {
    for (const n of powersOfTwo) {
      const window = Float64Array.from({ length: n }, () => random.uniform())
      const signal = Float32Array.from({ length: n + 9 }, (_, i) => (i % 50 < 9 ? 0 : 10 ** random.between(-20, 3) * random.normal()))
      const wasm = createWasmPowerSpectrum(window)
      createWasmPowerSpectrum(window.map((value) => value + 1))?.run(signal, 0, new Float64Array(n), 0) // another window between
      if (!wasm) throw new Error('this runtime has no WebAssembly SIMD')
      const [expected, actual, alone] = [0, 1, 2].map(() => new Float64Array((n >> 1) + 3).fill(-1))
      createPlainPowerSpectrum(window).run(signal, 5, expected!, 1)
      wasm.run(signal, 5, actual!, 1)
      wasm.run(signal.subarray(5, 5 + n), 0, alone!, 1)
      for (const result of [actual!, alone!]) expect(result.findIndex((value, i) => !Object.is(value, expected![i]))).toBe(-1)
    }
  })

  it('leaves other lengths to the TypeScript path', () => {
    expect([4, 6, 1000].map((n) => createWasmPowerSpectrum(new Float64Array(n)))).toEqual([undefined, undefined, undefined])
  })

  it('is what assembly/ compiles to, and 4 KB at most', () => {
    const script = fileURLToPath(new URL('../scripts/build-wasm.mjs', import.meta.url))
    expect(execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8' })).toContain('bytes of WebAssembly')
    expect(WASM_BINARY.length).toBeLessThan(4096)
  })
})
