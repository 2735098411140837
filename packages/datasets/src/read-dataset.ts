import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { AedError, isAedError } from '@aed/core'
import { exists, fileError, readBytes } from '@aed/core/node'
import { compareText, type Dataset, type DatasetClip, type ListedClip } from './dataset.ts'
import { parseEsc50Csv, type Esc50Row } from './esc50-csv.ts'
import { parseLabelsCsv } from './labels-csv.ts'
import { SYNTHETIC_CITATION, SYNTHETIC_LICENCE, SYNTHETIC_MARKER, SYNTHETIC_NAME } from './synthetic/marker.ts'

/** Options of {@link readDataset}. */
export interface ReadDatasetOptions {
  /** Only clips of these classes; default: all (of ESC-50, the ten of ESC-10). */
  readonly classes?: readonly string[]
}

const AUDIO_FILE = /\.(wav|ogg|oga)$/i
const ESC_CITATION = 'K. J. Piczak. ESC: Dataset for Environmental Sound Classification. ACM Multimedia 2015. https://doi.org/10.1145/2733373.2806390'
/** The whole of ESC-50 is non-commercial, its subset ESC-10 is not. */
const ESC10_LICENCE = 'CC BY 3.0 (each clip: see its attribution)'
const ESC50_LICENCE = 'CC BY-NC 3.0'

/** A dataset before its audio files are looked for. */
interface Listing {
  readonly name: string
  readonly synthetic: boolean
  readonly licence: string
  readonly citation: string
  readonly clips: readonly ListedClip[]
  /** Folder that the clips' files are relative to. */
  readonly audioDir: string
  /** What lists the clips, for errors. */
  readonly where: string
}

/** What a folder holds, in no order. */
async function listFolder(dir: string): Promise<Dirent[]> {
  try {
    return await readdir(dir, { withFileTypes: true })
  } catch (error) {
    throw fileError(error, dir)
  }
}

const decodeText = async (file: string) => new TextDecoder().decode(await readBytes(file))

async function readEsc50(dir: string, table: string, classes: readonly string[] | undefined): Promise<Listing> {
  const rows = parseEsc50Csv(await decodeText(table), { where: table })
  const isEsc10 = ({ esc10 }: Esc50Row) => esc10 !== false
  const subset = !classes && rows.some((row) => row.esc10 !== null)
  const clips = subset ? rows.filter(isEsc10) : rows
  if (subset && rows.length && clips.length === 0)
    throw new AedError('DATASET_INVALID', `${table}: no row has esc10 = True`, { hint: 'name the classes to read instead' })
  const common = { clips, audioDir: path.join(dir, 'audio'), where: table }
  if (await exists(path.join(dir, SYNTHETIC_MARKER))) return { ...common, name: SYNTHETIC_NAME, synthetic: true, licence: SYNTHETIC_LICENCE, citation: SYNTHETIC_CITATION }
  const onlyEsc10 = subset || (rows.length > 0 && rows.every(({ esc10 }) => esc10 === true))
  return { ...common, name: onlyEsc10 ? 'ESC-10' : 'ESC-50', synthetic: false, licence: onlyEsc10 ? ESC10_LICENCE : ESC50_LICENCE, citation: ESC_CITATION }
}

const unknownOrigin = { synthetic: false, licence: 'unknown', citation: '' }

async function readTable(table: string, name: string): Promise<Listing> {
  return { ...unknownOrigin, name, clips: parseLabelsCsv(await decodeText(table), { where: table }), audioDir: path.dirname(table), where: table }
}

/** One class per folder; null when there are no two such folders. */
async function readFolders(dir: string): Promise<Listing | null> {
  const clips: ListedClip[] = []
  const folders = (await listFolder(dir)).filter((item) => item.isDirectory() && !item.name.startsWith('.'))
  for (const { name: label } of folders)
    for (const { name } of await listFolder(path.join(dir, label))) {
      const id = `${label}/${name}`
      if (AUDIO_FILE.test(name) && !name.startsWith('.')) clips.push({ id, file: id, label, source: id, fold: null, line: 0 })
    }
  if (new Set(clips.map(({ label }) => label)).size < 2) return null
  return { ...unknownOrigin, name: path.basename(dir), clips, audioDir: dir, where: dir }
}

