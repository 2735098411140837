import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { AedError, parseOptions } from '@aed/core'
import { exists, fileError, writeAtomic, writeFolderAtomic } from '@aed/core/node'
import { SYNTHETIC_CITATION, SYNTHETIC_LICENCE, SYNTHETIC_MARKER, SYNTHETIC_NAME } from './marker.ts'
import { synthesizeEsc10, syntheticOptionsSchema, type SyntheticChoice, type SyntheticOptions } from './synthesize-esc10.ts'
import { encodeWav16 } from './wav16.ts'

/** A folder is replaced only where nothing is lost by it: an empty one, or an earlier synthetic set. */
async function checkReplaceable(dir: string): Promise<void> {
  if (!(await exists(dir)) || (await exists(path.join(dir, SYNTHETIC_MARKER)))) return
  const items = await readdir(dir).catch((error: unknown) => {
    throw fileError(error, dir)
  })
  if (items.length) throw new AedError('FILE_EXISTS', `${dir}: holds other files, expected a new or empty folder`, { hint: 'choose another folder' })
}

/** What was written. */
export interface WrittenSet {
  readonly clips: number
  readonly recordings: number
  readonly classes: number
}

/**
 * Writes the set of {@link synthesizeEsc10} as a folder laid out like ESC-50: `audio/*.wav`, `meta/esc50.csv`, and `SYNTHETIC.json`, which says that no real
 * recording is in it. The folder appears whole or not at all; the same options give the same bytes on every machine.
 * @throws AedError `INVALID_OPTION`, `UNKNOWN_CLASS`, `FILE_EXISTS` for a folder that holds anything but an earlier synthetic set, `IO_FAILED`
 */
export async function writeSyntheticEsc10(dir: string, options: SyntheticOptions & SyntheticChoice = {}): Promise<WrittenSet> {
  const { classes, clips, ...rest } = options
  const checked = parseOptions(syntheticOptionsSchema, rest, 'synthetic set')
  const choice = { ...(classes && { classes }), ...(clips !== undefined && { clips }) }
  const sources = new Set<string>()
  const labels = new Set<string>()
  let count = 0
  await checkReplaceable(dir)
  await writeFolderAtomic(dir, async (temporary) => {
    const rows = ['filename,fold,target,category,esc10,src_file,take']
    for (const { clip, id, fold, target, label, source, take } of synthesizeEsc10({ ...checked, ...choice })) {
      count++
      sources.add(source)
      labels.add(label)
      await writeAtomic(path.join(temporary, 'audio', id), encodeWav16(clip))
      rows.push(`${id},${fold},${target},${label},True,${source},${take}`)
    }
    const about = { schema: 'aed-synthetic/1', name: SYNTHETIC_NAME, licence: SYNTHETIC_LICENCE, citation: SYNTHETIC_CITATION, options: { ...checked, ...choice } }
    await writeAtomic(path.join(temporary, 'meta', 'esc50.csv'), `${rows.join('\n')}\n`)
    await writeAtomic(path.join(temporary, SYNTHETIC_MARKER), `${JSON.stringify(about, null, 2)}\n`)
  })
  return { clips: count, recordings: sources.size, classes: labels.size }
}
