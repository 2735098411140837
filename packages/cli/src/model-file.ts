import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { AedError, sha256, type Graph, type ModelCard } from '@aed/core'
import { exists, readBytes } from '@aed/core/node'
import { modelBytes, readKerasH5, readModelFiles, SHIPPED_MODELS, type KerasModel } from '@aed/model-miniresnetv2'
import { readTflite } from '@aed/quantize-int8'

/** A model as read from wherever it is. */
export interface ModelFile {
  readonly path: string
  /** Of the file; null for a folder. */
  readonly sha256: string | null
  readonly format: 'h5' | 'folder' | 'tflite'
  readonly graph: Graph
  readonly card: ModelCard | null
  /** What tfjs needs to build its layers; null for a `.tflite`. */
  readonly keras: KerasModel | null
}

/**
 * Reads a model folder, a Keras `.h5`, a `.tflite`, told apart by their contents, or a model that is shipped, by its name.
 * @throws AedError `FILE_NOT_FOUND`, `MODEL_INVALID`, `MODEL_UNSUPPORTED`
 */
export async function readModel(location: string): Promise<ModelFile> {
  if (!(await exists(location))) {
    if (!Object.hasOwn(SHIPPED_MODELS, location)) throw new AedError('FILE_NOT_FOUND', `${location}: no such model`, { hint: `give a model folder, a .tflite, a Keras .h5${shippedNames()}` })
    const { bytes } = await modelBytes(location)
    const { graph, card } = readTflite(bytes, location)
    return { path: location, sha256: await sha256(bytes), format: 'tflite', graph, card, keras: null }
  }
  if ((await stat(location)).isDirectory()) {
    const names = await readdir(location)
    if (!names.includes('model.json')) throw new AedError('MODEL_INVALID', `${location}: holds no model.json`, { hint: 'give a folder written by aed train' })
    const files: Record<string, Uint8Array> = {}
    for (const name of names) if (/\.(json|bin)$/.test(name)) files[name] = await readBytes(path.join(location, name))
    const model = readModelFiles(files, location)
    return { path: location, sha256: null, format: 'folder', graph: model.graph, card: model.card, keras: model }
  }
  const bytes = await readBytes(location)
  if (bytes.length >= 4 && bytes[0] === 0x89 && bytes[1] === 0x48 && bytes[2] === 0x44 && bytes[3] === 0x46) {
    const keras = readKerasH5(bytes, location)
    return { path: location, sha256: await sha256(bytes), format: 'h5', graph: keras.graph, card: null, keras }
  }
  if (new TextDecoder('latin1').decode(bytes.subarray(4, 8)) === 'TFL3') {
    const { graph, card } = readTflite(bytes, location)
    return { path: location, sha256: await sha256(bytes), format: 'tflite', graph, card, keras: null }
  }
  throw new AedError('MODEL_INVALID', `${location}: neither a Keras .h5 nor a .tflite`, { hint: 'give a model folder, a .tflite or a Keras .h5' })
}

const shippedNames = () => Object.keys(SHIPPED_MODELS).map((name) => `, or ${name}`).join('')