async function list(location: string, classes: readonly string[] | undefined): Promise<Listing> {
  const info = await stat(location).catch((error: unknown) => {
    throw fileError(error, location)
  })
  if (info.isFile()) {
    if (!/\.csv$/i.test(location)) throw new AedError('DATASET_NOT_FOUND', `${location}: is a file, expected a folder or a .csv`)
    return readTable(location, path.basename(location, path.extname(location)))
  }
  const esc50 = path.join(location, 'meta', 'esc50.csv')
  if (await exists(esc50)) return readEsc50(location, esc50, classes)
  const labels = path.join(location, 'labels.csv')
  if (await exists(labels)) return readTable(labels, path.basename(location))
  const folders = await readFolders(location)
  if (folders) return folders
  throw new AedError('DATASET_NOT_FOUND', `${location}: no dataset: expected meta/esc50.csv with audio/, labels.csv, or one folder of .wav or .ogg files per class`, { hint: 'check the path' })
}

/** Names of the files in a folder, each folder listed once; empty for a folder that is not there. */
function folderNames() {
  const known = new Map<string, Promise<Set<string>>>()
  return (dir: string) => {
    const names =
      known.get(dir) ??
      listFolder(dir).then(
        (items) => new Set(items.map(({ name }) => name)),
        (error: unknown) => {
          if (isAedError(error, 'FILE_NOT_FOUND')) return new Set<string>()
          throw error
        },
      )
    known.set(dir, names)
    return names
  }
}

/** Finds the audio files of the clips, which must lie in the dataset's folder. */
async function locate({ clips, audioDir, where }: Listing): Promise<DatasetClip[]> {
  const namesIn = folderNames()
  const lineOf = new Map<string, number>()
  const located: DatasetClip[] = []
  for (const { id, label, source, fold, file, line } of clips) {
    const at = line ? `${where}: line ${line}` : where
    const audio = path.resolve(audioDir, file)
    const inside = path.relative(audioDir, audio)
    if (path.isAbsolute(file) || file.includes('\0') || inside === '' || inside.split(path.sep)[0] === '..' || path.isAbsolute(inside))
      throw new AedError('DATASET_INVALID', `${at}: the path '${file}' leaves the folder ${audioDir}`)
    if (lineOf.has(id)) throw new AedError('DATASET_INVALID', `${at}: '${id}' is listed twice, first in line ${lineOf.get(id)}`)
    lineOf.set(id, line)
    if (!(await namesIn(path.dirname(audio))).has(path.basename(audio)))
      throw new AedError('DATASET_INVALID', `${at}: the audio file ${audio} does not exist`, { hint: 'get the dataset again, or take the line out' })
    located.push({ id, label, source, fold, path: audio })
  }
  return located.sort((a, b) => compareText(a.id, b.id))
}

function choose(listing: Listing, classes: readonly string[] | undefined): Listing {
  const known = [...new Set(listing.clips.map(({ label }) => label))].sort(compareText)
  const unknown = classes?.filter((name) => !known.includes(name)) ?? []
  if (known.length && unknown.length)
    throw new AedError('UNKNOWN_CLASS', `${listing.where}: no class ${unknown.map((name) => `'${name}'`).join(', ')}; known are ${known.join(', ')}`, { hint: 'check the spelling' })
  return classes ? { ...listing, clips: listing.clips.filter(({ label }) => classes.includes(label)) } : listing
}

/**
 * Reads the list of a dataset's clips (not their sound) from a folder of one of these layouts, or from a csv file:
 *  - ESC-50 or ESC-10: `meta/esc50.csv` and `audio/`; of a table with a column esc10 only those rows that have it True, unless `classes` says which;
 *  - a table: `labels.csv` with columns filename, label and, if you have them, fold and source; paths relative to the table;
 *  - a folder for each class, with .wav or .ogg files; every file counts as a recording of its own.
 * @throws AedError `FILE_NOT_FOUND`; `DATASET_NOT_FOUND` for another layout; `DATASET_INVALID` for missing columns or files, with the line; `UNKNOWN_CLASS`
 */
export async function readDataset(dir: string, options: ReadDatasetOptions = {}): Promise<Dataset> {
  const listing = choose(await list(path.resolve(dir), options.classes), options.classes)
  const clips = await locate(listing)
  if (clips.length === 0) throw new AedError('DATASET_INVALID', `${listing.where}: the dataset holds no clips`)
  const { name, synthetic, licence, citation } = listing
  return { name, synthetic, classes: [...new Set(clips.map(({ label }) => label))].sort(compareText), clips, licence, citation }
}
