import path from 'node:path'
import { AedError } from '@aed/core'
import { parseCsv, parseRecords } from './csv.ts'
import type { ListedClip } from './dataset.ts'
import { required } from './esc50-csv.ts'
import { readText, type Listing } from './listing.ts'

/** Folder of FSD50K's tables. */
export const FSD50K_TABLES = 'FSD50K.ground_truth'

const LICENCE = 'CC BY 4.0 (the set); each clip its own: CC0, CC BY, CC BY-NC or CC Sampling+'
const CITATION = 'E. Fonseca, X. Favory, J. Pons, F. Font, X. Serra. FSD50K: an Open Dataset of Human-Labeled Sound Events. IEEE/ACM TASLP 30, 2022. https://doi.org/10.1109/TASLP.2021.3133208'

/** A class of FSD50K. */
export interface Fsd50kClass {
  readonly name: string
  /** Its node in the AudioSet ontology: `/m/0642b4`. */
  readonly mid: string
}

/**
 * Reads `vocabulary.csv`: index, name and AudioSet id of each class, without a header.
 * @throws AedError `DATASET_INVALID` with the line
 */
export function parseFsd50kVocabulary(text: string, where = 'vocabulary.csv'): readonly Fsd50kClass[] {
  const classes = parseRecords(text, where).map(({ record, info }, index) => {
    const at = `${where}: line ${info.lines}`
    const [number, name, mid] = record
    if (Number(number) !== index || number === '') throw new AedError('DATASET_INVALID', `${at}: expected index ${index}, a name and an AudioSet id, got '${record.join(',')}'`)
    return { name: required(name, at, 'name'), mid: required(mid, at, 'id') }
  })
  const twice = classes.find(({ name }, i) => classes.findIndex((other) => other.name === name) < i)
  if (twice) throw new AedError('DATASET_INVALID', `${where}: the class '${twice.name}' is listed twice`)
  return classes
}

/**
 * Reads `dev.csv` or `eval.csv`: columns fname, labels, mids, and in dev.csv split. The first label is the most specific; the others are further
 * sounds and the ancestors of all in the AudioSet ontology. Each clip is a recording of its own.
 * @param part which of the two
 * @throws AedError `DATASET_INVALID` with the line, for classes outside the vocabulary and labels that disagree with their ids too
 */
export function parseFsd50kCsv(text: string, part: 'dev' | 'eval', vocabulary: readonly Fsd50kClass[], where = `${part}.csv`): readonly ListedClip[] {
  const midOf = new Map(vocabulary.map(({ name, mid }) => [name, mid]))
  return parseCsv(text, where, ['fname', 'labels', 'mids', ...(part === 'dev' ? ['split'] : [])]).rows.map(({ line, values }) => {
    const at = `${where}: line ${line}`
    const id = required(values['fname'], at, 'fname')
    const labels = required(values['labels'], at, 'labels').split(',')
    const mids = required(values['mids'], at, 'mids').split(',')
    const unknown = labels.find((name) => !midOf.has(name))
    if (unknown !== undefined) throw new AedError('DATASET_INVALID', `${at}: the class '${unknown}' is not in vocabulary.csv`)
    const odd = labels.findIndex((name, i) => midOf.get(name) !== mids[i])
    if (odd >= 0 || mids.length !== labels.length)
      throw new AedError('DATASET_INVALID', `${at}: labels and mids disagree: ${odd >= 0 ? `'${labels[odd]}' is ${midOf.get(labels[odd]!)}, got ${mids[odd] ?? 'none'}` : `${labels.length} labels, ${mids.length} mids`}`)
    return { id: `${id}.wav`, file: `FSD50K.${part}_audio/${id}.wav`, label: labels[0]!, ...(labels.length > 1 && { labels }), source: id, fold: null, subset: subsetOf(part, values['split'], at), line }
  })
}

function subsetOf(part: 'dev' | 'eval', split: string | undefined, at: string): 'train' | 'validation' | 'test' {
  if (part === 'eval') return 'test'
  if (split === 'train') return 'train'
  if (split === 'val') return 'validation'
  throw new AedError('DATASET_INVALID', `${at}: split is train or val, got '${split ?? ''}'`)
}

/** Lists a folder laid out like FSD50K, with dev and eval. */
export async function readFsd50k(dir: string): Promise<Listing> {
  const tables = path.join(dir, FSD50K_TABLES)
  const vocabulary = parseFsd50kVocabulary(await readText(path.join(tables, 'vocabulary.csv')), path.join(tables, 'vocabulary.csv'))
  const parts = await Promise.all((['dev', 'eval'] as const).map(async (part) => parseFsd50kCsv(await readText(path.join(tables, `${part}.csv`)), part, vocabulary, path.join(tables, `${part}.csv`))))
  const [dev, evaluation] = parts as [readonly ListedClip[], readonly ListedClip[]]
  const inDev = new Map(dev.map(({ id, line }) => [id, line]))
  const both = evaluation.find(({ id }) => inDev.has(id))
  if (both) throw new AedError('DATASET_INVALID', `${tables}: '${both.id}' stands in dev.csv (line ${inDev.get(both.id)}) and in eval.csv (line ${both.line})`)
  return { name: 'FSD50K', synthetic: false, licence: LICENCE, citation: CITATION, clips: [...dev, ...evaluation], audioDir: dir, where: tables, vocabulary: vocabulary.map(({ name }) => name) }
}
