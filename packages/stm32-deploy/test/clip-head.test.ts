import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { addTap, createRandom, emptyTapState, tapStatistics, tensorOf, type AedError, type Graph, type ModelCard, type StatisticsHead, type TapBlock } from '@aed/core'
import { describe, expect, it } from '@jest/globals'
import { clipHeadOf, generateC } from '../src/generate-c.ts'
import { lowerTaps } from '../src/lower/lower-graph.ts'
import { runOnEmulator } from '../src/node/emulate.ts'
import { buildForHost, runOnHost, STRICT_FLAGS } from '../src/node/host-build.ts'
import { sourcesOf, unpack, type LibraryFiles } from '../src/node/library-files.ts'
import { runTool } from '../src/node/run-tool.ts'
import { planSmallest } from '../src/plan/plan.ts'
import { replay } from './check-plan.ts'
import { cardWith, features, HEADS, LiteralClip, SERIES_HEADS, tappedNetwork } from './clip-heads.ts'
import { Int8Graphs } from './int8-graphs.ts'
import { runLiterally } from './literal-engine.ts'
import { FASTEST } from './run-generated.ts'
import { describeWith } from './tools.ts'

/** Does what it is told: 'R' reset, 'F' a frame, 'W' samples, their number in a byte before them, 'A' a patch, 'S' features and scores. */
const DRIVER = `#include <stdio.h>
#include "net.h"

static union { int64_t align; unsigned char bytes[NET_ARENA_SIZE]; } arena;
static net_clip_state clip;
static int8_t input[NET_INPUT_SIZE];
static int16_t samples[255];
static float out[NET_CLIP_FEATURES + NET_CLASSES];

int main(void)
{
    for (int command; (command = getchar()) != EOF;) {
        int status = NET_OK;

        if (command == 'R') {
            status = net_clip_reset(&clip);
#ifdef NET_CLIP_BANDS
        } else if (command == 'F') {
            status = fread(input, 1, NET_CLIP_BANDS, stdin) == NET_CLIP_BANDS ? net_clip_add_frame(&clip, input, 1) : 7;
#else
        } else if (command == 'F') {
            status = fread(input, 1, NET_INPUT_SIZE / 12, stdin) == NET_INPUT_SIZE / 12 ? NET_OK : 7;
#endif
        } else if (command == 'W') {
            const size_t n = (size_t)getchar();

            status = fread(samples, 2, n, stdin) == n ? NET_OK : 7;
#ifdef NET_CLIP_MOST_SAMPLES
            status = status == NET_OK ? net_clip_add_samples(&clip, samples, n) : status;
#endif
        } else if (command == 'A') {
            status = fread(input, 1, sizeof input, stdin) == sizeof input ? net_clip_add(&clip, input, &arena) : 7;
        } else if (net_clip_features(&clip, out) != 1 || net_clip_scores(&clip, out + NET_CLIP_FEATURES) != 1 || fwrite(out, 1, sizeof out, stdout) != sizeof out) {
            status = 7;
        }
        if (status != NET_OK) {
            return status;
        }
    }
    return fflush(stdout);
}
`

const random = createRandom('clips')
const bytes = (length: number) => Int8Array.from({ length }, () => random.integer(256) - 128)

const wave = (length: number) => {
  const amplitude = 32767 * random.between(0, 1) ** 6
  return Int16Array.from({ length }, () => amplitude * random.between(-1, 1))
}
/** The command that gives the driver samples. */
const wavesAsTold = (samples: Int16Array) => [87, samples.length, ...new Int8Array(samples.buffer)]

