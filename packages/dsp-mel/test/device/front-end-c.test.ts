import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRandom, log10 } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { createDeviceFrontEnd, LOG2_SERIES, type DeviceTable, type MelOptionsInput, type WordLength } from '../../src/index.ts'

const compiler = ['cc', 'gcc', 'clang'].find((name) => spawnSync(name, ['--version']).status === 0)
const suite = compiler ? describe : describe.skip

/** A float32 as C reads it back. */
const literal = (value: number) => `${Math.fround(value).toPrecision(9).replace(/^([^.e]+)(e|$)/, '$1.0$2')}f`
const list = (type: string, name: string, values: Iterable<number>, show: (value: number) => string) => `static const ${type} ${name}[] = {${Array.from(values, show).join(',')}};`
const floats = (name: string, { data, step }: DeviceTable) => list('float', name, Array.from<number, number>(data, (value) => value * step), literal)

const random = createRandom('device')
const pcm = Int16Array.from({ length: 5000 }, (_, i) => (i < 3000 ? 300 * random.normal() : i < 4000 ? 0 : 20000 * random.between(-1, 1)))

/** What the C gives for `pcm`, frame by frame: mel power, then dB. */
function runC(options: MelOptionsInput, wordLength: WordLength): Float32Array {
  const { tables } = createDeviceFrontEnd(16000, options, wordLength)
  const { nFft, nMels, hopLength, power, amin, topDb } = tables.options
  const [c1, c3, c5, c7] = LOG2_SERIES
  const defines = { N_FFT: nFft, N_MELS: nMels, HOP: hopLength, N_SAMPLES: pcm.length, POWER: power, FIRST_IS_2: Number(Math.clz32(nFft) % 2 === 1) }
  const constants = { C1: c1, C3: c3, C5: c5, C7: c7, LOWEST: power === 1 ? Math.sqrt(amin) : amin, TOP_DB: topDb!, FACTOR: (power === 1 ? 20 : 10) * log10(2) }
  const dir = mkdtempSync(path.join(tmpdir(), 'aed-front-end-'))
  try {
    writeFileSync(
      path.join(dir, 'tables.h'),
      [
        ...Object.entries(defines).map(([name, value]) => `#define ${name} ${value}`),
        ...Object.entries(constants).map(([name, value]) => `#define ${name} ${literal(value)}`),
        floats('WINDOW', tables.window),
        floats('SINE', tables.sine),
        floats('WEIGHTS', tables.weights),
        ...(['start', 'offset', 'order'] as const).map((name) => list('uint16_t', name.toUpperCase(), tables[name], String)),
      ].join('\n'),
    )
    const binary = path.join(dir, 'front_end')
    execFileSync(compiler!, ['-std=c99', '-O2', '-ffp-contract=off', `-I${dir}`, '-o', binary, fileURLToPath(new URL('front_end.c', import.meta.url)), '-lm'])
    const bytes = execFileSync(binary, { input: new Uint8Array(pcm.buffer) })
    return new Float32Array(new Uint8Array(bytes).buffer)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

suite(`createDeviceFrontEnd${compiler ? '' : ' (skipped: no C compiler)'}`, () => {
  it.each([
    [{}, 'float32'],
    [{}, 'int16'],
    [{ nFft: 512, hopLength: 160, winLength: 400, power: 1, nMels: 40 }, 'float32'],
    [{ nFft: 64, hopLength: 50, nMels: 4, window: 'hamming', melNorm: null, topDb: 50 }, 'int16'],
  ] as const)('equals C to the bit: %j %s', (options, wordLength) => {
    const frontEnd = createDeviceFrontEnd(16000, { ...options, dbRef: 'running' }, wordLength)
    const { nFft, nMels, hopLength } = frontEnd.tables.options
    const decibels = frontEnd.logMel(pcm)
    const frames = decibels.shape[1]!
    const expected = new Float32Array(2 * nMels * frames)
    for (let t = 0; t < frames; t++) {
      frontEnd.melPower(pcm, t * hopLength - nFft / 2, expected.subarray(2 * t * nMels, (2 * t + 1) * nMels))
      for (let m = 0; m < nMels; m++) expected[(2 * t + 1) * nMels + m] = decibels.data[m * frames + t]!
    }
    const actual = runC({ ...options, dbRef: 'running' }, wordLength)
    expect(actual.length).toBe(expected.length)
    expect(actual.findIndex((value, i) => !Object.is(value, expected[i]))).toBe(-1)
  })
})
