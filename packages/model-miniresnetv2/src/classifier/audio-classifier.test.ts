import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { prepareClip } from '@aed/audio'
import { isAedError } from '@aed/core'
import { logMelPatches } from '@aed/dsp-mel'
import { readTflite, runInt8, writeTflite } from '@aed/quantize-int8'
import { describe, expect, it } from '@jest/globals'
import { CLASSES, sound, toneModel } from '../../test/tone-model.ts'
import { AudioClassifier } from './audio-classifier.ts'
import { SHIPPED_MODELS } from './shipped-models.ts'

const { file, graph, float, card, features } = toneModel()
const loaded = AudioClassifier.load(file)

const errorOf = async (act: () => Promise<unknown>) => {
  const error: unknown = await act().then(() => undefined, (reason: unknown) => reason)
  return isAedError(error) ? `${error.code}: ${error.message}` : error
}
const silence = (seconds: number) => new Float32Array(seconds * 16000)
const joined = (...parts: readonly Float32Array[]) => Float32Array.from(parts.flatMap((part) => [...part]))

describe('AudioClassifier', () => {
  it.each(CLASSES)('hears new sounds of class %s at any rate, mono or stereo', async (label) => {
    const classifier = await loaded
    for (const sampleRate of [16000, 44100, 8000]) {
      if (sampleRate === 8000 && label === 'noise') continue // of noise up to 4 kHz it was never told
      const { samples } = sound(label, `new ${label}`, 2, sampleRate)
      const { top, unknown, timeline, duration } = await classifier.classify(sampleRate === 44100 ? [samples, samples] : samples, { sampleRate })
      expect([sampleRate, top[0]!.label, unknown, top.length]).toEqual([sampleRate, label, false, 3])
      expect(timeline.every((entry) => entry.label === label)).toBe(true)
      expect(duration).toBeCloseTo(2, 3)
    }
  })

  it('gives the scores that its parts give, to the bit', async () => {
    const { samples } = sound('high', 'parts', 3, 22050)
    const patches = logMelPatches(prepareClip({ samples, sampleRate: 22050 }, features.audio), features)
    const scores = runInt8({ graph, input: patches }).data as Float32Array
    const mean = CLASSES.map((_, label) => Math.fround(scores.filter((__, i) => i % 3 === label).reduce((a, b) => a + b, 0) / patches.shape[0]!))
    const { top, timeline } = await (await loaded).classify(samples, { sampleRate: 22050, topK: 3 })
    expect(top.map(({ label, score }) => score === mean[CLASSES.indexOf(label as 'low')])).toEqual([true, true, true])
    expect(timeline.map(({ score }) => score)).toEqual(Array.from({ length: patches.shape[0]! }, (_, i) => Math.max(...scores.slice(3 * i, 3 * i + 3))))
  })

  it('runs models with int8 borders, float models and graphs that are here already', async () => {
    const { samples } = sound('low', 'kinds')
    const wanted = await (await loaded).classify(samples, { sampleRate: 16000 })
    expect(await (await AudioClassifier.load(toneModel({ outputType: 'int8' }).file)).classify(samples, { sampleRate: 16000 })).toEqual(wanted)
    expect(await (await AudioClassifier.of({ graph, card })).classify(samples, { sampleRate: 16000 })).toEqual(wanted)
    for (const classifier of [await AudioClassifier.of({ graph: float, card }), await AudioClassifier.load(writeTflite({ graph: float, card }))]) {
      const { top } = await classifier.classify(samples, { sampleRate: 16000, topK: 1 })
      expect([top.length, top[0]!.label]).toEqual([1, 'low'])
      expect(top[0]!.score).toBeCloseTo(wanted.top[0]!.score, 1)
    }
  })

  it('tells times of the recording: silence that was cut out is counted', async () => {
    const recording = joined(silence(2), sound('low', 1).samples, silence(3), sound('noise', 2).samples)
    const { timeline } = await (await loaded).classify(recording, { sampleRate: 16000 })
    const first = timeline[0]!
    expect([first.label, first.start > 1.7 && first.start < 2.1]).toEqual(['low', true])
    const last = timeline.at(-1)!
    expect([last.label, last.start > 6.4, last.end <= 8]).toEqual(['noise', true, true])
    expect(timeline.every(({ start, end }, i) => end > start && (i === 0 || start > timeline[i - 1]!.start))).toBe(true)
    expect(first.end - first.start).toBeCloseTo(25 * 320 / 16000, 2)
  })

  it('knows nothing of what is shorter than a patch, and calls low scores unknown where its card says so', async () => {
    const short = await (await loaded).classify(sound('low', 3, 0.2).samples, { sampleRate: 16000 })
    expect(short).toEqual({ top: [], unknown: true, timeline: [], duration: 0.2 })
    const doubtful = await AudioClassifier.of({ graph, card: { ...card, unknownBelow: 1 } })
    const low = await doubtful.classify(sound('low', 3).samples, { sampleRate: 16000 })
    expect(low.unknown).toBe(true)
    // One a class: only that of the best counts.
    for (const [best, others, unknown] of [[0, 2, false], [2, 0, true]] as const) {
      const each = await AudioClassifier.of({ graph, card: { ...card, unknownBelow: card.classes!.map((name) => (name === low.top[0]!.label ? best : others)) } })
      expect((await each.classify(sound('low', 3).samples, { sampleRate: 16000 })).unknown).toBe(unknown)
    }
  })

  it("takes an AudioBuffer with its own rate, and leaves the caller's samples as they are", async () => {
    const { samples } = sound('noise', 4)
    const copy = samples.slice()
    const buffer = { sampleRate: 16000, numberOfChannels: 2, getChannelData: () => samples }
    expect(await (await loaded).classify(buffer)).toEqual(await (await loaded).classify(samples, { sampleRate: 16000 }))
    expect(samples).toEqual(copy)
  })

  it('refuses what it cannot hear, each by name', async () => {
    const classifier = await loaded
    const at16 = { sampleRate: 16000 }
    const broken = silence(1)
    broken[77] = NaN
    expect(await errorOf(() => classifier.classify(silence(1)))).toContain('INVALID_OPTION: AudioClassifier: sampleRate is missing')
    expect(await errorOf(() => classifier.classify(new Int16Array(16000) as unknown as Float32Array, at16))).toContain('INVALID_INPUT: AudioClassifier: pcm takes Float32Array samples of ±1, got Int16Array')
    expect(await errorOf(() => classifier.classify(broken, at16))).toContain('INVALID_INPUT: resample: sample 77 takes a finite number, got NaN')
    expect(await errorOf(() => classifier.classify([silence(1), silence(2)], at16))).toContain('INVALID_INPUT: mixDown: channel 1')
    expect(await errorOf(() => classifier.classify(new Float32Array(0), at16))).toContain('AUDIO_EMPTY')
    expect(await errorOf(() => classifier.classify(silence(1), { ...at16, topK: 0 }))).toContain('INVALID_OPTION: AudioClassifier: topK takes at least 1')
    expect(await errorOf(() => classifier.classify(silence(1), { ...at16, topN: 1 } as object))).toContain('topN is not an option')
    expect(await errorOf(() => classifier.classify(silence(1), { ...at16, signal: AbortSignal.abort() }))).toContain('ABORTED')
  })
})

