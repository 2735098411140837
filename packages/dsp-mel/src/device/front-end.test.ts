import { createRandom } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { codeOf, expectClose } from '../../test/goldens.ts'
import { createMelFilters } from '../mel-filters.ts'
import { createMelPlan } from '../mel-plan.ts'
import { cutPatches } from '../patches.ts'
import { frameWindow } from '../window.ts'
import { createDeviceFrontEnd, deviceLogMelPatches, toPcm16 } from './front-end.ts'
import { deviceTables } from './tables.ts'

const random = createRandom('device')
/** Noise that swells over 100 dB, from below one step of 16 bits to full scale. */
const swell = Int16Array.from({ length: 32000 }, (_, i) => 0.3 * 10 ** (i / 6400) * random.between(-1, 1))

/** dB of the float64 path for the same 16-bit samples, and of the device. */
function bothOf(pcm: Int16Array, options: Parameters<typeof createMelPlan>[1], wordLength: 'float32' | 'int16') {
  const samples = Float32Array.from(pcm, (value) => value / 32768)
  return { exact: createMelPlan(16000, options).logMel(samples), device: createDeviceFrontEnd(16000, options, wordLength).logMel(pcm).data }
}

describe('deviceTables', () => {
  it.each([['float32', 6e-8, 1], ['int16', 3.2e-5, 0.5]] as const)('hold the float64 values as %s within %d of the largest', (wordLength, error, size) => {
    const options = { winLength: 800, window: 'hamming' } as const
    const { window, weights, sine, bytes, start, offset, order } = deviceTables(16000, options, wordLength)
    const { options: mel } = createMelPlan(16000, options)
    const exact = [frameWindow(mel), createMelFilters(16000, mel).weights]
    for (const [i, table] of [window, weights].entries()) {
      const largest = Math.max(...exact[i]!)
      const actual = Math.max(...exact[i]!.map((value, k) => Math.abs(value - table.data[k]! * table.step))) / largest
      expect(table.maxError).toBe(actual)
      expect(actual).toBeLessThan(error)
    }
    expect(sine.maxError).toBeLessThan(error)
    expect(bytes).toBe(4 * size * (1024 + 1024 + weights.data.length) + 2 * (start.length + offset.length + order.length))
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 512 }, (_, i) => i))
  })

  it.each([
    ['nFft 1000', { nFft: 1000 }],
    ['nFft 4', { nFft: 4, nMels: 1 }],
    ['a reflected end', { padMode: 'reflect' }],
    ['amin 1e-40', { amin: 1e-40 }],
  ] as const)('refuse %s', (_name, options) => {
    expect(codeOf(() => deviceTables(16000, options))).toBe('DEPLOY_UNSUPPORTED')
  })

  it('refuse what the features refuse', () => {
    expect(codeOf(() => deviceTables(16000, { fmin: 9000 }))).toBe('INVALID_OPTION')
  })
})

describe('createDeviceFrontEnd', () => {
  it('is within 2e-4 dB of float64 with float32 tables, 60 dB below the loudest', () => {
    const { exact, device } = bothOf(swell, { dbRef: 'clip', topDb: 60 }, 'float32')
    expectClose(device, exact, { abs: 2e-4 })
  })

  it('is within 0.02 dB with 16-bit tables, 60 dB below the loudest', () => {
    const { exact, device } = bothOf(swell, { dbRef: 'clip', topDb: 60 }, 'int16')
    expectClose(device, exact, { abs: 0.02 })
  })

  it.each(['running', 1, 1e-3, null] as const)('has the reference %s', (dbRef) => {
    for (const power of [1, 2] as const) {
      const { exact, device } = bothOf(swell, { dbRef, power, topDb: 50 }, 'float32')
      expectClose(device, exact, dbRef === null ? { rel: 1e-4 } : { abs: 5e-4 })
    }
  })

  it.each([8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096])('has the power of float64 within 1e-6 of the loudest band: nFft %d', (nFft) => {
    const { exact, device } = bothOf(swell, { nFft, hopLength: 4000, nMels: 2, fmin: 0, fmax: null, dbRef: null }, 'float32')
    expectClose(device, exact, { abs: 1e-6 * Math.max(...exact) })
  })

  it('has 0 dB for silence re clip and −80 re 1', () => {
    expect(new Set(createDeviceFrontEnd(16000, {}).logMel(new Int16Array(2000)).data)).toEqual(new Set([0]))
    expect(new Set(createDeviceFrontEnd(16000, { dbRef: 1 }).logMel(new Int16Array(2000)).data)).toEqual(new Set([-80]))
  })

  it('refuses dbRef patch and clips without a frame', () => {
    expect(codeOf(() => createDeviceFrontEnd(16000, { dbRef: 'patch' }).logMel(swell))).toBe('INVALID_OPTION')
    expect(codeOf(() => createDeviceFrontEnd(16000, {}).logMel(new Int16Array(0)))).toBe('INVALID_INPUT')
    expect(codeOf(() => createDeviceFrontEnd(16000, { center: false }).logMel(new Int16Array(1023)))).toBe('INVALID_INPUT')
  })
})

describe('deviceLogMelPatches', () => {
  it('cuts what the front end gives, and relates each patch to its maximum', () => {
    const clip = { samples: swell, sampleRate: 16000 }
    const mel = { dbRef: 'running' } as const
    const patches = { patchLength: 20, includeLastPatch: true }
    expect(deviceLogMelPatches(clip, { mel, patches })).toEqual(cutPatches(createDeviceFrontEnd(16000, mel).logMel(swell), patches))
    const { shape, data } = deviceLogMelPatches(clip, { mel: { dbRef: 'patch' }, patches, wordLength: 'int16' })
    expect(shape).toEqual([7, 64, 20])
    for (let i = 0; i < 7; i++) expect(Math.max(...data.subarray(i * 1280, (i + 1) * 1280))).toBe(0)
  })

  it('refuses float samples and another rate', () => {
    const config = { mel: {}, patches: {} }
    expect(codeOf(() => deviceLogMelPatches({ samples: new Float32Array(3000) as never, sampleRate: 16000 }, config))).toBe('INVALID_INPUT')
    expect(codeOf(() => deviceLogMelPatches({ samples: swell, sampleRate: 16000 }, { ...config, audio: { sampleRate: 8000 } as never }))).toBe('INVALID_INPUT')
  })
})

describe('toPcm16', () => {
  it('rounds to steps of 1 / 32768 and limits', () => {
    expect([...toPcm16(Float32Array.of(0, 0.5, 1, -1, 2, -2, 1.5 / 32768, -1.5 / 32768, NaN))]).toEqual([0, 16384, 32767, -32768, 32767, -32768, 2, -1, 0])
  })
})
