import { AedError } from '@aed/core'
import { parseCsv } from './csv.ts'
import type { ListedClip, Segment } from './dataset.ts'
import { parseFold, required, type CsvOptions } from './esc50-csv.ts'

/** Between the classes of a clip that has several. */
const LABEL_SEPARATOR = '|'

function parseTime(text: string | undefined, at: string, column: string): number | null {
  if (text === undefined || text === '') return null
  const seconds = Number(text)
  if (!(seconds >= 0 && seconds < Infinity)) throw new AedError('DATASET_INVALID', `${at}: ${column} is a time in s, got '${text}'`)
  return seconds
}

function parseSegment(values: Readonly<Record<string, string>>, at: string): Segment | null {
  const start = parseTime(values['start'], at, 'start')
  const end = parseTime(values['end'], at, 'end')
  if (start === null && end === null) return null
  if (end !== null && end <= (start ?? 0)) throw new AedError('DATASET_INVALID', `${at}: the clip ends at ${end} s, not after its start at ${start ?? 0} s`)
  return { start: start ?? 0, end }
}

/** The classes of a clip: names between `|`. */
function parseLabels(text: string, at: string): string[] {
  const labels = text.split(LABEL_SEPARATOR).map((name) => required(name.trim(), at, 'label'))
  if (new Set(labels).size !== labels.length) throw new AedError('DATASET_INVALID', `${at}: a label stands twice in '${text}'`)
  return labels
}

/**
 * Reads a plain table: columns filename and label; where they are there, start and end (in s: a clip that is part of its file), fold and
 * source. Several classes of a clip stand in label between `|`. Without a source every file counts as a recording of its own.
 * @returns clips whose id is the file name, with `#start-end` behind it for parts of files
 * @throws AedError `DATASET_INVALID` that names the missing columns and what was found, or the line
 */
export function parseLabelsCsv(text: string, { where = 'labels.csv' }: CsvOptions = {}): readonly ListedClip[] {
  const { columns, rows } = parseCsv(text, where, ['filename', 'label'])
  return rows.map(({ line, values }) => {
    const at = `${where}: line ${line}`
    const file = required(values['filename'], at, 'filename')
    const labels = parseLabels(required(values['label'], at, 'label'), at)
    const segment = parseSegment(values, at)
    return {
      id: segment ? `${file}#${segment.start}-${segment.end ?? ''}` : file,
      file,
      label: labels[0]!,
      ...(labels.length > 1 && { labels }),
      ...(segment && { segment }),
      source: columns.includes('source') ? required(values['source'], at, 'source') : file,
      fold: columns.includes('fold') ? parseFold(values['fold']!, at) : null,
      line,
    }
  })
}

/** A value of a csv file, in quotes where it needs them. */
const quoted = (text: string) => (/[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/**
 * The table that {@link parseLabelsCsv} reads: every column that a clip needs, and no other.
 * @param fileOf path of a clip's audio file as the table lists it
 * @throws AedError `DATASET_INVALID` for a class name with `|` in it
 */
export function formatLabelsCsv<C extends Omit<ListedClip, 'file' | 'line'>>(clips: readonly C[], fileOf: (clip: C) => string): string {
  const columns = ['filename', 'label', ...(clips.some(({ segment }) => segment) ? ['start', 'end'] : []), ...(clips.some(({ fold }) => fold !== null) ? ['fold'] : []), 'source']
  const rows = clips.map((clip) => {
    const labels = clip.labels ?? [clip.label]
    const odd = labels.find((name) => name.includes(LABEL_SEPARATOR))
    if (odd !== undefined) throw new AedError('DATASET_INVALID', `clip '${clip.id}': the class '${odd}' holds '${LABEL_SEPARATOR}', which stands between classes`)
    if (columns.includes('fold') && clip.fold === null) throw new AedError('DATASET_INVALID', `clip '${clip.id}' has no fold, others have`)
    const values: Record<string, string> = {
      filename: fileOf(clip),
      label: labels.join(LABEL_SEPARATOR),
      start: String(clip.segment?.start ?? ''),
      end: String(clip.segment?.end ?? ''),
      fold: String(clip.fold ?? ''),
      source: clip.source,
    }
    return columns.map((column) => quoted(values[column]!)).join(',')
  })
  return `${[columns.join(','), ...rows].join('\n')}\n`
}
