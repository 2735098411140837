import path from 'node:path'
import { stat } from 'node:fs/promises'
import { AedError, formatShape, sha256, type Graph } from '@aed/core'
import { exists, readBytes } from '@aed/core/node'
import { readKerasH5, type KerasModel } from '@aed/model-miniresnetv2'
import { backboneCacheFile, backboneFileName, publishedBackbone } from './published-backbones.ts'

/** A pretrained backbone as read from its file. */
export interface Backbone extends Pick<KerasModel, 'network' | 'weights'> {
  readonly graph: Graph
  readonly file: string
  readonly sha256: string
}

/** The file or folder that is meant: what exists under that path, else the downloaded file of that name. */
async function locate(location: string): Promise<string> {
  if (await exists(location)) return location
  const known = publishedBackbone(location)
  if (!known) throw new AedError('FILE_NOT_FOUND', `${location}: no such backbone`, { hint: 'give a Keras .h5 file, a folder of them, or a name that aed backbone get knows' })
  const file = backboneCacheFile(known)
  if (!(await exists(file))) throw new AedError('FILE_NOT_FOUND', `${location}: not at ${file}`, { hint: `aed backbone get ${location} downloads it` })
  return file
}

/**
 * Reads the backbone for a network size.
 * @param location a `.h5` file, a folder that holds {@link backboneFileName}, or the name of a published backbone that was downloaded
 * @throws AedError `FILE_NOT_FOUND`, `MODEL_INVALID`, `MODEL_MISMATCH` for another size, input shape, or a whole classifier
 */
export async function readBackbone(location: string, stacks: number, inputShape: readonly number[]): Promise<Backbone> {
  const found = await locate(location)
  const file = (await stat(found)).isDirectory() ? path.join(found, backboneFileName(stacks)) : found
  const bytes = await readBytes(file)
  const { graph, network, weights, architecture } = readKerasH5(bytes, file)
  const expected = (what: string, found: unknown) =>
    new AedError('MODEL_MISMATCH', `${file}: expected a backbone ${what}, got ${String(found)}`, { hint: 'choose the file that fits --stacks and the feature config' })
  if (architecture.classes !== null) throw expected('without a head', `one with ${architecture.classes} outputs`)
  if (architecture.stacks !== stacks) throw expected(`of ${stacks} stacks`, architecture.stacks)
  if (formatShape(architecture.inputShape) !== formatShape(inputShape)) throw expected(`for input ${formatShape(inputShape)}`, formatShape(architecture.inputShape))
  return { graph, network, weights, file: path.basename(file), sha256: await sha256(bytes) }
}