describe('AudioClassifier.load', () => {
  it('reads files by URL in Node and fetches others; says where there is none', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'aed-classifier-'))
    const server = createServer((request, response) => {
      if (request.url === '/m.tflite') response.end(file)
      else {
        response.statusCode = request.url === '/broken' ? 500 : 404
        response.end()
      }
    })
    try {
      writeFileSync(path.join(folder, 'm.tflite'), file)
      const { port } = await new Promise<AddressInfo>((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address() as AddressInfo)))
      const at = (name: string) => new URL(`http://127.0.0.1:${port}/${name}`)
      for (const url of [pathToFileURL(path.join(folder, 'm.tflite')), at('m.tflite')]) expect((await AudioClassifier.load(url)).card).toEqual(card)
      expect(await errorOf(() => AudioClassifier.load(pathToFileURL(path.join(folder, 'none.tflite'))))).toContain('FILE_NOT_FOUND: file://')
      expect(await errorOf(() => AudioClassifier.load(at('none.tflite')))).toContain('FILE_NOT_FOUND: http://')
      expect(await errorOf(() => AudioClassifier.load(at('broken')))).toContain('IO_FAILED: ')
      expect(await errorOf(() => AudioClassifier.load(new URL('http://127.0.0.1:1/m.tflite')))).toContain('IO_FAILED: ')
      expect(await errorOf(() => AudioClassifier.load(at('m.tflite'), { signal: AbortSignal.abort() }))).toContain('ABORTED')
    } finally {
      server.close()
      rmSync(folder, { recursive: true })
    }
  })

  it('ships what its registry names, each with classes, front end, provenance and licence', async () => {
    const folder = fileURLToPath(new URL('../../models/', import.meta.url))
    expect(readdirSync(folder).filter((name) => name.endsWith('.tflite')).sort()).toEqual(Object.keys(SHIPPED_MODELS).map((name) => `${name}.tflite`).sort())
    for (const name of Object.keys(SHIPPED_MODELS)) {
      const shipped = await AudioClassifier.load(name)
      expect([name, shipped.card.classes.length > 1, shipped.card.licence !== 'unknown', Object.keys(shipped.card.provenance).length > 0]).toEqual([name, true, true, true])
    }
    expect(await errorOf(() => AudioClassifier.load('esc99'))).toContain("FILE_NOT_FOUND: no model 'esc99' is shipped")
  })

  it('takes class names and front end for a file without a card, and refuses others than the card has', async () => {
    const bare = writeTflite({ graph })
    const { samples } = sound('high', 5)
    const classifier = await AudioClassifier.load(bare, { classes: CLASSES, features })
    expect(await classifier.classify(samples, { sampleRate: 16000 })).toEqual(await (await loaded).classify(samples, { sampleRate: 16000 }))
    expect(await errorOf(() => AudioClassifier.load(bare))).toBe('MODEL_MISMATCH: model: has no class names')
    expect(await errorOf(() => AudioClassifier.load(bare, { classes: ['a', 'b'] }))).toBe('MODEL_MISMATCH: model has 3 outputs, got 2 class names')
    expect(await errorOf(() => AudioClassifier.load(file, { features: {} }))).toContain('INVALID_OPTION: model: carries its own feature config')
    expect(await errorOf(async () => (await AudioClassifier.load(bare, { classes: CLASSES })).classify(samples, { sampleRate: 16000 }))).toContain('MODEL_MISMATCH')
    expect(await errorOf(() => AudioClassifier.load(file.slice(0, 500)))).toContain('MODEL_INVALID: model: ')
  })
})

