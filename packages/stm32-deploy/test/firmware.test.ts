import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { MODEL_CARD_SCHEMA, featureConfig, type DeviceTables, type ModelCard } from '@aed/core'
import { estimateCycles } from '../src/estimate/estimate-cycles.ts'
import { emitFirmware, featuresOf } from '../src/firmware/emit-firmware.ts'
import { generateC } from '../src/generate-c.ts'
import { openDevice } from '../src/node/device.ts'
import { readHeader, writeFiles } from '../src/node/library-files.ts'
import { measureChain } from '../src/node/measure-chain.ts'
import { measureFootprint } from '../src/node/measure-footprint.ts'
import { profileNetwork, runNetwork } from '../src/node/run-on-device.ts'
import { runTool } from '../src/node/run-tool.ts'
import { TARGETS } from '../src/targets.ts'
import { everyKernel } from './networks.ts'
import { expectedOutputs, testInputs } from './run-generated.ts'
import { describeWith } from './tools.ts'

const graph = everyKernel()
const inputs = testInputs(126, 1)
const outputs = expectedOutputs(graph, inputs)
/** Tables of the right sizes; what they hold is tested where @aed/dsp-mel makes them. */
const features = featureConfig({ mel: { dbRef: 'running', nMels: 18, nFft: 8, hopLength: 4, fmin: 0, fmax: null }, patches: { patchLength: 7 } })
const table = (length: number) => ({ data: new Float32Array(length).fill(0.5), step: 1, maxError: 0 })
const frontEnd: DeviceTables = {
  wordLength: 'float32', sampleRate: 16000, options: features.mel, window: table(8), sine: table(8), weights: table(18),
  start: new Uint16Array(18), offset: Uint16Array.from({ length: 19 }, (_, i) => i), order: Uint16Array.of(0, 1, 2, 3), bytes: 0,
}
const card: ModelCard = { schema: MODEL_CARD_SCHEMA, name: 'x', classes: ['a', 'b', 'c', 'd'], features, head: { kind: 'meanScores' }, detection: { smoothing: 2, thresholds: [0.5, 0.5, 0.5, 2], refractory: 1 }, provenance: {}, licence: 'CC0-1.0' }
const { files } = generateC({ graph, card, frontEnd, selftest: { input: inputs.slice(0, 126), output: outputs.slice(0, 4) } })
const network = generateC({ graph, card: null }).files

it('emitFirmware: `listen` and a microphone only where the library has its front end', () => {
  expect(featuresOf(files)).toEqual({ name: 'net', audio: true, clip: true, selftest: true, detection: true })
  expect(featuresOf(network)).toEqual({ name: 'net', audio: false, clip: false, selftest: false, detection: false })
  expect(Object.keys(emitFirmware(files, 'stm32u585'))).toEqual(expect.arrayContaining(['firmware/listen.c', 'firmware/b-u585i-iot02a/board.c', 'firmware/mps2-an505/board.c', 'firmware/host/board.c']))
  expect(Object.keys(emitFirmware(network, 'cortex-m4f')).sort()).toEqual(
    ['CMakeLists.txt', 'arm-none-eabi.cmake', 'board.h', 'config.h', 'host/board.c', 'mps2-an386/board.c', 'mps2-an386/link.ld', 'mps2.h', 'sections.ld', 'startup.c', 'verify.c'].map((file) => `firmware/${file}`),
  )
  expect(() => emitFirmware({}, 'host')).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
})

