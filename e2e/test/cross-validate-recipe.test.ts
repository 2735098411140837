import { mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { decodeFile, prepareClip } from '@aed/audio'
import { featureConfig, pow } from '@aed/core'
import { readBytes } from '@aed/core/node'
import { readDataset, writeSyntheticEsc10, type Dataset } from '@aed/datasets'
import { toPcm16 } from '@aed/dsp-mel'
import { createMiniResNetV2 } from '@aed/model-miniresnetv2'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createSteps, crossValidateRecipe, evaluateShipped, parseRecipe, runDeviceClip, scoreClipModel, trainClassifier, withRunContext, type RecipeInput, type RunContext } from '../src/index.ts'
import type { ClipCard } from '../src/device-clip.ts'
import { quantizeTaps } from '../src/int8-fold.ts'
import { scoreDeviceClip } from '../src/score-device-clip.ts'
import { trainClipModel } from '../src/train-clip-classifier.ts'

const backbone = { ...createMiniResNetV2({ stacks: 1, seed: 3 }), file: 'seeded', sha256: 'seeded 3' }
const options = { nested: false, splits: 0, int8: false, seed: 0 }
const sound = { name: 'sound', features: { audio: { minDuration: 1.1 } }, blocks: { mel: 1, modst: 1, env4: 1 } }