/** Clips of so many patches and frames, each asked for its scores halfway too; what the driver is told, and what it must answer. */
function session(graph: Graph, head: StatisticsHead, clips: readonly (readonly [patches: number, frames: number])[]) {
  const told: number[] = []
  const expected: number[] = []
  const bands = tensorOf(graph, graph.inputs[0]).shape[1]!
  for (const [patches, frames] of clips) {
    const clip = new LiteralClip(graph, head)
    const tell = (command: string, data: Int8Array = new Int8Array(0)) => told.push(command.charCodeAt(0), ...data)
    const ask = () => {
      tell('S')
      expected.push(...clip.result())
    }
    tell('R')
    for (let i = 0; i < Math.max(patches, frames); i++) {
      const [frame, patch] = [bytes(bands), i === 0 ? new Int8Array(12 * bands).fill(127) : bytes(12 * bands)]
      const samples = i > 0 && i < frames ? wave(random.integer(256)) : new Int16Array(0)
      if (samples.length > 0) {
        told.push(...wavesAsTold(samples))
        clip.addSamples(samples)
      }
      if (i < frames) {
        tell('F', frame)
        clip.addFrame(frame)
      }
      if (i < patches) {
        tell('A', patch)
        clip.add(patch)
      }
      if (i === 1) ask()
    }
    ask()
  }
  return { told: Int8Array.from(told), expected: Float32Array.from(expected) }
}

/** Compiles the driver around a library and gives its answers. */
async function drive(files: LibraryFiles, compiler: string, flags: readonly string[], told: Int8Array): Promise<Float32Array> {
  const { dir, remove } = await unpack({ ...files, 'driver.c': DRIVER })
  try {
    await runTool(compiler, [...STRICT_FLAGS, ...flags, '-Iinclude', ...sourcesOf(files), 'driver.c', '-lm', '-o', 'driver'], { cwd: dir })
    const { stdout } = await runTool(path.join(dir, 'driver'), [], { input: new Uint8Array(told.buffer) })
    return new Float32Array(Uint8Array.from(stdout).buffer)
  } finally {
    await remove()
  }
}

/** What a driver ends with. */
const CLIP_FULL = 256 - 5
const SANITIZE = ['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all']