describeWith(['cmake', 'make', 'arm-none-eabi-gcc'], 'firmware projects', () => {
  let dir = ''
  beforeAll(async () => void (dir = await mkdtemp(path.join(tmpdir(), 'aed-firmware-'))))
  afterAll(() => rm(dir, { recursive: true, force: true }))

  it.each([
    ['b-u585i-iot02a', 'stm32u585', 0x08000000],
    ['mps2-an505', 'stm32u585', 0x10000000],
    ['mps2-an386', 'cortex-m4f', 0],
    ['host', 'host', null],
  ] as const)('CMake builds %s as it is', async (board, target, flash) => {
    const at = path.join(dir, board)
    await writeFiles(at, { ...files, ...emitFirmware(files, target) })
    await runTool('cmake', ['-S', 'firmware', '-B', 'build', `-DBOARD=${board}`, '-DCMAKE_C_FLAGS=-Wall -Wextra -Werror'], { cwd: at })
    await runTool('cmake', ['--build', 'build'], { cwd: at })
    for (const program of ['verify', 'listen']) {
      const elf = path.join(at, 'build', flash === null ? program : `${program}.elf`)
      expect((await stat(elf)).size).toBeGreaterThan(1000)
      if (flash === null) continue
      const headers = new TextDecoder().decode((await runTool('arm-none-eabi-objdump', ['-h', elf])).stdout)
      expect(Number(`0x${/\.text\s+\w+\s+(\w+)/.exec(headers)![1]!}`)).toBe(flash)
      expect(await readFile(path.join(at, 'build', `${program}.map`), 'utf8')).toContain('net_run')
    }
  })
})

/** A board whose microphone hears a few patches of noise, then stops. */
const BOARD = `#include <stdio.h>
#include <stdlib.h>
#include "board.h"

static board_samples *heard;
static uint32_t noise = 1;

int board_write(const void *from, size_t n) { return fwrite(from, 1, n, stdout) == n ? 0 : -1; }
int board_listen(uint32_t rate, board_samples *on_samples) { heard = on_samples; return rate == 16000 ? 0 : -1; }
void board_wait(void)
{
    static int frames;
    int16_t samples[4];

    if (++frames > 64) exit(fflush(stdout));
    for (int i = 0; i < 4; ++i) samples[i] = (int16_t)((noise = noise * 1664525u + 1013904223u) >> 16);
    heard(samples, 4);
}
`

