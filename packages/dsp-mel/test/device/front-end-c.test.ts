import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRandom, log10 } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { createDeviceFrontEnd, type DeviceTable, type MelOptionsInput, type WordLength } from '../../src/index.ts'

const present = (name: string) => spawnSync(name, ['--version']).status === 0
const compiler = ['cc', 'gcc', 'clang'].find(present)
const suite = compiler ? describe : describe.skip

/** A float32 as C reads it back. */
const literal = (value: number) => `${Math.fround(value).toPrecision(9).replace(/^([^.e]+)(e|$)/, '$1.0$2')}f`
const list = (type: string, name: string, values: Iterable<number>, show: (value: number) => string) => `static const ${type} ${name}[] = {${Array.from(values, show).join(',')}};`
const floats = (name: string, { data, step }: DeviceTable) => list('float', name, Array.from<number, number>(data, (value) => value * step), literal)

const random = createRandom('device')
const pcm = Int16Array.from({ length: 5000 }, (_, i) => (i < 3000 ? 300 * random.normal() : i < 4000 ? 0 : 20000 * random.between(-1, 1)))

const kernels = fileURLToPath(new URL('../../../stm32-deploy/c/audio/', import.meta.url))
/** Processors that fuse products and sums when a compiler may, where this machine is one. */
const fusing = compiler && spawnSync(compiler, ['-mfma', '-x', 'c', '-E', '-'], { input: '' }).status === 0 && /\bfma\b/.test(existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '') ? ['-mfma'] : []

/** What the C of @aed/stm32-deploy gives for `pcm`, frame by frame: mel power, then dB. */
function runC(options: MelOptionsInput, wordLength: WordLength, command: string, flags: readonly string[]): Float32Array {
  const { tables } = createDeviceFrontEnd(16000, options, wordLength)
  const { nFft, nMels, hopLength, power, amin, topDb } = tables.options
  const dir = mkdtempSync(path.join(tmpdir(), 'aed-front-end-'))
  const scalars = { n_fft: nFft, n_mels: nMels, radix_2: Math.clz32(nFft) % 2, lowest: literal(power === 1 ? Math.sqrt(amin) : amin), factor: literal((power === 1 ? 20 : 10) * log10(2)), floor: literal(-topDb!) }
  try {
    writeFileSync(
      path.join(dir, 'tables.h'),
      [
        ...Object.entries({ N_FFT: nFft, N_MELS: nMels, HOP: hopLength, SAMPLES: pcm.length, POWER: power }).map(([name, value]) => `#define ${name} ${value}`),
        floats('window', { ...tables.window, step: tables.window.step / 65536 }),
        floats('sine', tables.sine),
        floats('weights', tables.weights),
        ...(['start', 'offset', 'order'] as const).map((name) => list('uint16_t', name, tables[name], String)),
        `static const aed_front_end front_end = {window, sine, weights, start, offset, order, ${Object.values(scalars).join(', ')}};`,
      ].join('\n'),
    )
    const binary = path.join(dir, 'front_end')
    const sources = ['window', 'fft', 'power', 'magnitude', 'mel', 'decibels'].map((name) => path.join(kernels, `aed_fe_${name}_f32.c`))
    execFileSync(command, [...flags, `-I${dir}`, `-I${kernels}`, '-o', binary, fileURLToPath(new URL('front_end.c', import.meta.url)), ...sources, '-lm'])
    const bytes = execFileSync(binary, { input: new Uint8Array(pcm.buffer), maxBuffer: 1 << 24 })
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
  ] as const)('equals C to the bit, fused or not: %j %s', (options, wordLength) => {
    const frontEnd = createDeviceFrontEnd(16000, { ...options, dbRef: 'running' }, wordLength)
    const { nFft, nMels, hopLength } = frontEnd.tables.options
    const decibels = frontEnd.logMel(pcm)
    const frames = decibels.shape[1]!
    const expected = new Float32Array(2 * nMels * frames)
    for (let t = 0; t < frames; t++) {
      frontEnd.melPower(pcm, t * hopLength - nFft / 2, expected.subarray(2 * t * nMels, (2 * t + 1) * nMels))
      for (let m = 0; m < nMels; m++) expected[(2 * t + 1) * nMels + m] = decibels.data[m * frames + t]!
    }
    const commands = ['gcc', 'clang'].filter(present)
    const flags = ['-std=gnu99', '-O3', '-ffp-contract=fast', ...fusing]
    for (const command of commands.length > 0 ? commands : [compiler!]) {
      const actual = runC({ ...options, dbRef: 'running' }, wordLength, command, flags)
      expect(actual.length).toBe(expected.length)
      expect([command, actual.findIndex((value, i) => !Object.is(value, expected[i]))]).toEqual([command, -1])
    }
  })
})