describeWith(['gcc', 'clang'], 'a clip head of statistics in C', () => {
  const optimized = ['-O2', '-ffp-contract=fast']
  const CASES = Object.keys(HEADS).map((name, i) => (i % 2 === 1 ? ([name, 'gcc', SANITIZE, i] as const) : ([name, 'clang', optimized, i] as const)))
  const SERIES_CASES = Object.keys(SERIES_HEADS).flatMap((name, i) => [[name, 'gcc', i % 2 === 1 ? SANITIZE : optimized, i] as const, [name, 'clang', i % 2 === 1 ? optimized : SANITIZE, i] as const])

  it('sums of the longest clip are exact at the largest values, and a patch more is an error', async () => {
    const g = new Int8Graphs('extreme', [1, 2, 3, 1])
    const steep = g.node([g.conv2d(g.input, 2, { filter: [1, 1] })], { op: 'relu' }, { quantization: { scales: [1e-5], zeroPoints: [-128] } })
    const graph = g.build(steep)
    const blocks = HEADS['one tap']!([steep, steep])
    const card = cardWith(graph, blocks, 1)
    const { files, report } = generateC({ graph, card })
    const input = Array.from({ length: 100 }, () => bytes(6)).find((some) => runLiterally(graph, some).get(steep)!.includes(127))!
    const most = Math.floor(2 ** 24 / 255 / 3)
    expect(report.head!.mostPatches).toBe(most)
    const values = runLiterally(graph, input).get(steep)!
    // 127 is 255 steps above the zero point.
    const state = emptyTapState({ rows: 2, columns: 3, channels: 2, rowPool: 1 })
    for (let i = 0; i < most; i++) addTap(state, values, { rows: 2, columns: 3, channels: 2, rowPool: 1 }, -128)
    expect(Math.max(...state.sumOfSquares)).toBeGreaterThan(2 ** 31)
    const patches = new Int8Array(7 * most + 2)
    for (let i = 0; i < most; i++) patches.set([65, ...input], 1 + 7 * i)
    patches.set([82], 0)
    patches.set([83], 7 * most + 1)
    const features = tapStatistics(state, blocks[0] as TapBlock, tensorOf(graph, steep).quantization!.scales[0]!)
    expect((await drive(files, 'gcc', SANITIZE, patches)).subarray(0, 12)).toEqual(features)
    const more = Int8Array.from([...patches.subarray(0, -1), 65, ...input])
    await expect(drive(files, 'gcc', ['-O2'], more)).rejects.toMatchObject({ code: 'TOOL_FAILED', message: expect.stringContaining(`status ${CLIP_FULL}`) })
  })

  it.each(SERIES_CASES)('%s: features and scores of clips shorter and longer than the lags equal core to the bit (%s %p)', async (name, compiler, flags, seed) => {
    const graph = tappedNetwork(seed, 24)
    const card = cardWith(graph, SERIES_HEADS[name]!(graph.outputs), seed, seed % 2 === 0 ? 'softmax' : 'logistic')
    const { told, expected } = session(graph, card.head, [[1, 1], [2, 2], [3, 4], [1, 59], [1, 60], [2, 61], [4, 300]])
    const { files } = generateC({ graph, card })
    expect(await drive(files, compiler, flags, told)).toEqual(expected)
  })

  it.each([
    ['all loudest', () => 127, () => false],
    ['loudest and nothing in turn', (t: number) => (t % 2 === 0 ? 127 : -128), (step: number) => step % 6 >= 3],
  ] as const)('levels of the longest clip fit in their sums, and a frame or a sample more is an error: %s', async (_, level, silent) => {
    const graph = tappedNetwork(1, 24)
    const card = cardWith(graph, SERIES_HEADS['levels and envelopes among others']!(graph.outputs), 1)
    const { files, report } = generateC({ graph, card })
    const most = Math.floor(2 ** 24 / 255)
    expect(report.head).toMatchObject({ mostFrames: most, mostSamples: 64 * most + 63 })
    const clip = new LiteralClip(graph, card.head)
    const patch = bytes(288)
    clip.add(patch)
    const frames = new Int8Array(25 * most)
    for (let t = 0; t < most; t++) {
      frames.fill(level(t), 25 * t + 1, 25 * (t + 1))
      frames[25 * t] = 70
      clip.addFrame(frames.subarray(25 * t + 1, 25 * (t + 1)))
    }
    const waves = new Int8Array(130 * most + 128)
    for (let step = 0; step <= most; step++) {
      const samples = Int16Array.from({ length: step === most ? 63 : 64 }, (_v, i) => (silent(step) ? 0 : i % 2 === 0 ? 32767 : -32768))
      clip.addSamples(samples)
      waves.set(wavesAsTold(samples), 130 * step)
    }
    const told = [Int8Array.of(82, 65), patch, frames, waves, Int8Array.of(83)]
    expect(await drive(files, 'gcc', SANITIZE, joined(told))).toEqual(clip.result())
    const more = silent(3) ? frames.subarray(0, 25) : Int8Array.from(wavesAsTold(wave(1)))
    await expect(drive(files, 'gcc', ['-O1'], joined([...told, more]))).rejects.toMatchObject({ code: 'TOOL_FAILED', message: expect.stringContaining(`status ${CLIP_FULL}`) })
  })

  it.each(CASES)('%s: features and scores of ragged clips equal core to the bit (%s)', async (name, compiler, flags, seed) => {
    const graph = tappedNetwork(seed)
    const card = cardWith(graph, HEADS[name]!(graph.outputs), seed, seed % 2 === 0 ? 'softmax' : 'logistic')
    const { told, expected } = session(graph, card.head, [[1, 1], [2, 3], [5, 33], [7, 2]])
    const { files } = generateC({ graph, card }, seed % 2 === 0 ? {} : FASTEST)
    expect(await drive(files, compiler, flags, told)).toEqual(expected)
  })
})

