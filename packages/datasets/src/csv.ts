import { AedError } from '@aed/core'
import { parse } from 'csv-parse/sync'

/** One row of a csv file. */
export interface CsvRow {
  /** Line of the file, from 1. */
  readonly line: number
  /** Value by column name, blanks around it cut off. */
  readonly values: Readonly<Record<string, string>>
}

/** The separator of a csv file: whichever its header has most of. */
function separatorOf(text: string): string {
  const header = /[^\r\n]*/.exec(text)![0]
  const count = (separator: string) => header.split(separator).length
  return [',', ';', '\t'].reduce((best, separator) => (count(separator) > count(best) ? separator : best))
}

/**
 * Rows of a csv file with a header; separated by commas, semicolons or tabs, with or without a byte order mark.
 * @param where how errors call the file
 * @param required columns that must be there
 * @throws AedError `DATASET_INVALID` with the line
 */
export function parseCsv(text: string, where: string, required: readonly string[]): { columns: readonly string[]; rows: readonly CsvRow[] } {
  const [header, ...body] = parseRecords(text, where)
  const columns = header?.record ?? []
  const missing = required.filter((column) => !columns.includes(column))
  if (missing.length)
    throw new AedError('DATASET_INVALID', `${where}: no column ${missing.join(', ')}; found ${columns.length ? columns.join(', ') : 'an empty file'}`, {
      hint: `the first line must name the columns ${required.join(', ')}`,
    })
  return { columns, rows: body.map(({ record, info }) => ({ line: info.lines, values: Object.fromEntries(columns.map((column, i) => [column, record[i] ?? ''])) })) }
}

/**
 * Lines of a csv file as they stand, the header among them.
 * @throws AedError `DATASET_INVALID` with the line
 */
export function parseRecords(text: string, where: string): readonly { readonly record: readonly string[]; readonly info: { readonly lines: number } }[] {
  try {
    return parse(text, { bom: true, delimiter: separatorOf(text), info: true, skip_empty_lines: true, trim: true }) as unknown as ReturnType<typeof parseRecords>
  } catch (error) {
    throw new AedError('DATASET_INVALID', `${where}: ${error instanceof Error ? error.message : String(error)}`, { hint: 'repair the line that is named', cause: error })
  }
}
