import { AedError } from '@aed/core'
import { parseCsv } from './csv.ts'
import type { ListedClip } from './dataset.ts'

/** A row of `meta/esc50.csv`. */
export interface Esc50Row extends ListedClip {
  /** Among the ten classes of ESC-10; null where the file has no such column. */
  readonly esc10: boolean | null
}

/** Options of {@link parseEsc50Csv}. */
export interface CsvOptions {
  /** How errors call the file. */
  readonly where?: string
}

/** A fold as a csv states it. */
export function parseFold(text: string, where: string): number {
  if (!/^\d+$/.test(text) || Number(text) < 1) throw new AedError('DATASET_INVALID', `${where}: a fold is a whole number from 1, got '${text}'`)
  return Number(text)
}

/** A text that must not be empty. */
export function required(text: string | undefined, where: string, column: string): string {
  if (!text) throw new AedError('DATASET_INVALID', `${where}: the column ${column} is empty`)
  return text
}

/**
 * Reads the table of ESC-50: columns filename, fold, category and src_file are used, esc10 where it is there. The recording of a clip is its
 * `src_file`, the Freesound clip that it was cut from. A file name states fold and recording too (`fold-recording-take-target.wav`): where they disagree, the
 * table is refused.
 * @throws AedError `DATASET_INVALID` that names the missing columns and what was found, or the line
 */
export function parseEsc50Csv(text: string, { where = 'esc50.csv' }: CsvOptions = {}): readonly Esc50Row[] {
  const { columns, rows } = parseCsv(text, where, ['filename', 'fold', 'category', 'src_file'])
  const flagged = columns.includes('esc10')
  return rows.map(({ line, values }) => {
    const at = `${where}: line ${line}`
    const flag = values['esc10']?.toLowerCase() ?? ''
    if (flagged && flag !== 'true' && flag !== 'false') throw new AedError('DATASET_INVALID', `${at}: esc10 is True or False, got '${values['esc10']}'`)
    const id = required(values['filename'], at, 'filename')
    const source = required(values['src_file'], at, 'src_file')
    const fold = parseFold(values['fold']!, at)
    const parts = /^(\d+)-(\d+)-[A-Z]-\d+\.\w+$/.exec(id)
    if (parts && (parts[1] !== String(fold) || parts[2] !== source))
      throw new AedError('DATASET_INVALID', `${at}: the file name '${id}' says fold ${parts[1]}, recording ${parts[2]}; the columns say ${fold}, ${source}`)
    return {
      id,
      file: id,
      label: required(values['category'], at, 'category'),
      source,
      fold,
      esc10: flagged ? flag === 'true' : null,
      line,
    }
  })
}
