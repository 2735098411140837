import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { fileError, readBytes, writeAtomic, writeFolderAtomic } from '@aed/core/node'
import { readModelFiles, toModelFiles, type ModelToSave, type SavedModel } from './model-files.ts'

/**
 * Writes a model folder, whole or not at all.
 * @throws AedError `IO_FAILED`; else as {@link toModelFiles}
 */
export async function saveModelFolder(dir: string, model: ModelToSave): Promise<void> {
  const files = toModelFiles(model)
  await writeFolderAtomic(dir, async (temporary) => {
    for (const [name, bytes] of Object.entries(files)) await writeAtomic(path.join(temporary, name), bytes)
  })
}

/**
 * Reads a model folder.
 * @throws AedError `FILE_NOT_FOUND`, `IO_FAILED`; else as {@link readModelFiles}
 */
export async function loadModelFolder(dir: string): Promise<SavedModel> {
  const names = await readdir(dir).catch((error: unknown) => {
    throw fileError(error, dir)
  })
  const wanted = names.filter((name) => /\.(json|bin)$/.test(name))
  const files = await Promise.all(wanted.map(async (name) => [name, await readBytes(path.join(dir, name))] as const))
  return readModelFiles(Object.fromEntries(files), dir)
}

export { CHECKPOINT_FILE, openRunFolder } from './training/run-folder.ts'

export type { ModelToSave, SavedModel }
export type { RunFiles, RunFolder } from './training/run-folder.ts'
