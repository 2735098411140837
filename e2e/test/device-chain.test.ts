import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createRandom, featureConfig, GraphBuilder, MODEL_CARD_SCHEMA, tensor, type AedError, type ModelCard } from '@aed/core'
import { deviceTables } from '@aed/dsp-mel'
import { quantize } from '@aed/quantize-int8'
import { generateC } from '@aed/stm32-deploy'
import { openDevice, readHeader, runStream } from '@aed/stm32-deploy/node'
import { describe, expect, it } from '@jest/globals'
import { runDeviceChain, withTail } from '../src/device-chain.ts'
import { verifyLayers } from '../src/verify-deployment.ts'
import { describeWith } from './needs.ts'

const random = createRandom('chain')
const values = (length: number, size: number) => Float32Array.from({ length }, () => size * random.normal())
const CLASSES = 3

/** A small network for patches of any size. */
function network(nMels: number, frames: number) {
  const g = new GraphBuilder('small')
  const x = g.input('x', [1, nMels, frames, 1])
  const conv = g.conv2d('conv', x, g.constant('w', 'float32', [4, 5, 5, 1], values(100, 0.02)), g.constant('b', 'float32', [4], values(4, 0.3)), { strides: [4, 4], activation: 'relu' })
  const n = 4 * (1 + Math.floor((nMels - 5) / 4)) * (1 + Math.floor((frames - 5) / 4))
  const dense = g.dense('dense', g.flatten('flat', conv), g.constant('dw', 'float32', [CLASSES, n], values(CLASSES * n, 0.05)), g.constant('db', 'float32', [CLASSES], values(CLASSES, 0.3)))
  const calibration = tensor('float32', [8, nMels, frames, 1], Float32Array.from({ length: 8 * nMels * frames }, () => -40 + 15 * random.normal()))
  return quantize({ graph: g.build([g.softmax('softmax', dense)]), calibration }, {}).graph
}

const card = (features: ModelCard['features'], detection?: ModelCard['detection']): ModelCard => ({
  schema: MODEL_CARD_SCHEMA, name: 'small', classes: ['a', 'b', 'c'], features, head: { kind: 'meanScores' }, ...(detection && { detection }), provenance: {}, licence: 'CC0-1.0',
})
/** Noise in bursts of all levels, then silence, 3.4 s. */
const recording = Int16Array.from({ length: 54321 }, (_, i) => (i > 50000 ? 0 : 10 ** (1 + 3 * Math.abs(((i / 7000) % 2) - 1)) * random.between(-1, 1)))
const detection = { smoothing: 3, thresholds: [0.3, 0.33, 0.36], refractory: 1 }

const CASES = [
  ['running', featureConfig({ mel: { dbRef: 'running' } }), detection],
  ['patch, frames apart', featureConfig({ mel: { dbRef: 'patch', center: false, nFft: 256, hopLength: 300, nMels: 20 }, patches: { patchLength: 16, patchOverlap: 0.9 } }), undefined],
  ['a number, magnitudes', featureConfig({ mel: { dbRef: 2, power: 1, nFft: 512, hopLength: 160, winLength: 400, nMels: 40 }, patches: { patchLength: 30, patchOverlap: 0 } }), detection],
] as const

describeWith('cc', 'the chain in C', () => {
  it.each(CASES)('gives the bytes of the chain in TypeScript for any cut of the stream: dbRef %s', async (_, features, detect) => {
    const { nMels } = features.mel
    const graph = network(nMels, features.patches.patchLength)
    const { files } = generateC({ graph, card: card(features, detect), frontEnd: deviceTables(16000, features.mel) })
    const expected = runDeviceChain(graph, features, detect, recording)
    expect(expected.patches).toBeGreaterThan(3)
    if (detect) expect(expected.events.reduce((a, b) => a + b)).toBeGreaterThan(1)
    const device = await openDevice(files, 'host', { sanitize: true })
    try {
      for (const chunk of [7, 1600]) {
        const run = await runStream(device, readHeader(files), CLASSES, withTail(recording, features), chunk)
        expect(run).toMatchObject({ lost: 0, outputs: expected.outputs, scores: expected.scores, events: expected.events })
        expect(run.clip).toEqual(meanScores(expected.outputs))
      }
    } finally {
      await device.close()
    }
  })
})

