import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { beforeAll, expect, it } from '@jest/globals'
import { argMax, createRandom, featureConfig, MODEL_CARD_SCHEMA, tensor } from '@aed/core'
import { AudioClassifier, fitBatchNorm, miniResNetV2Graph, type Classification } from '@aed/model-miniresnetv2'
import { quantize, readTflite, writeTflite } from '@aed/quantize-int8'
import { createWasmEngine } from '@aed/quantize-int8/engine'
import { recording, SAMPLE_RATE } from './classifier-page/recording.ts'
import { describeWith } from './needs.ts'

/** Patches as log-mel ones are: smooth in time, from −80 to 0 dB. */
function patches(count: number) {
  const random = createRandom('page')
  const data = new Float32Array(count * 3200)
  for (let i = 0; i < data.length; i++) data[i] = Math.min(0, Math.max(-80, (i % 50 === 0 ? random.between(-80, 0) : data[i - 1]!) + 6 * random.normal()))
  return tensor('float32', [count, 64, 50, 1], data)
}

/** MiniResNetV2 of one stack and ten classes, never trained, with float32 borders. */
const calibration = patches(40)
const graph32 = fitBatchNorm(miniResNetV2Graph({ stacks: 1, classes: 10, inputShape: [64, 50, 1], seed: 5 }), calibration)
const { graph } = quantize({ graph: graph32, calibration }, { inputType: 'float32', outputType: 'float32', reportPatches: 1 })
const card = { schema: MODEL_CARD_SCHEMA, name: 'page', classes: Array.from({ length: 10 }, (_, i) => `class ${i}`), features: featureConfig(), head: { kind: 'meanScores' }, provenance: {}, licence: 'Apache-2.0' } as const
const file = writeTflite({ graph, card: { ...card, classes: [...card.classes] } })

interface Found {
  readonly code: { readonly brotli: number; readonly gzip: number; readonly tfjs: boolean }
  readonly ours: { readonly isolated: boolean; readonly evaluates: boolean; readonly instance: number } & Readonly<Record<'page' | 'worker' | 'buffer' | 'serviceWorker', Classification>>
  readonly litert: { readonly scores?: readonly (readonly number[])[]; readonly refused?: string }
}

describeWith('browser', 'AudioClassifier in headless Chromium, bundled by vite', () => {
  let found: Found
  let here: Classification
  beforeAll(async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'aed-page-model-'))
    try {
      writeFileSync(path.join(folder, 'm.tflite'), file)
      writeFileSync(path.join(folder, 'patches.f32'), new Uint8Array(calibration.data.buffer))
      const { stdout, stderr, status } = spawnSync(process.execPath, [fileURLToPath(new URL('classifier-page/run.mjs', import.meta.url)), folder], { encoding: 'utf8', timeout: 180_000 })
      if (status !== 0) throw new Error(stderr)
      found = JSON.parse(stdout.trim().split('\n').at(-1)!) as Found
    } finally {
      rmSync(folder, { recursive: true })
    }
    here = await (await AudioClassifier.load(file)).classify(recording(), { sampleRate: SAMPLE_RATE, topK: 10 })
  }, 200_000)

  it('gives what Node gives, to the bit, in a page, a worker and a service worker, without eval and without cross-origin isolation', () => {
    expect(here.top).toHaveLength(10)
    expect([found.ours.isolated, found.ours.evaluates]).toEqual([false, false])
    for (const where of ['page', 'worker', 'buffer', 'serviceWorker'] as const) expect([where, found.ours[where]]).toEqual([where, here])
  })

  it('needs 250 KB over the wire at most, code and the weights of one stack, and no tfjs', () => {
    const wire = { brotli: found.code.brotli + brotliCompressSync(file).length, gzip: found.code.gzip + gzipSync(file, { level: 9 }).length }
    expect(found.code.tfjs).toBe(false)
    expect(wire.gzip).toBeLessThanOrEqual(250 * 1000)
    expect(wire.brotli).toBeLessThan(wire.gzip)
  })

  it('writes a file that LiteRT.js loads, with the same labels', async () => {
    expect(found.litert.refused).toBeUndefined()
    const { data } = (await createWasmEngine(readTflite(file, 'm.tflite').graph)).run(calibration)
    const labels = Array.from({ length: 40 }, (_, i) => argMax(data as Float32Array, 10 * i, 10))
    // XNNPACK differs from the reference kernels by a few steps, which counts where two scores of this untrained network are that near.
    const row = (i: number) => (data as Float32Array).slice(10 * i, 10 * i + 10).sort()
    const clear = labels.flatMap((label, i) => (row(i)[9]! - row(i)[8]! > 8 / 256 ? [{ ours: label, theirs: argMax(found.litert.scores![i]!) }] : []))
    expect(clear.length).toBeGreaterThan(25)
    expect(clear.filter(({ ours, theirs }) => ours !== theirs)).toEqual([])
    expect(new Set(labels).size).toBeGreaterThan(1)
  })
})
