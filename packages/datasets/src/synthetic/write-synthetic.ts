import path from 'node:path'
import { parseOptions } from '@aed/core'
import { writeAtomic, writeFolderAtomic } from '@aed/core/node'
import { SYNTHETIC_CITATION, SYNTHETIC_LICENCE, SYNTHETIC_MARKER, SYNTHETIC_NAME } from './marker.ts'
import { synthesizeEsc10, syntheticOptionsSchema, type SyntheticOptions } from './synthesize-esc10.ts'
import { encodeWav16 } from './wav16.ts'

/**
 * Writes the set of {@link synthesizeEsc10} as a folder laid out like ESC-50: `audio/*.wav`, `meta/esc50.csv`, and `SYNTHETIC.json`, which says that no real
 * recording is in it. The folder appears whole or not at all; the same options give the same bytes on every machine.
 * @throws AedError `INVALID_OPTION`, `IO_FAILED`
 */
export async function writeSyntheticEsc10(dir: string, options: SyntheticOptions = {}): Promise<void> {
  const checked = parseOptions(syntheticOptionsSchema, options, 'synthetic set')
  await writeFolderAtomic(dir, async (temporary) => {
    const rows = ['filename,fold,target,category,esc10,src_file,take']
    for (const { clip, id, fold, target, label, source, take } of synthesizeEsc10(checked)) {
      await writeAtomic(path.join(temporary, 'audio', id), encodeWav16(clip))
      rows.push(`${id},${fold},${target},${label},True,${source},${take}`)
    }
    const about = { schema: 'aed-synthetic/1', name: SYNTHETIC_NAME, licence: SYNTHETIC_LICENCE, citation: SYNTHETIC_CITATION, options: checked }
    await writeAtomic(path.join(temporary, 'meta', 'esc50.csv'), `${rows.join('\n')}\n`)
    await writeAtomic(path.join(temporary, SYNTHETIC_MARKER), `${JSON.stringify(about, null, 2)}\n`)
  })
}