describeWith(['arm-none-eabi-gcc', 'qemu-system-arm'], 'a clip head of statistics on the emulated core', () => {
  it.each([
    ['moments', 18, HEADS['two taps, rows averaged, moments']!],
    ['levels, envelopes without samples', 24, SERIES_HEADS['levels and envelopes among others']!],
  ] as const)('gives the features and scores of core to the bit: %s', async (_, bands, blocks) => {
    const graph = tappedNetwork(9, bands)
    const size = 12 * bands
    const { head, ...card } = cardWith(graph, blocks(graph.outputs), 9)
    const inputs = bytes(3 * size)
    const expected = Array.from({ length: 3 }, (_i, i) => clipOfOne(graph, head, inputs.subarray(i * size, (i + 1) * size)))
    const selftest = { input: inputs.slice(0, size), output: expected[0]!.slice(-4) }
    const { files, report } = generateC({ graph, card: { ...card, head }, selftest })
    const { outputs, layers } = await runOnEmulator(files, inputs, 3, { perLayer: report.layers.length })
    expect(asFloats(outputs)).toEqual(Float32Array.from(expected.flatMap((clip) => [...clip])))
    expect(layers[0]!.every((count) => count > 0)).toBe(true)
    const build = await buildForHost(files, { sanitize: true })
    expect(asFloats(await runOnHost(build, inputs, 3))).toEqual(Float32Array.from(expected.flatMap((clip) => [...clip])))
    await build.remove()
  })
})

function joined(parts: readonly Int8Array[]): Int8Array {
  const whole = new Int8Array(parts.reduce((sum, { length }) => sum + length, 0))
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0)
  return whole
}

const asFloats = (bytesOf: Int8Array) => new Float32Array(Int8Array.from(bytesOf).buffer)

/** Features and scores of a clip of one patch, its frames those of the patch. */
function clipOfOne(graph: Graph, head: StatisticsHead, input: Int8Array): Float32Array {
  const clip = new LiteralClip(graph, head)
  for (let t = 0; t < 12; t++) clip.addFrame(Int8Array.from({ length: input.length / 12 }, (_, band) => input[band * 12 + t]!))
  clip.add(input)
  return clip.result()
}

