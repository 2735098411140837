/** One record of a csv file. */
export interface CsvRecord {
  /** Line of the file on which it starts, from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/**
 * Records of a comma-separated text (RFC 4180; a lone LF or CR ends a line too). Empty lines and a byte order mark are skipped.
 * @param fail makes the error for a line
 */
export function* readCsv(text: string, fail: (line: number, what: string) => Error): Generator<CsvRecord> {
  let at = text.startsWith('\uFEFF') ? 1 : 0
  let line = 1

  /** Reads one cell and leaves `at` on what ends it. */
  const cell = (): string => {
    if (text[at] !== '"') {
      const start = at
      while (at < text.length && text[at] !== ',' && text[at] !== '\n' && text[at] !== '\r') {
        if (text[at] === '"') throw fail(line, 'a quote inside a cell that does not start with one')
        at++
      }
      return text.slice(start, at)
    }
    const opened = line
    let value = ''
    for (;;) {
      const end = text.indexOf('"', at + 1)
      if (end < 0) throw fail(opened, 'a quoted cell is never closed')
      const part = text.slice(at + 1, end)
      line += part.split(/\r\n|\n|\r/).length - 1
      value += part
      at = end + 1
      if (text[at] !== '"') break
      value += '"'
    }
    if (at < text.length && text[at] !== ',' && text[at] !== '\n' && text[at] !== '\r') throw fail(line, 'text after the closing quote of a cell')
    return value
  }

  while (at < text.length) {
    const start = line
    const first = at
    const cells = [cell()]
    while (text[at] === ',') {
      at++
      cells.push(cell())
    }
    const empty = at === first
    if (text[at] === '\r' && text[at + 1] === '\n') at++
    at++
    line++
    if (!empty) yield { line: start, cells }
  }
}

/** A cell as it stands in a file: quoted where RFC 4180 asks for it. */
export function formatCell(value: string): string {
  return /[",\r\n]|^\uFEFF/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}
