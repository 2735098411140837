import { AedError, type LabelledClip, type PatchScores } from '@aed/core'
import { checkScores, classIndex, labelsOf, unknownClass } from './check-scores.ts'
import { formatCell, readCsv, type CsvRecord } from './csv.ts'
import { quote } from './text.ts'

const LEADING = ['clip', 'source', 'label'] as const
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const HINT = 'the columns are clip, source, label, in any order, and one for each class; a row is a patch'

const PROBABILITIES = 'scores are probabilities: of logits (the outputs before softmax or logistic) write the softmax or logistic'

const invalid = (place: string, what: string, hint = HINT) => new AedError('DATASET_INVALID', `${place}: ${what}`, { hint })

/** Between the classes of a clip that has several, as in labels.csv. */
const LABEL_SEPARATOR = '|'
const labelCell = (clip: LabelledClip) => labelsOf(clip).join(LABEL_SEPARATOR)

/** Which column of a table is what. */
interface Columns {
  /** Of clip, source and label. */
  readonly leading: readonly number[]
  /** Of each class, in the order of the table. */
  readonly scores: readonly number[]
  readonly classes: readonly string[]
}

function columnsOf(header: CsvRecord | undefined, name: string): Columns {
  if (!header) throw invalid(name, 'is empty')
  const place = `${name}, line ${header.line}`
  const { cells } = header
  cells.forEach((cell, i) => {
    if (cell === '') throw invalid(place, `column ${i + 1} has no name`)
    if (cells.indexOf(cell) !== i) throw invalid(place, `two columns are called ${quote(cell)}`)
  })
  const leading = LEADING.map((wanted) => cells.indexOf(wanted))
  const missing = leading.indexOf(-1)
  if (missing >= 0) throw invalid(place, `there is no column ${LEADING[missing]!} among ${cells.slice(0, 12).map(quote).join(', ')}`)
  const scores = [...cells.keys()].filter((i) => !leading.includes(i))
  if (scores.length === 0) throw invalid(place, 'there is no column of a class beside clip, source and label')
  return { leading, scores, classes: scores.map((i) => cells[i]!) }
}

/** A probability as float32. */
function scoreOf(text: string, place: string): number {
  const value = NUMBER.test(text.trim()) ? Math.fround(Number(text)) : NaN
  if (value >= 0 && value < Infinity) return value
  throw new AedError('INVALID_INPUT', `${place}: takes a finite probability of 0 or more, got ${quote(text)}`, { hint: PROBABILITIES })
}

/**
 * Reads a table of scores: the columns `clip`, `source`, `label` (several between `|`), found by name, and one a class, in the table's order; a row is a patch, and a row whose scores are all
 * empty states a clip without a patch. Clips come in the order in which they first appear; they have no folds.
 * @param name how errors call the table: the file's name
 * @param options.anyLabel takes labels that are no classes: of clips outside
 * @throws AedError with the line: `DATASET_INVALID` for missing columns, rows of another length, bad quoting, a clip of two labels or
 * sources; `UNKNOWN_CLASS` for a label without a column; `INVALID_INPUT` for a score that is not a finite number of 0 or more
 */
export function parseScoresCsv(text: string, name = 'the table of scores', { anyLabel = false } = {}): PatchScores {
  const records = readCsv(text, (line, what) => invalid(`${name}, line ${line}`, what, 'quote cells as RFC 4180 does: "a ""b"" c"'))
  const first = records.next()
  const { leading, scores: columns, classes } = columnsOf(first.done === true ? undefined : first.value, name)
  const indexOf = classIndex(classes)
  const clips: LabelledClip[] = []
  const clipIndex = new Map<string, number>()
  const clipOfPatch: number[] = []
  let scores = new Float32Array(1024 * classes.length)

  for (const { line, cells } of records) {
    const place = `${name}, line ${line}`
    if (cells.length !== LEADING.length + classes.length) throw invalid(place, `takes ${LEADING.length + classes.length} cells as the header, got ${cells.length}`)
    const [id, source, label] = leading.map((column) => cells[column]!) as [string, string, string]
    if (id === '') throw invalid(place, 'the clip has no name')
    const labels = anyLabel || indexOf.has(label) ? [label] : label.split(LABEL_SEPARATOR).map((name) => name.trim())
    if (!anyLabel) for (const one of labels) if (!indexOf.has(one)) throw unknownClass(place, one, classes)
    let clip = clipIndex.get(id)
    if (clip === undefined) {
      clip = clips.length
      clipIndex.set(id, clip)
      clips.push({ id, label: labels[0]!, ...(labels.length > 1 && { labels }), source, fold: null })
    }
    const known = clips[clip]!
    if (labelCell(known) !== labels.join(LABEL_SEPARATOR)) throw invalid(place, `clip ${quote(id)} has label ${quote(label)}, before it had ${quote(labelCell(known))}`)
    if (known.source !== source) throw invalid(place, `clip ${quote(id)} has source ${quote(source)}, before it had ${quote(known.source)}`)
    if (columns.every((column) => cells[column] === '')) continue

    const start = clipOfPatch.length * classes.length
    if (start === scores.length) {
      const grown = new Float32Array(2 * scores.length)
      grown.set(scores)
      scores = grown
    }
    for (let c = 0; c < classes.length; c++) scores[start + c] = scoreOf(cells[columns[c]!]!, `${place}, column ${quote(classes[c]!)}`)
    clipOfPatch.push(clip)
  }
  if (clips.length === 0) throw invalid(name, 'has a header and no row')
  return { classes, clips, clipOfPatch: Int32Array.from(clipOfPatch), scores: scores.slice(0, clipOfPatch.length * classes.length) }
}

/** The shortest decimal that reads back as the same float32. */
function formatScore(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return String(short)
  }
  return String(value)
}

/**
 * Scores as the table that {@link parseScoresCsv} reads, clip by clip; the values read back the same, folds are not part of it.
 * @throws AedError `INVALID_INPUT` or `UNKNOWN_CLASS` for scores that do not fit together
 */
export function formatScoresCsv(scores: PatchScores): string {
  checkScores(scores)
  const { classes, clips, clipOfPatch } = scores
  const patchesOf = clips.map((): number[] => [])
  clipOfPatch.forEach((clip, patch) => patchesOf[clip]!.push(patch))
  const rows: string[][] = [[...LEADING, ...classes]]
  clips.forEach((one, clip) => {
    const { id, source } = one
    const odd = labelsOf(one).length > 1 ? labelsOf(one).find((name) => name.includes(LABEL_SEPARATOR)) : undefined
    if (odd !== undefined) throw new AedError('INVALID_INPUT', `clip ${quote(id)}: the class ${quote(odd)} holds '${LABEL_SEPARATOR}', which stands between classes`)
    const label = labelCell(one)
    const patches = patchesOf[clip]!
    if (patches.length === 0) rows.push([id, source, label, ...classes.map(() => '')])
    for (const patch of patches)
      rows.push([id, source, label, ...Array.from(scores.scores.subarray(patch * classes.length, (patch + 1) * classes.length), formatScore)])
  })
  return rows.map((cells) => `${cells.map(formatCell).join(',')}\n`).join('')
}