describe('generateC with a clip head of statistics', () => {
  it('declares it in place of the network, and never keeps a tap', () => {
    const graph = tappedNetwork(1)
    const blocks = HEADS['two taps, rows averaged, moments']!(graph.outputs)
    const { files, report } = generateC({ graph, card: cardWith(graph, blocks, 1) })
    const header = files['include/net.h']!
    expect(header).not.toMatch(/net_run|NET_OUTPUT/)
    expect(header).toMatch(/int net_clip_add\(net_clip_state \*clip, const int8_t \*input, void \*arena\);/)
    expect(report.head).toMatchObject({ features: 3 * 20 + 3 * 24 + 4 * 18, mostPatches: 1218 })
    expect(report.head!.blocks.map(({ name, state, ownState }) => [name, state, ownState])).toEqual([
      ['last/mean', 80, 0], // its sums are those of the deviations too
      ['last/std', 160, 80],
      ['last/max', 20, 20],
      ['stem@3', 240, 240],
      ['mel', 252, 252], // sums, squares and squared steps of 4 bytes, maxima and last frame of 1
    ])
    expect(report.layers.filter(({ op }) => op === 'statistics')).toHaveLength(2)
    // The second tap is the stem's: its nine rows of six columns and eight channels are never whole.
    const stem = report.buffers.find(({ name }) => name === graph.outputs[1])!
    expect(stem.slots).toBeLessThan(9)
  })

  it('declares levels and envelopes, and states what they take', () => {
    const graph = tappedNetwork(1, 24)
    const { files, report } = generateC({ graph, card: cardWith(graph, SERIES_HEADS['levels and envelopes among others']!(graph.outputs), 1) })
    expect(files['include/net.h']).toMatch(/int net_clip_add_samples\(net_clip_state \*clip, const int16_t \*samples, size_t n\);/)
    const block = (name: string) => report.head!.blocks.find((one) => one.name === name)!
    expect(block('levels')).toMatchObject({ features: 72, state: 9 * 384, ownState: 9 * 384, flash: 72 * 4 * 6 })
    expect(block('envelopes')).toMatchObject({ features: 72, state: 4 * 160, ownState: 4 * 160, flash: 72 * 4 * 6 + 176 })
    expect(report.head!.proof).toContain('levels of envelopes, 0 to 255, and their steps: at most 65793 of 4 ms, which are 263 s')
    const one = generateC({ graph, card: cardWith(graph, SERIES_HEADS['envelopes']!(graph.outputs), 1) })
    expect([one.files['include/net.h']!.includes('add_frame'), Object.keys(one.files).some((file) => file.includes('levels')), one.report.head!.mostFrames]).toEqual([false, false, null])
  })

  it.each([0, 1])('plans that keep every row until the statistics have it: network %d', (seed) => {
    const graph = tappedNetwork(seed)
    const card = cardWith(graph, HEADS['two taps, rows averaged, moments']!(graph.outputs), seed)
    const { network, plan } = planSmallest(lowerTaps(graph, clipHeadOf(graph, card)!.taps))
    expect(replay(network, plan)).toEqual([])
  })

  const refused = (change: (card: ModelCard & { readonly head: StatisticsHead }, graph: Graph) => { readonly card?: ModelCard; readonly graph?: Graph; readonly options?: Parameters<typeof generateC>[1] }) => {
    const graph = tappedNetwork(1)
    const card = cardWith(graph, HEADS['one tap']!(graph.outputs), 1)
    const changed = { card, graph, options: {}, ...change(card, graph) }
    try {
      generateC(changed, changed.options)
    } catch (error) {
      const { code, message, hint } = error as AedError
      return { code, message, hint }
    }
    return null
  }

  it('refuses by name what the C library cannot carry', () => {
    expect(refused(() => ({}))).toBeNull()
    const buffered = (kind: 'logMelModulation' | 'bandEnvelopes') =>
      refused((card) => ({ card: { ...card, features: { ...features, mel: { ...features.mel, nMels: 32 } }, head: { ...card.head, blocks: [...card.head.blocks, { kind, name: 'big' }] } } }))
    expect(buffered('logMelModulation')).toEqual({
      code: 'DEPLOY_UNSUPPORTED',
      message: "model 'tapped': its clip head has blocks that need the whole clip at once, which the C library does not keep: 'big' (logMelModulation, 7 KiB for 0.05 s)",
      hint: 'train a head of streaming blocks: aed train --head clip --blocks post_relu,mel,levels,envelopes',
    })
    expect(buffered('bandEnvelopes')!.message).toContain("'big' (bandEnvelopes, 2 KiB for 0.05 s)")
    expect(refused((card) => ({ card: { ...card, head: { ...card.head, blocks: [{ kind: 'logMelMoments', name: 'mel', statistics: ['mean'] }] } } }))).toMatchObject({ code: 'DEPLOY_UNSUPPORTED', message: expect.stringContaining('no block of its clip head taps the network') })
    expect(refused((_card, graph) => ({ card: cardWith({ ...graph, outputs: [graph.inputs[0]!] }, HEADS['one tap']!([graph.inputs[0]!, '']), 1), graph: { ...graph, outputs: [graph.inputs[0]!] } }))).toMatchObject({ code: 'DEPLOY_UNSUPPORTED', message: expect.stringContaining("tap 'input' is not made by a node") })
    expect(refused((card) => ({ card: { ...card, features: null } }))).toMatchObject({ code: 'MODEL_MISMATCH' })
    expect(refused((card) => ({ card: { ...card, head: { ...card.head, weights: card.head.bias } } }))).toMatchObject({ code: 'MODEL_INVALID' })
    expect(refused((_card, graph) => ({ graph: { ...graph, outputs: [graph.outputs[1]!] } }))).toMatchObject({ code: 'MODEL_MISMATCH' })
    expect(refused(() => ({ options: { logits: true } }))).toMatchObject({ code: 'INVALID_OPTION' })
  })
})

describeWith(['gcc'], 'README', () => {
  it.each(['one tap', 'two taps, rows averaged, moments'])('its example of a clip head compiles without a warning: %s', async (name) => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    const code = Array.from(readme.matchAll(/```c\n([^]*?)```/g), ([, text]) => text!).find((text) => text.includes('net_clip_state'))!
    const graph = tappedNetwork(1)
    const { files } = generateC({ graph, card: cardWith(graph, HEADS[name]!(graph.outputs), 1) })
    const { dir, remove } = await unpack({ ...files, 'example.c': code })
    try {
      await runTool('gcc', ['-std=c99', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-Iinclude', '-c', 'example.c', '-o', 'example.o'], { cwd: dir })
    } finally {
      await remove()
    }
  })
})
