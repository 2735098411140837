import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from '@jest/globals'
import { featureConfig, type ModelCard } from '@aed/core'
import { distance, golden, noise } from '../test/support.ts'
import { readKerasH5 } from './keras/h5.ts'
import { createMiniResNetV2 } from './miniresnetv2.ts'
import { readModelFiles, toModelFiles } from './model-files.ts'
import { loadModelFolder, saveModelFolder } from './node.ts'
import { tapGraph } from './tap-graph.ts'
import { predict } from './tfjs/predict.ts'

const card: ModelCard = { schema: 'aed-model/1', name: 'tiny', classes: ['a', 'b', 'c'], features: featureConfig(), head: { kind: 'meanScores' }, provenance: { seed: 1 }, licence: 'none' }
const model = createMiniResNetV2({ inputShape: [16, 13, 1], classes: 3, seed: 4 })
const code = (code: string) => expect.objectContaining({ code })
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)

/** What a browser's or file loader of tfjs hands to it. */
function artifacts(files: Record<string, Uint8Array<ArrayBuffer>>): tf.io.ModelArtifacts {
  const { modelTopology, weightsManifest } = JSON.parse(text(files['model.json'])) as tf.io.ModelJSON
  return { modelTopology, weightSpecs: weightsManifest.flatMap(({ weights }) => weights), weightData: files['group1-shard1of1.bin']!.buffer }
}

describe('toModelFiles', () => {
  it('writes what plain tf.loadLayersModel reads: the same scores', async () => {
    await tf.setBackend('cpu')
    const patches = noise([3, 16, 13, 1], 'patches')
    const ours = await predict(model, patches, { backend: 'cpu' })
    for (const saved of [toModelFiles({ ...model, card }), toModelFiles({ graph: model.graph, card })]) {
      const loaded = await tf.loadLayersModel({ load: () => Promise.resolve(artifacts(saved)) })
      const theirs = tf.tidy(() => (loaded.predict(tf.tensor(patches.data, [3, 16, 13, 1])) as tf.Tensor).dataSync())
      expect(distance(theirs, ours.data)).toBeLessThan(1e-6)
      loaded.dispose()
    }
  })

  it('is read back as it was, from a model and from its graph alone', () => {
    const read = readModelFiles(toModelFiles({ ...model, card }))
    expect(read).toEqual({ ...model, card })
    expect(readModelFiles(toModelFiles({ graph: model.graph, card })).graph).toEqual(model.graph)
    const tiny = readKerasH5(golden('tiny.h5'), 'tiny.h5')
    expect(readModelFiles(toModelFiles({ ...tiny, card: { ...card, classes: null } })).network).toEqual(tiny.network)
  })
})

describe('a model with a clip head', () => {
  const backbone = createMiniResNetV2({ inputShape: [16, 13, 1], seed: 4 }).graph
  const head = (tensor: string): ModelCard['head'] => ({
    kind: 'clip', patchStep: 5, activation: 'softmax', mean: '', scale: '', weights: '', bias: '',
    blocks: [{ kind: 'tap', name: tensor, tensor, rowPool: 1, statistics: ['mean'], epsilon: 1e-4, sqrt: true }],
  }) // prettier-ignore

  it('is read back with its taps as outputs, several too', () => {
    for (const taps of [['post_relu'], ['conv2_block1_out', 'post_relu']]) {
      const blocks = taps.flatMap((tensor) => (head(tensor) as { blocks: object[] }).blocks)
      const clip = { ...card, head: { ...head('post_relu'), blocks } as ModelCard['head'] }
      const graph = tapGraph(backbone, taps)
      expect(readModelFiles(toModelFiles({ graph, card: clip }))).toMatchObject({ graph, card: clip })
    }
  })

  it('is refused where its network has no such tap', () => {
    const files = toModelFiles({ graph: tapGraph(backbone, ['post_relu']), card: { ...card, head: head('relu_9') } })
    expect(() => readModelFiles(files)).toThrow(code('MODEL_MISMATCH'))
  })
})

describe('readModelFiles', () => {
  const files = toModelFiles({ ...model, card })
  const json = text(files['model.json'])
  const change = (from: string | RegExp, to: string) => ({ ...files, 'model.json': new TextEncoder().encode(json.replace(from, to)) })

  it('makes a bare card where there is none', () => {
    const rest = Object.entries(files).filter(([name]) => name !== 'aed.json')
    expect(readModelFiles(Object.fromEntries(rest)).card).toMatchObject({ classes: null, features: null, licence: 'unknown' })
  })

  it('refuses missing, damaged and truncated files', () => {
    expect(() => readModelFiles({})).toThrow(code('MODEL_INVALID'))
    expect(() => readModelFiles({ ...files, 'model.json': files['model.json']!.subarray(0, 1000) })).toThrow(code('MODEL_INVALID'))
    expect(() => readModelFiles({ ...files, 'group1-shard1of1.bin': files['group1-shard1of1.bin']!.subarray(4) })).toThrow(code('MODEL_INVALID'))
    expect(() => readModelFiles(change('"group1-shard1of1.bin"', '"../../secret"'))).toThrow(code('MODEL_INVALID'))
    expect(() => readModelFiles(change('"conv1_conv/kernel"', '"conv1_conv/kernal"'))).toThrow(code('MODEL_INVALID'))
    expect(() => readModelFiles(change('"weightsManifest"', '"weights"'))).toThrow(code('MODEL_INVALID'))
  })

  it('refuses other layers, other shapes, other types and a card of other classes', () => {
    expect(() => readModelFiles(change('"class_name": "Flatten"', '"class_name": "Lambda"'))).toThrow(code('MODEL_UNSUPPORTED'))
    expect(() => readModelFiles(change('"units": 3', '"units": 4'))).toThrow(code('MODEL_MISMATCH'))
    expect(() => readModelFiles(change(/"dtype": "float32"\n {4}}\n {3}\]/, '"dtype": "uint8"}]'))).toThrow(code('MODEL_UNSUPPORTED'))
    expect(() => readModelFiles({ ...files, 'aed.json': new TextEncoder().encode(JSON.stringify({ ...card, classes: ['a'] })) })).toThrow(code('MODEL_MISMATCH'))
    expect(() => readModelFiles({ ...files, 'aed.json': new TextEncoder().encode('{}') })).toThrow(code('INVALID_OPTION'))
  })
})

describe('saveModelFolder', () => {
  it('writes a folder that loadModelFolder reads', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'aed-model-'))
    try {
      await saveModelFolder(path.join(dir, 'm'), { ...model, card })
      expect(await loadModelFolder(path.join(dir, 'm'))).toEqual({ ...model, card })
      await expect(loadModelFolder(path.join(dir, 'none'))).rejects.toThrow(code('FILE_NOT_FOUND'))
    } finally {
      await rm(dir, { recursive: true })
    }
  })
})