describeWith(['cc'], 'listen', () => {
  /** Lines that it prints of a model. */
  const lines = async (rest: Partial<ModelCard>) => {
    const library = generateC({ graph, card: { ...card, detection: undefined, ...rest }, frontEnd }).files
    const dir = await mkdtemp(path.join(tmpdir(), 'aed-listen-'))
    try {
      await writeFiles(dir, { ...library, ...emitFirmware(library, 'host'), 'board.c': BOARD })
      await runTool('cc', ['-O1', '-Iinclude', '-Ifirmware', ...Object.keys(library).filter((file) => file.endsWith('.c')), 'firmware/listen.c', 'board.c', '-lm', '-o', 'listen'], { cwd: dir })
      return new TextDecoder().decode((await runTool(path.join(dir, 'listen'), [])).stdout).trim().split('\r\n')
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  }

  it('prints class and score of each result, after `unknown` where the score is too low for the class', async () => {
    const [first, ...known] = await lines({})
    expect(first).toBe('listening')
    expect(known.length).toBeGreaterThan(5)
    for (const line of known) expect(line).toMatch(/^[abcd] \d+ %$/)
    expect(await lines({ unknownBelow: 0 })).toEqual([first, ...known])
    const labels = [...new Set(known.map((line) => line[0]))]
    expect(await lines({ unknownBelow: card.classes!.map((label) => (label === labels[0] ? 2 : 0)) })).toEqual([first, ...known.map((line) => (line[0] === labels[0] ? `unknown: ${line}` : line))])
  })
})

describeWith(['arm-none-eabi-gcc', 'qemu-system-arm'], 'openDevice', () => {
  it.each(['host', 'mps2-an505', 'mps2-an386'] as const)('%s: the bytes of the literal engine, what stack and arena it used, exact instructions', async (board) => {
    const device = await openDevice(files, board)
    try {
      const first = await runNetwork(device, readHeader(files), inputs, 3)
      const again = await runNetwork(device, readHeader(files), inputs, 3)
      expect(first.outputs).toEqual(outputs)
      expect(first.arena).toBe(Number(/NET_ARENA_SIZE (\d+)/.exec(files['include/net.h']!)![1]))
      expect(again.instructions).toEqual(first.instructions)
      if (board === 'host') return
      expect(Math.min(...first.instructions!)).toBeGreaterThan(10_000)
      expect(first.stack).toBeGreaterThan(100)
      expect(first.stack).toBeLessThan(1024)
    } finally {
      await device.close()
    }
  })

  it('profile: every instruction of a run by its block, and what a cache in front of flash fetches', async () => {
    const device = await openDevice(files, 'mps2-an505')
    try {
      const [{ blocks, lines }, counted] = [(await profileNetwork(device, inputs.slice(0, 126)))!, await runNetwork(device, readHeader(files), inputs.slice(0, 126), 1)]
      const { instructions, misses } = estimateCycles({ blocks, lines }, TARGETS.stm32u585.timing)
      expect(Math.abs(instructions - counted.instructions![0]!)).toBeLessThan(20) // of the call and the timer
      expect(blocks.every(({ runs, jumps }) => jumps <= runs)).toBe(true)
      const words = blocks.reduce((sum, block) => sum + block.words, 0)
      const { flash } = generateC({ graph, card: null }).report
      // All weights are read once at least, a word of four at once; code and weights are more lines than the cache of 512 need not fetch.
      expect(words).toBeGreaterThan(flash.weights / 4)
      expect(lines.ofConstants).toBeGreaterThanOrEqual(Math.floor(flash.weights / 16))
      expect(lines.ofConstants).toBeLessThanOrEqual(words)
      expect(lines.ofInstructions).toBeGreaterThan(100)
      expect(misses).toBe(lines.ofConstants + lines.ofInstructions)
      expect(lines.inSequence).toBeLessThan(misses)
    } finally {
      await device.close()
    }
  })

  it('MODEL_MISMATCH when the device runs another library', async () => {
    const device = await openDevice(network, 'host')
    await expect(runNetwork(device, { ...readHeader(files), outputSize: 5 }, inputs, 3)).rejects.toMatchObject({ code: 'MODEL_MISMATCH' })
    await device.close()
  })
})

describeWith(['arm-none-eabi-gcc'], 'measureChain and measureFootprint', () => {
  it('tell the chain from the network: what one counts the other does not', async () => {
    const [chain, whole, alone] = [await measureChain(files), await measureFootprint(files), await measureFootprint(network)]
    expect(whole).toMatchObject({ code: alone.code, data: 0 })
    expect(whole.functions.map(({ name }) => name)).toEqual(alone.functions.map(({ name }) => name))
    expect(chain!.tables).toBeGreaterThanOrEqual(4 * (8 + 8 + 18) + 2 * (18 + 19 + 4))
    expect(chain!.code).toBeGreaterThan(1000)
    expect(chain!.code).toBeLessThan(4096)
    expect(chain!.stack).toBeGreaterThan(alone.stack)
    const { parts } = chain!
    expect(parts.buffer).toBe(2 * Number(/NET_AUDIO_BUFFER (\d+)/.exec(files['include/net.h']!)![1]))
    expect(parts.patch).toBe(126)
    expect(parts.rest).toBeLessThan(64)
    expect(chain!.clipState).toBe(20)
    expect(await measureChain(network)).toBeNull()
  })
})

describeWith(['gcc'], 'README', () => {
  it.each(['net_audio_state', 'net_label'])('its example of %s compiles without a warning', async (what) => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    const code = Array.from(readme.matchAll(/```c\n([^]*?)```/g), ([, text]) => text!).find((text) => text.includes(what))!
    const dir = await mkdtemp(path.join(tmpdir(), 'aed-readme-'))
    try {
      await writeFiles(dir, { ...files, 'example.c': code })
      await runTool('gcc', ['-std=c99', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-Iinclude', '-c', 'example.c', '-o', 'example.o'], { cwd: dir })
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  })
})
