import path from 'node:path'
import { AedError } from '@aed/core'
import { parseCsv } from './csv.ts'
import type { ListedClip } from './dataset.ts'
import { parseFold, required, type CsvOptions } from './esc50-csv.ts'
import { readText, type Listing } from './listing.ts'

/** Where UrbanSound8K keeps its table. */
export const URBANSOUND8K_TABLE = ['metadata', 'UrbanSound8K.csv'] as const

const LICENCE = 'CC BY-NC 3.0'
const CITATION = 'J. Salamon, C. Jacoby, J. P. Bello. A Dataset and Taxonomy for Urban Sound Research. ACM Multimedia 2014. https://doi.org/10.1145/2647868.2655045'

/**
 * Reads the table of UrbanSound8K: slice_file_name, fsID, fold, classID, class. The recording of a slice is the Freesound clip that it was cut from. A
 * file name states recording and class too (`fsID-classID-occurrence-slice.wav`): where they disagree, the table is refused.
 * @throws AedError `DATASET_INVALID` with the line
 */
export function parseUrbanSound8kCsv(text: string, { where = 'UrbanSound8K.csv' }: CsvOptions = {}): readonly ListedClip[] {
  const nameOf = new Map<string, { name: string; line: number }>()
  return parseCsv(text, where, ['slice_file_name', 'fsID', 'fold', 'classID', 'class']).rows.map(({ line, values }) => {
    const at = `${where}: line ${line}`
    const id = required(values['slice_file_name'], at, 'slice_file_name')
    const source = required(values['fsID'], at, 'fsID')
    const classId = required(values['classID'], at, 'classID')
    const label = required(values['class'], at, 'class')
    const fold = parseFold(values['fold']!, at)
    const parts = /^(\d+)-(\d+)-\d+-\d+\.\w+$/.exec(id)
    if (parts && (parts[1] !== source || parts[2] !== classId))
      throw new AedError('DATASET_INVALID', `${at}: the file name '${id}' says recording ${parts[1]}, class ${parts[2]}; the columns say ${source}, ${classId}`)
    const known = nameOf.get(classId)
    if (known && known.name !== label) throw new AedError('DATASET_INVALID', `${at}: class ${classId} is '${label}', but '${known.name}' in line ${known.line}`)
    if (!known) nameOf.set(classId, { name: label, line })
    return { id, file: `fold${fold}/${id}`, label, source, fold, line }
  })
}

/** Lists a folder laid out like UrbanSound8K. */
export async function readUrbanSound8k(dir: string): Promise<Listing> {
  const table = path.join(dir, ...URBANSOUND8K_TABLE)
  const clips = parseUrbanSound8kCsv(await readText(table), { where: table })
  return { name: 'UrbanSound8K', synthetic: false, licence: LICENCE, citation: CITATION, clips, audioDir: path.join(dir, 'audio'), where: table }
}
