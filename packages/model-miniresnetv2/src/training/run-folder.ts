import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { AedError } from '@aed/core'
import { exists, readBytes, requireReplaceable, requireWritable, writeAtomic, writeFolderAtomic } from '@aed/core/node'

/** File of a run that is not finished. */
export const CHECKPOINT_FILE = 'checkpoint.bin'

/** Files by name. */
export type RunFiles = Readonly<Record<string, Uint8Array | string>>

/** The folder of a training run: a checkpoint and curves while it runs, the model at its end. */
export interface RunFolder {
  /** What {@link trainModel} goes on from; undefined for a new run. */
  readonly resume: { readonly bytes: Uint8Array; readonly name: string } | undefined
  /** Replaces the checkpoint, after the other files: each is there whole or as it was before. */
  save(checkpoint: Uint8Array, files: RunFiles): Promise<void>
  /** Puts the results in the place of all that the run has left, whole or not at all. */
  finish(files: RunFiles): Promise<void>
}

/** What {@link writeAtomic} leaves of these files where its process was killed. */
const isLeftover = (name: string, names: readonly string[]) => names.some((of) => name.startsWith(`.${of}.`) && name.endsWith('.tmp'))

/**
 * Opens the folder of a training run, which need not exist; makes nothing yet.
 * @param names of all files that the run writes: nothing else may stand in the folder
 * @param resume goes on where an earlier run was stopped or killed, or begins where there is none
 * @throws AedError `FILE_EXISTS` for a folder that holds anything else, or (without `resume`) an unfinished run; `IO_FAILED`
 */
export async function openRunFolder(dir: string, names: readonly string[], resume: boolean): Promise<RunFolder> {
  const all = [...names, CHECKPOINT_FILE]
  const leftovers = (await exists(dir)) ? await readdir(dir).then((found) => found.filter((name) => isLeftover(name, all)), () => []) : [] // prettier-ignore
  await requireReplaceable(dir, [...all, ...leftovers])
  await requireWritable(dir)
  const file = path.join(dir, CHECKPOINT_FILE)
  const unfinished = await exists(file)
  if (unfinished && !resume) throw new AedError('FILE_EXISTS', `${dir}: holds the checkpoint of a run that is not finished`, { hint: 'resume it, or delete the folder' })
  return {
    resume: unfinished ? { bytes: await readBytes(file), name: file } : undefined,
    async save(checkpoint, files) {
      for (const [name, data] of Object.entries(files)) await writeAtomic(path.join(dir, name), data)
      await writeAtomic(file, checkpoint)
    },
    async finish(files) {
      for (const name of leftovers) await rm(path.join(dir, name), { force: true })
      const last = (await exists(file)) ? await readBytes(file) : undefined
      await writeFolderAtomic(dir, async (temporary) => {
        for (const [name, data] of Object.entries(files)) await writeAtomic(path.join(temporary, name), data)
        if (last) await writeAtomic(path.join(temporary, CHECKPOINT_FILE), last) // killed from here on, the run is finished again
      })
      await rm(file, { force: true })
    },
  }
}
