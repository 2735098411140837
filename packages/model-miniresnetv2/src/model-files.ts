import { AedError, MODEL_CARD_SCHEMA, parseModelCard, sizeOf, type Graph, type ModelCard, type StatisticsHead, type Tensor } from '@aed/core'
import { parseKerasConfig } from './keras/config.ts'
import { kerasOfGraph } from './keras/from-graph.ts'
import { kerasModel, type KerasModel } from './keras/model.ts'
import type { KerasLayer, KerasNetwork, KerasWeights } from './keras/network.ts'
import { weightSpecs } from './keras/network.ts'
import { tapGraph } from './tap-graph.ts'

/** A model as its folder holds it. */
export interface SavedModel extends KerasModel {
  readonly card: ModelCard
}

/** What {@link toModelFiles} writes: a float graph, or a Keras model, whose batch normalizations then keep their statistics. */
export type ModelToSave = { readonly card: ModelCard } & ({ readonly graph: Graph; readonly network?: never } | Pick<KerasModel, 'network' | 'weights'>)

const SHARD = 'group1-shard1of1.bin'
const MODEL = 'model.json'
const CARD = 'aed.json'

const utf8 = (json: unknown) => new TextEncoder().encode(`${JSON.stringify(json, null, 1)}\n`)

/** `kernelSize` as `kernel_size`, where Keras's names are not those of the fields. */
const FIELD: Readonly<Record<string, string>> = { keepDims: 'keepdims', dilations: 'dilation_rate' }
const snake = (field: string) => FIELD[field] ?? field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** A layer as Keras 2 and tfjs write it. */
function layerJson(layer: KerasLayer): object {
  const { type, name, inputs, ...fields } = layer
  const config = type === 'InputLayer' ? { batch_input_shape: [null, ...layer.shape], dtype: 'float32' } : Object.fromEntries(Object.entries(fields).map(([field, value]) => [snake(field), value as unknown]))
  return { class_name: type, name, config: { name, trainable: true, ...config }, inbound_nodes: inputs.length === 0 ? [] : [inputs.map((input) => [input, 0, 0, {}])] }
}

function topology({ name, layers, output }: KerasNetwork): object {
  const input = layers.find(({ type }) => type === 'InputLayer')!.name
  return {
    class_name: 'Model',
    config: { name, layers: layers.map(layerJson), input_layers: [[input, 0, 0]], output_layers: [[output, 0, 0]] },
    keras_version: 'tfjs-layers 4.22.0',
    backend: 'tensor_flow.js',
  }
}

/** The graph of a clip head up to the last of its taps: a network of one output, as tfjs writes it; the head in the card names the taps. */
function singleOutput(graph: Graph, { head }: ModelCard): Graph {
  return head.kind === 'clip' ? { ...graph, outputs: [graph.nodes.at(-1)!.outputs[0]!] } : graph
}

/** The tensors that a clip head reads. */
const tapsOf = ({ blocks }: StatisticsHead): string[] => [...new Set(blocks.flatMap((block) => (block.kind === 'tap' ? [block.tensor] : [])))]

/**
 * The files of a model folder by name: a tfjs layers model that plain `tf.loadLayersModel` reads (`model.json`, one shard of
 * weights) and the model card (`aed.json`). Equal models give equal bytes.
 * @throws AedError `MODEL_UNSUPPORTED` for graphs that no Keras layers make, `INVALID_OPTION` for an invalid card
 */
export function toModelFiles(model: ModelToSave): Record<string, Uint8Array<ArrayBuffer>> {
  const card = parseModelCard(model.card, CARD)
  const { network, weights } = model.network ? model : kerasOfGraph(singleOutput(model.graph, card))
  const specs = weightSpecs(network)
  const shard = new Uint8Array(4 * specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0))
  const view = new DataView(shard.buffer)
  let at = 0
  for (const { key } of specs) for (const value of weights[key]!.data) view.setFloat32((at += 4) - 4, value, true)
  return {
    [MODEL]: utf8({
      format: 'layers-model',
      generatedBy: '@aed/model-miniresnetv2',
      convertedBy: null,
      modelTopology: topology(network),
      weightsManifest: [{ paths: [SHARD], weights: specs.map(({ key, shape }) => ({ name: key, shape, dtype: 'float32' })) }],
    }),
    [SHARD]: shard,
    [CARD]: utf8(card),
  }
}

