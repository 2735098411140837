import { parseCsv } from './csv.ts'
import type { ListedClip } from './dataset.ts'
import { parseFold, required, type CsvOptions } from './esc50-csv.ts'

/**
 * Reads a plain table: columns filename and label, and fold and source where they are there. Without a source every clip counts as a recording of
 * its own.
 * @throws AedError `DATASET_INVALID` that names the missing columns and what was found, or the line
 */
export function parseLabelsCsv(text: string, { where = 'labels.csv' }: CsvOptions = {}): readonly ListedClip[] {
  const { columns, rows } = parseCsv(text, where, ['filename', 'label'])
  return rows.map(({ line, values }) => {
    const at = `${where}: line ${line}`
    const id = required(values['filename'], at, 'filename')
    return {
      id,
      file: id,
      label: required(values['label'], at, 'label'),
      source: columns.includes('source') ? required(values['source'], at, 'source') : id,
      fold: columns.includes('fold') ? parseFold(values['fold']!, at) : null,
      line,
    }
  })
}
