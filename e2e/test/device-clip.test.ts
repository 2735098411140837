import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { acceptedClass, createRandom, encodeFloat32, featureConfig, GraphBuilder, MODEL_CARD_SCHEMA, placeBlocks, tensor, type ClipBlock, type FeatureConfig, type Graph } from '@aed/core'
import { deviceTables } from '@aed/dsp-mel'
import { quantize } from '@aed/quantize-int8'
import { generateC } from '@aed/stm32-deploy'
import { measureChain, measureHead, openDevice, readHeader, runNetwork, runStream } from '@aed/stm32-deploy/node'
import { describe, expect, it } from '@jest/globals'
import { withTail } from '../src/device-chain.ts'
import { estimateDeployment, listeningPeriod } from '../src/deployment.ts'
import { clipOutputs, runDeviceClip, type ClipCard } from '../src/device-clip.ts'
import { describeWith } from './needs.ts'

const random = createRandom('clip on a device')
/** Lowest scores with which classes are accepted. */
const UNKNOWN_BELOW = [0.9, 0.5, 2] as const
const values = (length: number, size: number) => Float32Array.from({ length }, () => size * random.normal())

/** A small int8 network of our quantizer with random weights and two taps: [rows, columns] halves and quarters of the patch. */
function network(nMels: number, frames: number): Graph {
  const g = new GraphBuilder('small')
  const conv = (name: string, x: string, from: number, to: number) => g.conv2d(name, x, g.constant(`${name}_w`, 'float32', [to, 3, 3, from], values(9 * from * to, 0.3 / from)), g.constant(`${name}_b`, 'float32', [to], values(to, 0.3)), { strides: [2, 2], padding: 'same', activation: 'relu' })
  const first = conv('first', g.input('x', [1, nMels, frames, 1]), 1, 8)
  const last = conv('last', first, 8, 4)
  const calibration = tensor('float32', [8, nMels, frames, 1], Float32Array.from({ length: 8 * nMels * frames }, () => -40 + 15 * random.normal()))
  return quantize({ graph: g.build([last, first]), calibration }, {}).graph
}

function cardOf(graph: Graph, features: FeatureConfig, patchStep: number, blocks: readonly ClipBlock[]): ClipCard {
  const length = placeBlocks(blocks, graph, features).reduce((sum, block) => sum + block.length, 0)
  const classes = ['a', 'b', 'c']
  const head = { kind: 'clip' as const, patchStep, blocks: [...blocks], activation: 'softmax' as const, mean: encodeFloat32(values(length, 3)), scale: encodeFloat32(values(length, 0.2)), weights: encodeFloat32(values(3 * length, 0.3)), bias: encodeFloat32(values(3, 0.3)) }
  return { schema: MODEL_CARD_SCHEMA, name: 'small', classes, features, head, unknownBelow: [...UNKNOWN_BELOW], provenance: {}, licence: 'CC0-1.0' }
}

const taps = ([last, first]: readonly string[]): ClipBlock[] => [
  { kind: 'tap', name: 'last/mean', tensor: last!, rowPool: 1, statistics: ['mean'], epsilon: 1e-4, sqrt: true },
  { kind: 'tap', name: 'last', tensor: last!, rowPool: 1, statistics: ['std', 'max'], epsilon: 1e-4, sqrt: true },
  { kind: 'tap', name: 'first', tensor: first!, rowPool: 2, statistics: ['mean', 'std', 'max'], epsilon: 1e-4, sqrt: true },
]
const mel: ClipBlock = { kind: 'logMelMoments', name: 'mel', statistics: ['mean', 'std', 'max', 'delta'] }

const levels: ClipBlock = { kind: 'logMelLevels', name: 'levels' }
const envelopes: ClipBlock = { kind: 'envelopeLevels', name: 'envelopes' }

/** Noise in bursts of all levels, then silence, 3.4 s. */
const recording = Int16Array.from({ length: 54321 }, (_, i) => (i > 50000 ? 0 : 10 ** (1 + 3 * Math.abs(((i / 7000) % 2) - 1)) * random.between(-1, 1)))