describe('crossValidateRecipe', () => {
  let dir = ''
  let dataset: Dataset
  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'aed-cv-'))
    await writeSyntheticEsc10(path.join(dir, 'set'), { recordingsPerClass: 4, clipsPerRecording: 1, folds: 2, duration: 1.2 })
    dataset = await readDataset(path.join(dir, 'set'))
  }, 60_000)
  afterAll(() => rm(dir, { recursive: true }))

  const within = <T>(work: (context: RunContext) => Promise<T>) => withRunContext({ cache: path.join(dir, 'cache'), jobs: 2 }, work)
  const judge = (recipe: object, more: Partial<RecipeInput> = {}) =>
    within((context) => crossValidateRecipe({ recipe: parseRecipe(recipe, 'test'), dataset, backbone: null, options, ...more }, context, createSteps(4, () => undefined, undefined)))

  it('judges the sound alone far above chance, the same again from the cache', async () => {
    const result = await judge(sound)
    expect(result).toMatchObject({ schema: 'aed-recipe-result/1', data: { clips: 40, recordings: 40 }, pooled: { int8: null }, cost: { passes: 1, features: 452, headParameters: 4530 } })
    expect(result.result.folds.map(({ fold, train }) => [fold, train])).toEqual([['1', 20], ['2', 20]]) // prettier-ignore
    expect(result.result.summary['clip']!.mean).toBeGreaterThan(0.5)
    expect(result.pooled.float!.accuracy).toBeCloseTo(result.result.summary['clip']!.mean, 10)
    expect(await judge(sound)).toEqual(result)
  }, 60_000)

  it('judges a network too, float and int8, whose heads agree on most clips; random splits beside', async () => {
    const { result, random } = await judge({ ...sound, name: 'taps', blocks: { 'post_relu/mean': 1, 'post_relu/max': 1, mel: 1 } }, { backbone, options: { ...options, int8: true, splits: 2 } })
    const { clip, clipInt8 } = result.summary
    expect(clip!.mean).toBeGreaterThan(0.5)
    expect(Math.abs(clip!.mean - clipInt8!.mean)).toBeLessThanOrEqual(0.1)
    expect(random!.means).toHaveLength(2)
  }, 120_000)

  it('hears test clips at other gains, of which heads that learned them lose less; statistics of one gain are never those of another', async () => {
    const fixed = { name: 'fixed', features: { audio: { minDuration: 1.1, trimSilenceDb: null }, mel: { dbRef: 100 } }, blocks: { 'post_relu/mean': 1, mel: 1 }, testGains: [20, 0, -20] }
    const more = { backbone, options: { ...options, int8: true, device: true } }
    const [deaf, learned] = [await judge(fixed, more), await judge({ ...fixed, gains: [20, -20] }, more)]
    const names = ['+20 dB', 'int8 +20 dB', 'device +20 dB', '-20 dB', 'int8 -20 dB', 'device -20 dB']
    for (const { result, pooled } of [deaf, learned]) {
      expect(Object.keys(result.summary)).toEqual(['clip', 'patch', 'clipInt8', 'clipDevice', ...names])
      expect(pooled.atGains.map(({ gainDb, float, int8, device }) => [gainDb, float!.accuracy, int8!.accuracy, device!.accuracy])).toEqual([20, -20].map((gainDb, i) => [gainDb, ...names.slice(3 * i, 3 * i + 3).map((name) => result.summary[name]!.mean)].map((x) => expect.closeTo(x, 10))))
      // The same network and head on another front end: a little apart, and never the same numbers.
      expect(Math.abs(result.summary['clipDevice']!.mean - result.summary['clipInt8']!.mean)).toBeLessThanOrEqual(0.1)
      for (const { score } of result.folds) {
        const apart = score.int8!.map((x, i) => Math.abs(x - score.device![i]!))
        expect(Math.max(...apart)).toBeGreaterThan(0)
        expect(apart.reduce((a, b) => a + b) / apart.length).toBeLessThan(0.02)
      }
    }
    for (const name of ['+20 dB', '-20 dB']) expect(learned.result.summary[name]!.mean).toBeGreaterThan(deaf.result.summary[name]!.mean + 0.05)
    // The clip's own maximum as 0 dB hears no gain; what is kept in the cache has gain and reference in its name.
    const own = await judge({ ...fixed, features: { audio: fixed.features.audio }, blocks: { mel: 1 } })
    for (const { score } of own.result.folds) expect(score.atGains.map(({ float }) => float.map((x) => x.toFixed(3)))).toEqual([score.float, score.float].map((rows) => rows.map((x) => x.toFixed(3))))
  }, 120_000)

  it('hears a clip as the C library does, whichever engine runs the network', async () => {
    const features = featureConfig({ audio: { minDuration: 1.1, trimSilenceDb: null }, mel: { dbRef: 100 } })
    const few = { ...dataset, clips: dataset.classes.map((name) => dataset.clips.find(({ label }) => label === name)!) }
    const all = [...few.clips.keys()]
    await within(async (context) => {
      const made = await trainClipModel({ dataset: few, backbone, features, blocks: 'post_relu,mel,levels,envelopes', gains: [], train: all, test: [], seed: 0 }, context, createSteps(2, () => undefined, undefined))
      const card: ClipCard = { schema: 'aed-model/1', name: 'clip', classes: [...dataset.classes], features, head: made.head, provenance: {}, licence: 'none' }
      const { graph, key } = await quantizeTaps(made.graph, 'seeded', card, few, all, context)
      const { path: name } = few.clips[0]!
      const file = { name, bytes: await readBytes(name) }
      const scores = await scoreDeviceClip({ file, model: { key, graph, card } }, { gainsDb: [0, 30] })
      const { channels, sampleRate } = await decodeFile(file, features.audio)
      const expected = [1, pow(10, 1.5)].map((gain) => {
        const { samples } = prepareClip({ channels: channels.map((channel) => channel.map((x) => x * gain)), sampleRate }, features.audio)
        return runDeviceClip(graph, card, features, toPcm16(samples), Infinity).clip!
      })
      expect(scores).toEqual({ dtype: 'float32', shape: [2, 10], data: Float32Array.from(expected.flatMap((row) => [...row])) })
    })
  }, 60_000)

  it('refuses to judge on a device what no stream can have, with every reason', async () => {
    const device = { backbone, options: { ...options, device: true } }
    const needs = 'test: --device judges what a stream can have, and this recipe cannot: '
    const r = { ...sound, name: 'test', testSpeeds: [1, 0.85], blocks: { mel: 1, modst: 1, env4: 1 } }
    await expect(judge(r, device)).rejects.toThrow(expect.objectContaining({ code: 'USAGE', message: `${needs}its blocks modst and env4 need the whole clip at once, none of its blocks taps the network, its 0 dB is the maximum of the whole clip (dbRef clip), it cuts silence out by the maximum of the whole clip (trimSilenceDb 60), it plays clips at other speeds (testSpeeds)` }))
    await expect(judge({ name: 'test', head: 'dense', features: { audio: { trimSilenceDb: null }, mel: { dbRef: 'running' } } }, device)).rejects.toThrow(expect.objectContaining({ code: 'USAGE', message: `${needs}it has a dense head, whose int8 figures are those of the device but for its front end` }))
  })

  it('judges a dense head on each patch, float and int8, and a network trained with it', async () => {
    const dense = { name: 'dense', head: 'dense', features: { audio: { minDuration: 1.1 } } }
    const { result, pooled } = await judge({ ...dense, epochs: 20 }, { backbone, options: { ...options, int8: true } })
    const { clip, clipInt8 } = result.summary
    expect(clip!.mean).toBeGreaterThan(0.2)
    expect(Math.abs(clip!.mean - clipInt8!.mean)).toBeLessThanOrEqual(0.1)
    expect(pooled.int8).not.toBeNull()
    const tuned = { ...dense, name: 'tuned', mode: 'fine-tune', epochs: 6, network: { trainFrom: 'head', samplesPerEpoch: 64, speeds: '1', batchSize: 16, learningRate: 1e-2, warmupEpochs: 0, emaDecay: 0, dropout: 0, augment: [] } }
    const first = await judge(tuned, { backbone })
    expect(first.result.summary['clip']!.mean).toBeGreaterThan(0.2)
    await expect(judge({ ...tuned, protocol: 'leaky' }, { backbone })).rejects.toThrow('test: mode fine-tune takes head dense and protocol folds, got dense and leaky')
    await expect(judge({ ...dense, network: { dropout: 0 } }, { backbone })).rejects.toThrow('test: network is of the modes fine-tune and scratch')
    await expect(judge(tuned)).rejects.toThrow(expect.objectContaining({ code: 'USAGE' }))
    expect(await readdir(path.join(dir, 'cache', 'networks-1'))).toEqual([])
  }, 120_000)

  it('chooses among variants by inner folds; random splits beside are of the recipe itself', async () => {
    const variants = { none: { training: { penalty: 1e6 } }, some: { training: { penalty: 0.1 } } }
    const three = { ...dataset, clips: dataset.clips.map((clip, i) => ({ ...clip, fold: 1 + (i % 3) })) }
    const { result, random } = await judge({ ...sound, variants }, { dataset: three, options: { ...options, nested: true, splits: 2 } })
    expect(random).toEqual((await judge(sound, { dataset: three, options: { ...options, splits: 2 } })).random)
    expect(result).toMatchObject({ schema: 'aed-nested-cross-validation/1', variants: 2 })
    expect(result.folds).toHaveLength(3)
  }, 60_000)

  it('refuses a tap that does not exist, a tap without a network, and a class that a fold cannot train', async () => {
    await expect(judge({ ...sound, blocks: { 'relu_9/mean': 1 } }, { backbone })).rejects.toThrow(expect.objectContaining({ code: 'MODEL_MISMATCH' }))
    await expect(judge({ ...sound, blocks: { 'post_relu/mean': 1 } })).rejects.toThrow(expect.objectContaining({ code: 'USAGE' }))
    const lone = { ...dataset, clips: dataset.clips.map((clip) => (clip.label === 'dog' ? { ...clip, fold: 1 } : clip)) }
    await expect(judge(sound, { dataset: lone })).rejects.toThrow(expect.objectContaining({ code: 'SPLIT_INVALID' }))
  }, 60_000)

  it('evaluates the shipped models, each on its own fold, and refuses other classes', async () => {
    // Two clips of each class, four in each fold.
    const chosen = dataset.classes.flatMap((name, c) => dataset.clips.filter(({ label }) => label === name).slice(0, 2).map((clip, i) => ({ ...clip, fold: 1 + ((c + i) % 5) })))
    const five = { ...dataset, clips: chosen }
    await within(async (context) => {
      const steps = createSteps(5, () => undefined, undefined)
      const report = await evaluateShipped(five, context, steps)
      expect(report.folds.map(({ model, clips }) => [model, clips])).toEqual([1, 2, 3, 4, 5].map((fold) => [fold === 5 ? 'esc10-1stack-int8' : `esc10-1stack-fold-${fold}-int8`, 4]))
      const confusion = report.pooled.confusion!.flatMap((row) => [...row])
      expect(confusion.reduce((a, b) => a + b, 0)).toBe(20)
      await expect(evaluateShipped({ ...five, classes: ['whale'] }, context, steps)).rejects.toThrow(expect.objectContaining({ code: 'DATASET_INVALID' }))
    })
  }, 120_000)

  it('a model of --head clip scores clips as its training said', async () => {
    // trainClassifier reads a backbone from a file; what it calls is called here.
    const features = featureConfig({ audio: { minDuration: 1.1 } })
    const test = [...dataset.clips.keys()].filter((clip) => dataset.clips[clip]!.fold === 2)
    const train = [...dataset.clips.keys()].filter((clip) => dataset.clips[clip]!.fold === 1)
    await within(async (context) => {
      const made = await trainClipModel({ dataset, backbone, features, blocks: 'post_relu,mel', gains: [], train, test, seed: 0 }, context, createSteps(2, () => undefined, undefined))
      const card = { schema: 'aed-model/1' as const, name: 'clip', classes: [...dataset.classes], features, head: made.head, provenance: {}, licence: 'none' }
      const scores = await scoreClipModel({ graph: made.graph, card }, test.map((clip) => dataset.clips[clip]!), context, () => undefined)
      const right = test.filter((clip, i) => {
        const row = scores.subarray(i * 10, i * 10 + 10)
        return row.indexOf(Math.max(...row)) === dataset.classes.indexOf(dataset.clips[clip]!.label)
      })
      expect(right.length / test.length).toBe(made.test!.clip.accuracy)
    })
    await expect(trainClassifier({ data: path.join(dir, 'set'), out: path.join(dir, 'model'), features: {}, options: { head: 'clip', cache: path.join(dir, 'cache') } })).rejects.toThrow(expect.objectContaining({ code: 'USAGE' }))
    await expect(trainClassifier({ data: path.join(dir, 'set'), out: path.join(dir, 'model'), features: {}, options: { head: 'clip', blocks: 'foo/bar' } })).rejects.toThrow("train: blocks: 'foo/bar' is no block")
    await expect(trainClassifier({ data: path.join(dir, 'set'), out: path.join(dir, 'model'), features: {}, options: { gains: '10' } })).rejects.toThrow('train: gains is an option of --head clip')
  }, 120_000)
})