describeWith('cc', 'verifyLayers', () => {
  const graph = network(20, 16)
  const inputs = Int8Array.from({ length: 40 * 320 }, () => random.integer(256) - 128)

  it('compares every layer of every input, batch after batch', async () => {
    const seen: number[] = []
    const found = await verifyLayers(generateC({ graph, card: null }), graph, inputs, 40, { onProgress: ({ done }) => void seen.push(done) })
    // The convolution's rows that the dense layer reads, its sums, the softmax: reshapes are none.
    expect(found).toEqual({ inputs: 40, layers: 3, values: 40 * (4 * 4 * 3 + 3 + 3) })
    expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => i))
  })

  it('VERIFY_FAILED with the layer, where the engine has another weight', async () => {
    const { w } = graph.tensors
    const other = { ...graph, tensors: { ...graph.tensors, w: { ...w!, data: (w!.data as Int8Array).map((value, i) => (i === 60 ? value ^ 64 : value)) } } }
    const failure = (await verifyLayers(generateC({ graph, card: null }), other, inputs, 40).catch((error: unknown) => error)) as AedError
    expect(failure.code).toBe('VERIFY_FAILED')
    expect(failure.message).toMatch(/^this machine: input \d+, layer 'conv', value \d+: the compiled C makes -?\d+, the engine -?\d+$/)
  })
})

/** Mean of softmax outputs (scale 1 / 256, zero point −128), exact but for the last step. */
function meanScores(outputs: Int8Array): Float32Array {
  const n = outputs.length / CLASSES
  return Float32Array.from({ length: CLASSES }, (_, c) => Math.fround(outputs.reduce((sum, q, i) => (i % CLASSES === c ? sum + q + 128 : sum), 0) / 256) / n)
}

describeWith('qemu', 'the chain on emulated cores', () => {
  it.each(['mps2-an505', 'mps2-an386'] as const)('%s: the same bytes, and 50 frames in at most 3.2 million instructions', async (board) => {
    const [, features, detect] = CASES[0]
    const graph = network(64, 50)
    const { files } = generateC({ graph, card: card(features, detect), frontEnd: deviceTables(16000, features.mel) })
    const expected = runDeviceChain(graph, features, detect, recording)
    const device = await openDevice(files, board)
    try {
      const run = await runStream(device, readHeader(files), CLASSES, withTail(recording, features), features.mel.hopLength)
      expect(run).toMatchObject({ lost: 0, outputs: expected.outputs, scores: expected.scores, events: expected.events })
      const frames = run.calls.filter(({ results, instructions }) => results === 0 && instructions! > 1000).map(({ instructions }) => instructions!)
      expect(frames.length).toBeGreaterThan(100)
      expect((50 * frames.reduce((a, b) => a + b)) / frames.length).toBeLessThan(3.2e6)
      expect(run.stack).toBeGreaterThan(100)
      expect(run.stack).toBeLessThan(1024)
    } finally {
      await device.close()
    }
  })
})

describe('generateC with a front end', () => {
  const features = featureConfig({ mel: { dbRef: 'running' } })
  const graph = network(64, 50)
  const attempt = (mel: Partial<typeof features.mel>, of: ModelCard = card(features), rate = 16000) => {
    try {
      generateC({ graph, card: of, frontEnd: deviceTables(rate, { ...features.mel, ...mel }) })
      return 'made'
    } catch (error) {
      return (error as { code: string; message: string }).code
    }
  }
  it('refuses a reference that a stream does not know, another front end than the model was trained with, and a card without one', () => {
    expect(attempt({})).toBe('made')
    expect(attempt({ dbRef: 'patch' })).toBe('made')
    expect(attempt({ dbRef: 'clip' })).toBe('DEPLOY_UNSUPPORTED')
    expect(attempt({ hopLength: 160 })).toBe('MODEL_MISMATCH')
    expect(attempt({}, card(features), 22050)).toBe('MODEL_MISMATCH')
    expect(attempt({}, card(null))).toBe('MODEL_MISMATCH')
    expect(attempt({}, card(features, { smoothing: 1, thresholds: [0.5], refractory: 1 }))).toBe('MODEL_MISMATCH')
  })
})