const CASES = [
  ['running, one clip', featureConfig({ mel: { dbRef: 'running' } }), 25, [mel], null],
  ['a number, clips of a second', featureConfig({ mel: { dbRef: 2, power: 1, nFft: 512, hopLength: 160, winLength: 400, nMels: 40 }, patches: { patchLength: 30 } }), 13, [mel], 1],
  ['100, levels and envelopes, one clip', featureConfig({ mel: { dbRef: 100 } }), 25, [mel, levels, envelopes], null],
  ['100, levels and envelopes, clips of one patch', featureConfig({ mel: { dbRef: 100, nMels: 16 }, patches: { patchLength: 20 } }), 7, [envelopes, levels], 0.4],
  ['running, envelopes of samples from before the frame, clips of a second', featureConfig({ mel: { dbRef: 'running', nFft: 512, nMels: 32 }, patches: { patchLength: 30 } }), 30, [levels, envelopes], 1],
  ['patch, frames apart and not centred, envelopes', featureConfig({ mel: { dbRef: 'patch', center: false, nFft: 256, hopLength: 300, nMels: 20 }, patches: { patchLength: 16 } }), 16, [envelopes], 1.5],
  ['patch, frames apart, no moments', featureConfig({ mel: { dbRef: 'patch', center: false, nFft: 256, hopLength: 300, nMels: 20 }, patches: { patchLength: 16 } }), 16, [], 2],
] as const

describeWith('cc', 'the chain of a clip head in C', () => {
  it.each(CASES)('gives the scores of the chain in TypeScript to the bit for any cut of the stream: dbRef %s', async (_, features, patchStep, more, clipDuration) => {
    const graph = network(features.mel.nMels, features.patches.patchLength)
    const card = cardOf(graph, features, patchStep, [...taps(graph.outputs), ...more])
    const { files, report } = generateC({ graph, card, frontEnd: deviceTables(16000, features.mel) }, { clipDuration })
    const device = await openDevice(files, 'host', { sanitize: true })
    try {
      for (const [length, chunk] of [[54321, 7], [54321, 1600], [22222, 900]] as const) {
        const samples = recording.subarray(0, length)
        const expected = runDeviceClip(graph, card, features, samples, report.head!.clipFrames!)
        expect(expected.patches).toBeGreaterThan(0)
        const run = await runStream(device, readHeader(files), 3, withTail(samples, features), chunk)
        expect(run).toMatchObject({ lost: 0, scores: expected.scores, clip: expected.clip, label: expected.clip ? acceptedClass(expected.clip, UNKNOWN_BELOW) : -1 })
      }
    } finally {
      await device.close()
    }
  })
})

describeWith('cc', 'NAME_audio_begin_clip', () => {
  it.each([['moments', [mel]], ['levels and envelopes', [levels, envelopes]]] as const)('forgets what was heard and goes on with the next frame: the scores of a clip that begins there (%s)', (_, more) => {
    const [, features, patchStep] = CASES[0]
    const graph = network(64, 50)
    const card = cardOf(graph, features, patchStep, [...taps(graph.outputs), ...more])
    const { files } = generateC({ graph, card, frontEnd: deviceTables(16000, features.mel) })
    const samples = recording.subarray(0, 119 * 320) // 120 frames, of which 60 are whole after 59 hops and half a window
    const { clip } = runDeviceClip(graph, card, features, samples, 60)
    expect(printedBy(files, BEGIN, withTail(samples, features))).toEqual([1, 120, ...clip!])
  })
})

describeWith('cc', 'an overrun', () => {
  it('begins a new clip, of whose samples none is from before: the scores of a fresh stream', () => {
    const features = featureConfig({ mel: { dbRef: 100, nFft: 512, nMels: 32 }, patches: { patchLength: 30 } })
    const graph = network(32, 30)
    const card = cardOf(graph, features, 30, [...taps(graph.outputs), levels, envelopes])
    const { files } = generateC({ graph, card, frontEnd: deviceTables(16000, features.mel) })
    const samples = recording.subarray(0, 30000)
    expect(printedBy(files, OVERRUN, withTail(samples, features))).toEqual([3, 94, ...runDeviceClip(graph, card, features, samples, 501).clip!])
  })
})