/**
 * Reads the files of a model folder, also one that tfjs or its converter wrote. Nothing in it is executed.
 * @param files by name: `model.json`, the shards that it names, and `aed.json`; without the last the card is a bare one
 * @param where how errors call the folder
 * @throws AedError `MODEL_INVALID` for missing, damaged or truncated files, `MODEL_UNSUPPORTED` for other layers, by name, `MODEL_MISMATCH` for
 * weights of another shape or a card of another number of classes, or taps of its clip head that the network does not have
 */
export function readModelFiles(files: Readonly<Record<string, Uint8Array>>, where = 'model folder'): SavedModel {
  const invalid = (what: string, cause?: unknown) => new AedError('MODEL_INVALID', `${where}: ${what}`, cause === undefined ? {} : { cause })
  const file = (name: string) => {
    const bytes = Object.hasOwn(files, name) ? files[name] : undefined
    if (!bytes) throw invalid(`${name} is missing`)
    return bytes
  }
  const json = (name: string): unknown => {
    try {
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file(name)))
    } catch (cause) {
      throw cause instanceof AedError ? cause : invalid(`${name} is not JSON`, cause)
    }
  }
  const model = json(MODEL) as { modelTopology?: unknown; weightsManifest?: unknown } | null
  const network = parseKerasConfig(model?.modelTopology, `${where}: ${MODEL}`)
  const weights = readWeights(model?.weightsManifest, file, invalid)
  const read = kerasModel(network, weights, where)
  const { classes } = read.architecture
  const card = Object.hasOwn(files, CARD) ? parseModelCard(json(CARD), `${where}: ${CARD}`) : bareCard(network.name)
  if (card.head.kind === 'clip') return { ...read, graph: tapGraph(read.graph, tapsOf(card.head)), card }
  if (card.classes && card.classes.length !== classes)
    throw new AedError('MODEL_MISMATCH', `${where}: ${CARD} names ${card.classes.length} classes, the model has ${classes ?? 'no'} outputs`)
  return { ...read, card }
}

/** The card of a model that came without one. */
const bareCard = (name: string): ModelCard => ({ schema: MODEL_CARD_SCHEMA, name, classes: null, features: null, head: { kind: 'meanScores' }, provenance: {}, licence: 'unknown' })

interface ManifestEntry {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: string
}

const isEntry = (value: unknown): value is ManifestEntry => {
  const { name, shape, dtype } = (value ?? {}) as Partial<Record<keyof ManifestEntry, unknown>>
  return typeof name === 'string' && typeof dtype === 'string' && Array.isArray(shape) && shape.every((length) => Number.isInteger(length) && length >= 0)
}

/** Weights by `layer/name` from tfjs's manifest: groups of entries whose values lie one after another in the joined shards. */
function readWeights(manifest: unknown, file: (name: string) => Uint8Array, invalid: (what: string) => AedError): KerasWeights {
  if (!Array.isArray(manifest)) throw invalid(`${MODEL} has no weightsManifest`)
  const weights: [string, Tensor<'float32'>][] = []
  for (const group of manifest as readonly { paths?: unknown; weights?: unknown }[]) {
    const { paths, weights: entries } = group
    if (!Array.isArray(paths) || !paths.every((path) => typeof path === 'string') || !Array.isArray(entries) || !entries.every(isEntry)) throw invalid(`${MODEL} has a damaged weightsManifest`)
    const shards = paths.map(file)
    const bytes = new Uint8Array(shards.reduce((sum, shard) => sum + shard.length, 0))
    shards.reduce((at, shard) => (bytes.set(shard, at), at + shard.length), 0)
    const wanted = 4 * entries.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
    if (wanted !== bytes.length) throw invalid(`${paths.join(', ')}: expected ${wanted} bytes of weights, got ${bytes.length}`)
    const view = new DataView(bytes.buffer)
    let at = 0
    for (const { name, shape, dtype } of entries) {
      if (dtype !== 'float32') throw new AedError('MODEL_UNSUPPORTED', `${MODEL}: weight '${name}' is ${dtype}, expected float32`)
      const data = new Float32Array(sizeOf(shape))
      for (let i = 0; i < data.length; i++, at += 4) data[i] = view.getFloat32(at, true)
      weights.push([name, { dtype: 'float32', shape, data }])
    }
  }
  return Object.fromEntries(weights)
}