describeWith('cc', 'push beside poll', () => {
  it('two threads lose nothing and race nowhere (ThreadSanitizer); an overrun is counted, reported once, and the stream starts anew', () => {
    const [, features] = CASES[0]
    const { files } = generateC({ graph: network(64, 50), card: card(features), frontEnd: deviceTables(16000, features.mel) }, { audioBuffer: 300 })
    const dir = mkdtempSync(path.join(os.tmpdir(), 'aed-threads-'))
    try {
      for (const [file, text] of Object.entries({ ...files, 'main.c': THREADS })) {
        mkdirSync(path.dirname(path.join(dir, file)), { recursive: true })
        writeFileSync(path.join(dir, file), text)
      }
      const sources = Object.keys(files).filter((file) => file.endsWith('.c'))
      execFileSync('cc', ['-std=gnu99', '-O1', '-g', '-fsanitize=thread', '-Iinclude', ...sources, 'main.c', '-lm', '-lpthread', '-o', 'threads'], { cwd: dir })
      expect(execFileSync('./threads', { cwd: dir, encoding: 'utf8', timeout: 60_000 })).toBe('ok\n')
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })
})

const THREADS = `#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include "net.h"

#define N 60000
static net_audio_state state, again;
static int16_t samples[N];
static int8_t outputs[64][NET_OUTPUT_SIZE];
static float scores[NET_CLASSES];
static int done;

/* Waits while the buffer is full, so that nothing is lost. */
static void *push(void *unused)
{
    for (size_t at = 0; at < N;) {
        const size_t n = at % 7 == 0 ? 33 : 160;
        const uint32_t room = NET_AUDIO_BUFFER - 2000;
        const uint32_t used = (__atomic_load_n(&state.written, __ATOMIC_ACQUIRE) + 2 * NET_AUDIO_BUFFER - __atomic_load_n(&state.read, __ATOMIC_ACQUIRE)) % (2 * NET_AUDIO_BUFFER);

        if (used > room) {
            sched_yield();
        } else {
            const size_t left = n < N - at ? n : N - at;

            if (net_audio_push(&state, samples + at, left) != left) __atomic_store_n(&done, 2, __ATOMIC_RELEASE);
            at += left;
        }
    }
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    return unused;
}

int main(void)
{
    pthread_t thread;
    void *failed;
    int results = 0;
    int last = 0;
    int status;

    for (int i = 0; i < N; ++i) samples[i] = (int16_t)((i * 7919) % 20011 - 10000);
    net_audio_init(&again);
    for (int i = 0; i < N; i += 500) {
        if (net_audio_push(&again, samples + i, 500) != 500) return printf("lost alone\\n");
        while (net_audio_poll(&again, scores) == 1) memcpy(outputs[results++], net_audio_output(&again), NET_OUTPUT_SIZE);
    }
    net_audio_init(&state);
    pthread_create(&thread, NULL, push, NULL);
    for (;;) {
        const int all = __atomic_load_n(&done, __ATOMIC_ACQUIRE);

        status = net_audio_poll(&state, scores);
        if (status == 0 && all) break;
        if (status < 0) return printf("status %d\\n", status);
        if (status == 1 && memcmp(outputs[last++], net_audio_output(&state), NET_OUTPUT_SIZE) != 0) return printf("differs at %d\\n", last);
        if (status == 0) sched_yield();
    }
    pthread_join(thread, &failed);
    if (failed || last != results || net_audio_lost(&state) != 0) return printf("lost with threads\\n");

    /* Overrun: of a buffer that is full the rest is lost, and all that follows until poll has said so. */
    net_audio_init(&state);
    for (size_t at = 0; at < N; at += 1000) net_audio_push(&state, samples + at, 1000);
    if (net_audio_lost(&state) != N - (NET_AUDIO_BUFFER - NET_FRAME / 2)) return printf("lost %u\\n", (unsigned)net_audio_lost(&state));
    while ((status = net_audio_poll(&state, scores)) == 1) {}
    if (status != NET_ERROR_OVERRUN || net_audio_poll(&state, scores) != 0) return printf("overrun %d\\n", status);
    for (int i = 0, seen = 0; i < N; i += 500) {
        net_audio_push(&state, samples + i, 500);
        while ((status = net_audio_poll(&state, scores)) == 1) ++seen;
        if (status != 0) return printf("after the overrun %d\\n", status);
        if (i + 500 == N && seen != results) return printf("%d results after the overrun\\n", seen);
    }
    if (net_audio_init(NULL) != NET_ERROR_NULL || net_audio_poll(NULL, scores) != NET_ERROR_NULL || net_audio_push(NULL, samples, 1) != 0) return printf("null\\n");
    printf("ok\\n");
    return 0;
}
`
