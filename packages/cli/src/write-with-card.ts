import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { AedError, type ModelCard } from '@aed/core'
import { readBytes, requireReplaceable, requireWritable, writeAtomic, writeFolderAtomic } from '@aed/core/node'
import { writeTflite } from '@aed/quantize-int8'
import type { ModelFile } from './model-file.ts'

/** Refuses a place to which a model with another card cannot be written, before anything is computed. */
export async function requirePlaceForModel(model: ModelFile, out: string): Promise<void> {
  if (model.format === 'h5' || !model.card) throw new AedError('MODEL_UNSUPPORTED', `${model.path}: has no card that could hold what is chosen`, { hint: 'give a folder of aed train or a .tflite of aed quantize' })
  if (model.format === 'folder') await requireReplaceable(out, (await stat(model.path)).isDirectory() ? await readdir(model.path) : [])
  await requireWritable(out)
}

/** Writes the same model with other values in its card. */
export async function writeWithCard(model: ModelFile, values: Partial<ModelCard>, out: string): Promise<void> {
  const card = { ...model.card!, ...values }
  if (model.format === 'tflite') return writeAtomic(out, writeTflite({ graph: model.graph, card }))
  const names = await readdir(model.path)
  const files = await Promise.all(names.map(async (name) => [name, name === 'aed.json' ? `${JSON.stringify(card, null, 2)}\n` : await readBytes(path.join(model.path, name))] as const))
  await writeFolderAtomic(out, async (temporary) => {
    for (const [name, bytes] of files) await writeAtomic(path.join(temporary, name), bytes)
  })
}
