import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { generateC, stateStack } from '../src/index.ts'
import { KERNEL_SOURCES } from '../src/kernel-sources.ts'
import { buildForHost, runOnHost, STRICT_FLAGS } from '../src/node/host-build.ts'
import { writeFiles } from '../src/node/library-files.ts'
import { measureFootprint } from '../src/node/measure-footprint.ts'
import { runTool } from '../src/node/run-tool.ts'
import { cardWith, SERIES_HEADS, tappedNetwork } from './clip-heads.ts'
import { everyKernel, miniResNet } from './networks.ts'
import { expectedOutputs, FASTEST, testInputs } from './run-generated.ts'
import { describeWith } from './tools.ts'

const graph = everyKernel()
const inputs = testInputs(9 * 7 * 2, 1)
const outputs = expectedOutputs(graph, inputs)
const selftest = { input: inputs.slice(0, 126), output: outputs.slice(0, 4) }
const { files } = generateC({ graph, card: null, selftest }, FASTEST)
/** A second library with a clip head of statistics and a threshold of unknown: of it what the first has not. */
const tapped = tappedNetwork(2, 24)
const head = generateC({ graph: tapped, card: { ...cardWith(tapped, SERIES_HEADS['levels and envelopes among others']!(tapped.outputs), 2), unknownBelow: 0.5 } }, { name: 'head' }).files
const more = Object.keys(head).filter((file) => !(file.replace('head', 'net') in files))
const sources = [...Object.keys(files), ...more].filter((file) => file.endsWith('.c'))
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'aed-toolchains-'))
  await writeFiles(dir, { ...head, ...files })
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const compile = (compiler: string, flags: readonly string[]) => runTool(compiler, [...flags, '-Iinclude', '-c', ...sources], { cwd: dir })

it('these tests compile every kernel that there is', () => {
  const kernels = Object.keys(KERNEL_SOURCES).filter((file) => file.endsWith('_s8.c'))
  const compiled = new Set(sources.map((file) => file.replace(/(net|head)_/, 'aed_')))
  expect(kernels.filter((file) => !compiled.has(file))).toEqual([])
})

describeWith(['gcc'], 'generated C under gcc', () => {
  it.each([['c99'], ['gnu99'], ['c11'], ['gnu17']])('is free of warnings as %s', async (standard) => {
    expect((await compile('gcc', [...STRICT_FLAGS, `-std=${standard}`, '-O2'])).stderr).toBe('')
  })

  it('has no writable globals, calls memcpy, memset and sqrtf alone, and defines nothing without its prefix', async () => {
    await compile('gcc', [...STRICT_FLAGS, '-O2'])
    const symbols = text((await runTool('nm', ['-P', ...sources.map((file) => path.basename(file).replace('.c', '.o'))], { cwd: dir })).stdout)
    const ofKind = (kinds: string) => Array.from(symbols.matchAll(/^(\S+) (\S)/gm), ([, name, kind]) => ({ name: name!, kind: kind! })).filter(({ kind }) => kinds.includes(kind))
    expect(ofKind('bBdDC')).toEqual([])
    expect(ofKind('TRV').filter(({ name }) => !/^(net|head)_/.test(name))).toEqual([])
    const called = ofKind('U').map(({ name }) => name).filter((name) => !/^(net|head)_/.test(name) && name !== '_GLOBAL_OFFSET_TABLE_')
    expect(called.filter((name) => !['memcpy', 'memset', 'memcmp', 'sqrtf'].includes(name))).toEqual([])
  })

  it('rejects a null pointer and a misaligned arena, and passes its self-test', async () => {
    await writeFile(
      path.join(dir, 'main.c'),
      `#include "net.h"
static union { int64_t align; unsigned char bytes[NET_ARENA_SIZE + 8]; } arena;
int main(void)
{
    static int8_t input[NET_INPUT_SIZE], output[NET_OUTPUT_SIZE];
    return !(net_run(0, output, &arena) == NET_ERROR_NULL && net_run(input, 0, &arena) == NET_ERROR_NULL && net_run(input, output, 0) == NET_ERROR_NULL &&
             net_run(input, output, arena.bytes + 1) == NET_ERROR_ALIGNMENT && net_run(input, output, &arena) == NET_OK && net_selftest(&arena) == NET_OK &&
             NET_ARENA_ALIGN <= 16);
}
`,
    )
    await runTool('gcc', [...STRICT_FLAGS, '-Iinclude', 'main.c', ...sources, '-lm', '-o', 'main'], { cwd: dir })
    await runTool(path.join(dir, 'main'), [])
  })

  it('fails the self-test when an expected byte is wrong', async () => {
    const wrong = generateC({ graph, card: null, selftest: { ...selftest, output: selftest.output.map((value) => value ^ 1) } })
    const build = await buildForHost(wrong.files)
    await expect(runOnHost(build, inputs, 3)).rejects.toMatchObject({ code: 'TOOL_FAILED', message: expect.stringContaining('net_selftest returns -3') })
    await build.remove()
  })

  it('links two libraries of different names into one program', async () => {
    const made = generateC({ graph, card: null, selftest }, { name: 'Other_2' }).files
    const other = Object.fromEntries(Object.entries(made).filter(([file]) => file !== 'CMakeLists.txt'))
    await writeFiles(dir, other)
    await writeFile(
      path.join(dir, 'two.c'),
      `#include "net.h"
#include "Other_2.h"
static union { int64_t align; unsigned char bytes[NET_ARENA_SIZE + OTHER_2_ARENA_SIZE]; } arena;
int main(void) { return net_selftest(&arena) | Other_2_selftest(&arena); }
`,
    )
    const both = [...sources, ...Object.keys(other).filter((file) => file.endsWith('.c'))]
    await runTool('gcc', [...STRICT_FLAGS, '-Iinclude', 'two.c', ...both, '-lm', '-o', 'two'], { cwd: dir })
    await runTool(path.join(dir, 'two'), [])
  })
})