/** The numbers that a program around a library prints when it is given samples, as float32. */
function printedBy(files: Readonly<Record<string, string>>, program: string, samples: Int16Array): number[] {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'aed-begin-'))
  try {
    for (const [file, text] of Object.entries({ ...files, 'main.c': program })) {
      mkdirSync(path.dirname(path.join(dir, file)), { recursive: true })
      writeFileSync(path.join(dir, file), text)
    }
    execFileSync('cc', ['-std=c99', '-O1', '-g', '-fsanitize=address,undefined', '-Iinclude', ...Object.keys(files).filter((file) => file.endsWith('.c')), 'main.c', '-lm', '-o', 'program'], { cwd: dir })
    const printed = execFileSync('./program', { cwd: dir, input: new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), encoding: 'utf8' })
    return printed.trim().split(' ').map((text) => Math.fround(Number(text)))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Loses samples in the midst of a clip, then hears a stream; prints its results and frames, then its scores with all digits. */
const OVERRUN = `#include <stdio.h>
#include "net.h"

static net_audio_state audio;
static int16_t noise[3 * NET_AUDIO_BUFFER];

int main(void)
{
    float scores[NET_CLASSES];
    int16_t sample;
    int results = 0;
    int status;

    for (int i = 0; i < 3 * NET_AUDIO_BUFFER; ++i) noise[i] = (int16_t)(i * 7919 % 65536 - 32768);
    if (net_audio_init(&audio) != NET_OK) return 1;
    for (int i = 0; i < 50 * NET_HOP; i += NET_HOP) {
        if (net_audio_push(&audio, noise + i % NET_AUDIO_BUFFER, NET_HOP) != NET_HOP || net_audio_poll(&audio, scores) < 0) return 2;
    }
    if (net_audio_push(&audio, noise, 3 * NET_AUDIO_BUFFER) >= 3 * NET_AUDIO_BUFFER) return 3;
    do {
        status = net_audio_poll(&audio, scores);
    } while (status > 0);
    if (status != NET_ERROR_OVERRUN || net_audio_clip(&audio)->frames != 0) return 4;
    while (fread(&sample, sizeof sample, 1, stdin) == 1) {
        if (net_audio_push(&audio, &sample, 1) != 1) return 5;
        status = net_audio_poll(&audio, scores);
        if (status < 0) return 6;
        results += status;
    }
    if (net_clip_scores(net_audio_clip(&audio), scores) != 1) return 7;
    printf("%d %u", results, (unsigned)net_audio_clip(&audio)->frames);
    for (int c = 0; c < NET_CLASSES; ++c) printf(" %.9g", (double)scores[c]);
    printf("\\n");
    return 0;
}
`

/** Begins a clip after 60 frames; prints results and frames of the last clip, then its scores with all digits. */
const BEGIN = `#include <stdio.h>
#include "net.h"

static net_audio_state audio;

int main(void)
{
    float scores[NET_CLASSES];
    int16_t sample;
    int results = 0;

    if (net_audio_begin_clip(NULL) != NET_ERROR_NULL || net_audio_clip(NULL) != NULL || net_audio_init(&audio) != NET_OK) return 1;
    if (net_clip_scores(net_audio_clip(&audio), scores) != 0 || scores[0] != 0.0f) return 2;
    for (int n = 1; fread(&sample, sizeof sample, 1, stdin) == 1; ++n) {
        if (net_audio_push(&audio, &sample, 1) != 1) return 3;
        const int status = net_audio_poll(&audio, scores);
        if (status < 0) return 4;
        results += status;
        if (n == 59 * 320 + 512) {
            if (net_audio_clip(&audio)->frames != 60) return 5;
            results = 0;
            if (net_audio_begin_clip(&audio) != NET_OK) return 6;
        }
    }
    if (net_clip_scores(net_audio_clip(&audio), scores) != 1) return 7;
    printf("%d %u", results, 60 + (unsigned)net_audio_clip(&audio)->frames);
    for (int c = 0; c < NET_CLASSES; ++c) printf(" %.9g", (double)scores[c]);
    printf("\\n");
    return 0;
}
`