describe('AudioClassifier in a worker', () => {
  const startWorker = () => new Worker(new URL('../../dist/worker.js', import.meta.url))

  it('gives what this thread gives, call after call, and refuses with the same errors', async () => {
    const classifier = await AudioClassifier.load(file, { worker: startWorker() })
    try {
      for (const label of CLASSES) {
        const { samples } = sound(label, `worker ${label}`)
        expect(await classifier.classify(samples, { sampleRate: 16000, topK: 2 })).toEqual(await (await loaded).classify(samples, { sampleRate: 16000, topK: 2 }))
      }
      expect(await errorOf(() => classifier.classify(new Float32Array(0), { sampleRate: 16000 }))).toContain('AUDIO_EMPTY')
      const controller = new AbortController()
      const long = errorOf(() => classifier.classify(sound('noise', 6, 9).samples, { sampleRate: 16000, signal: controller.signal }))
      controller.abort()
      expect(await long).toContain('ABORTED')
      const under = errorOf(() => classifier.classify(sound('noise', 6, 9).samples, { sampleRate: 16000 }))
      await classifier.close()
      expect(await under).toBe('INVALID_STATE: AudioClassifier: was closed')
      expect(await errorOf(() => classifier.classify(silence(1), { sampleRate: 16000 }))).toBe('INVALID_STATE: AudioClassifier: is closed')
    } finally {
      await classifier.close()
    }
  })

  it('serves two models from one worker', async () => {
    const { stages } = await import('../stages.ts')
    const other = toneModel({ card: { classes: ['a', 'b', 'c'] } }).file
    const { samples } = sound('low', 7)
    for (const [model, label] of [[file, 'low'], [other, 'a'], [file, 'low']] as const) {
      const { top } = await stages.classify({ model, name: 'm', channels: [samples], sampleRate: 16000 })
      expect(top[0]!.label).toBe(label)
    }
    expect(readTflite(other, 'm').card!.classes).toEqual(['a', 'b', 'c'])
  })
})