describeWith(['g++'], 'the header under C++', () => {
  it('is free of warnings and links with C', async () => {
    await writeFile(path.join(dir, 'main.cpp'), '#include "net.h"\nalignas(16) static unsigned char arena[NET_ARENA_SIZE];\nint main() { return net_selftest(arena); }\n')
    await compile('gcc', STRICT_FLAGS)
    await runTool('g++', ['-std=c++11', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-Iinclude', 'main.cpp', ...sources.map((file) => path.basename(file).replace('.c', '.o')), '-lm', '-o', 'cpp'], { cwd: dir })
    await runTool(path.join(dir, 'cpp'), [])
  })
})

describeWith(['clang'], 'generated C under clang', () => {
  it('is free of warnings and gives the same bytes', async () => {
    const build = await buildForHost(files, { compiler: 'clang' })
    expect(await runOnHost(build, inputs, 3)).toEqual(outputs)
    await build.remove()
  })
})

describeWith(['clang-tidy', 'arm-none-eabi-gcc'], 'generated C under clang-tidy', () => {
  // Which of two rows or sizes comes first is for the tests to tell: a parameter's type cannot.
  const checks = '-*,bugprone-*,cert-*,-bugprone-easily-swappable-parameters'

  it.each([['cortex-m33'], ['cortex-m3']])('has nothing that the bugprone and cert checks complain of, for %s with and without DSP', async (core) => {
    const flags = ['-std=c99', '-Iinclude', '--target=arm-none-eabi', `-mcpu=${core}`, '-mthumb', '-isystem', '/usr/include/newlib']
    const { stdout, stderr } = await runTool('clang-tidy', ['-quiet', `-checks=${checks}`, '-warnings-as-errors=*', ...sources, '--', ...flags], { cwd: dir })
    expect(`${text(stdout)}${stderr}`).not.toMatch(/warning:|error:/)
  })
})

describeWith(['cmake', 'make'], 'CMakeLists.txt', () => {
  it('builds the library', async () => {
    await runTool('cmake', ['-S', '.', '-B', 'build'], { cwd: dir })
    await runTool('cmake', ['--build', 'build'], { cwd: dir })
    expect((await readFile(path.join(dir, 'build', 'libnet.a'))).length).toBeGreaterThan(0)
  })
})

describeWith(['arm-none-eabi-gcc'], 'measureFootprint of MiniResNetV2 for the STM32U585', () => {
  it.each([
    [1, 15, 132], // batch norms as MUL and ADD, as TensorFlow's converter leaves them: 896 B a pair more than our quantizer's one step
    [2, 23, 447],
  ] as const)('%d stacks: at most 9 KiB of code, %d KiB of RAM with input and stack, %d KiB of constants', async (stacks, ram, constants) => {
    const { files: library, report } = generateC({ graph: miniResNet(stacks), card: null })
    const footprint = await measureFootprint(library)
    expect(footprint).toMatchObject({ forTarget: true, data: 0, target: 'stm32u585' })
    expect(footprint.code).toBeLessThan(9 * 1024)
    expect(footprint.constants).toBeLessThan(constants * 1024)
    expect(footprint.stack).toBeGreaterThan(100)
    expect(report.memory.arena + report.memory.input + footprint.stack).toBeLessThan(ram * 1024)
    expect(footprint.functions.map(({ name }) => name)).toContain('net_run')
  })

  it('needs a stack that is known, which the header then states: no recursion, no array of variable length', async () => {
    const footprint = await measureFootprint(files)
    expect(footprint.stack).toBeLessThan(2000) // a circle of calls would be Infinity
    expect(stateStack(files, footprint)['include/net.h']).toContain(`for stm32u585: with other flags measure again. */\n#define NET_STACK_SIZE ${footprint.stack}\n`)
    await compile('arm-none-eabi-gcc', ['-mcpu=cortex-m33', '-mthumb', ...STRICT_FLAGS, '-Wvla', '-Wstack-usage=1000', '-O2'])
  })

  it('compiles where flags keep registers back, and without its assembly', async () => {
    const arm = ['-mcpu=cortex-m33', '-mthumb', ...STRICT_FLAGS, '-O2']
    for (const flags of [['-fno-omit-frame-pointer'], ['-fPIC'], ['-Og', '-g'], ['-O0'], ['-ffixed-r9', '-DNET_NO_ASSEMBLY']]) await compile('arm-none-eabi-gcc', [...arm, ...flags])
  })

  it('is free of warnings at every level of optimisation', async () => {
    for (const level of ['-Os', '-O2', '-O3']) await compile('arm-none-eabi-gcc', ['-mcpu=cortex-m33', '-mthumb', ...STRICT_FLAGS, level])
  })
})

describe('runTool', () => {
  it('TOOL_NOT_FOUND for a program that is not there, with the hint', async () => {
    await expect(runTool('no-such-compiler', [], { hint: 'install it' })).rejects.toMatchObject({ code: 'TOOL_NOT_FOUND', hint: 'install it' })
    await expect(buildForHost(files, { compiler: 'no-such-compiler' })).rejects.toMatchObject({ code: 'TOOL_NOT_FOUND' })
  })

  it('TOOL_FAILED with the first error that the program prints', async () => {
    await expect(runTool(process.execPath, ['-e', 'console.error("note\\nerror: bad news"); process.exit(3)'])).rejects.toMatchObject({ code: 'TOOL_FAILED', message: expect.stringMatching(/status 3: error: bad news$/) })
  })

  it('ABORTED when the signal fires', async () => {
    await expect(runTool(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ code: 'ABORTED' })
  })
})