describeWith('qemu', 'the chain of a clip head on the emulated core', () => {
  it.each([
    ['moments', CASES[0], 2048],
    ['levels and envelopes', CASES[2], 5120],
  ] as const)('gives the same bits, its state counted apart from the network: %s', async (_, [, features, patchStep, more], code) => {
    const graph = network(64, 50)
    const card = cardOf(graph, features, patchStep, [...taps(graph.outputs), ...more])
    const { files, report } = generateC({ graph, card, frontEnd: deviceTables(16000, features.mel) })
    const expected = runDeviceClip(graph, card, features, recording, report.head!.clipFrames!)
    const device = await openDevice(files, 'mps2-an505')
    try {
      const run = await runStream(device, readHeader(files), 3, withTail(recording, features), 320)
      expect(run).toMatchObject({ lost: 0, scores: expected.scores, clip: expected.clip })
      expect(run.clipInstructions).toBeGreaterThan(10_000)
      const work = await measureHead(device, readHeader(files), 16000)
      expect(work).toEqual({ frame: expect.any(Number), second: more.length > 1 ? expect.any(Number) : null })
      // Fifty frames and a second of samples.
      expect(50 * work!.frame! + (work!.second ?? 0)).toBeLessThan(1_500_000)
      const inputs = Int8Array.from({ length: 2 * 3200 }, () => random.integer(256) - 128)
      const { outputs } = await runNetwork(device, readHeader(files), inputs, 2)
      expect(new Float32Array(outputs.buffer)).toEqual(clipOutputs(graph, card, inputs, 2))
      const { network: alone, period, second } = (await estimateDeployment(device, report, inputs.slice(0, 3200), features))!
      // Another count of the same stretch: the timer's, of another sound.
      const { from, until } = listeningPeriod(report.head, features)
      const results = run.calls.flatMap(({ results: some }, i) => (some > 0 ? [i] : []))
      const first = results[(from - 50) / patchStep]!
      expect([from, until, results.includes(first + patchStep)]).toEqual([more.length > 1 ? 75 : 50, from + patchStep, true])
      const counted = run.calls.slice(first + 1, first + 1 + patchStep).reduce((sum, { instructions }) => sum + instructions!, 0)
      expect(Math.abs(period!.instructions / counted - 1)).toBeLessThan(0.02)
      expect(counted).toBeGreaterThan(alone.instructions + run.clipInstructions! + patchStep * work!.frame! + (work!.second ?? 0) / 2)
      expect(second!.load).toBeCloseTo((2 * period!.cycles) / 160e6, 6)
    } finally {
      await device.close()
    }
    const chain = await measureChain(files)
    expect(chain).toMatchObject({ clipState: report.head!.state, parts: { clip: report.head!.state } })
    expect(chain!.head!.code).toBeLessThan(code)
    expect(chain!.head!.tables).toBeGreaterThanOrEqual(report.head!.flash)
  })
})

describe('generateC with a clip head and a front end', () => {
  const [, features, patchStep] = CASES[0]
  const graph = network(64, 50)
  const attempt = (clipDuration: number | null, dbRef: FeatureConfig['mel']['dbRef'] = 'running', detection = false) => {
    const card = { ...cardOf(graph, features, patchStep, [...taps(graph.outputs), mel]), ...(detection && { detection: { smoothing: 1, thresholds: [1, 1, 1], refractory: 1 } }) }
    try {
      return generateC({ graph, card, frontEnd: deviceTables(16000, { ...features.mel, dbRef }) }, { clipDuration }).report.head!.clipFrames
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  it('cuts the stream into the longest clips that the model was trained on, or those asked for; refuses what the sums cannot hold', () => {
    expect([attempt(null), attempt(1), attempt(300)]).toEqual([501, 51, 15001])
    expect([attempt(0.5), attempt(2000), attempt(null, 'patch'), attempt(null, 'running', true)]).toEqual(['INVALID_OPTION', 'DEPLOY_UNSUPPORTED', 'MODEL_MISMATCH', 'DEPLOY_UNSUPPORTED'])
  })
})
