import { stat } from 'node:fs/promises'
import path from 'node:path'
import { AedError, isAedError } from '@aed/core'
import { exists, fileError } from '@aed/core/node'
import { chooseClasses, type ClassChoice } from './choose-classes.ts'
import { compareText, labelsOf, type Dataset, type DatasetClip } from './dataset.ts'
import { parseLabelsCsv } from './labels-csv.ts'
import { listFolder, readText, UNKNOWN_ORIGIN, type Listing } from './listing.ts'
import { readClassFolders, readRecordings } from './read-class-folders.ts'
import { readEsc50 } from './read-esc50.ts'
import { FSD50K_TABLES, readFsd50k } from './read-fsd50k.ts'
import { readUrbanSound8k, URBANSOUND8K_TABLE } from './read-urbansound8k.ts'

/** Options of {@link readDataset}. */
export interface ReadDatasetOptions extends ClassChoice {
  /** Path of another table instead of the folder's own, its files relative to the folder. */
  readonly table?: string
  /** Takes a folder of no known layout too: every recording in it, at any depth, of one class with the folder's name. */
  readonly unlabelled?: boolean
}

async function readTable(table: string, name: string, audioDir: string): Promise<Listing> {
  return { ...UNKNOWN_ORIGIN, name, clips: parseLabelsCsv(await readText(table), { where: table }), audioDir, where: table }
}

async function list(location: string, { classes, garbageClass, table, unlabelled }: ReadDatasetOptions): Promise<Listing> {
  const info = await stat(location).catch((error: unknown) => {
    throw fileError(error, location)
  })
  if (info.isFile()) {
    if (!/\.csv$/i.test(location)) throw new AedError('DATASET_NOT_FOUND', `${location}: is a file, expected a folder or a .csv`)
    return readTable(location, path.basename(location, path.extname(location)), path.dirname(location))
  }
  if (table !== undefined) return readTable(table, path.basename(location), location)
  const inside = (...parts: string[]) => path.join(location, ...parts)
  if (await exists(inside('meta', 'esc50.csv'))) return readEsc50(location, inside('meta', 'esc50.csv'), classes !== undefined || garbageClass !== undefined)
  if (await exists(inside(...URBANSOUND8K_TABLE))) return readUrbanSound8k(location)
  if (await exists(inside(FSD50K_TABLES))) return readFsd50k(location)
  if (await exists(inside('labels.csv'))) return readTable(inside('labels.csv'), path.basename(location), location)
  const folders = (await readClassFolders(location)) ?? (unlabelled ? await readRecordings(location) : null)
  if (folders) return folders
  throw new AedError(
    'DATASET_NOT_FOUND',
    `${location}: no dataset: expected meta/esc50.csv with audio/, metadata/UrbanSound8K.csv, FSD50K.ground_truth, labels.csv, or one folder of audio files per class`,
    { hint: 'check the path' },
  )
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
  for (const { file, line, ...clip } of clips) {
    const at = line ? `${where}: line ${line}` : where
    const audio = path.resolve(audioDir, file)
    const inside = path.relative(audioDir, audio)
    if (path.isAbsolute(file) || file.includes('\0') || inside === '' || inside.split(path.sep)[0] === '..' || path.isAbsolute(inside))
      throw new AedError('DATASET_INVALID', `${at}: the path '${file}' leaves the folder ${audioDir}`)
    if (lineOf.has(clip.id)) throw new AedError('DATASET_INVALID', `${at}: '${clip.id}' is listed twice, first in line ${lineOf.get(clip.id)}`)
    lineOf.set(clip.id, line)
    if (!(await namesIn(path.dirname(audio))).has(path.basename(audio)))
      throw new AedError('DATASET_INVALID', `${at}: the audio file ${audio} does not exist`, { hint: 'get the dataset again, or take the line out' })
    located.push({ ...clip, path: audio })
  }
  return located.sort((a, b) => compareText(a.id, b.id))
}

/**
 * Reads the list of a dataset's clips (not their sound) from a folder of one of these layouts, or from a csv file:
 *  - ESC-50 or ESC-10: `meta/esc50.csv` and `audio/`; of a table with a column esc10 only those rows that have it True, unless `classes` says which;
 *  - UrbanSound8K: `metadata/UrbanSound8K.csv` and `audio/fold1` to `fold10`; recordings are the Freesound clips (fsID);
 *  - FSD50K: `FSD50K.ground_truth/` and `FSD50K.dev_audio/`, `FSD50K.eval_audio/`; several labels a clip, subsets train, validation and test;
 *  - a table: `labels.csv` (see {@link parseLabelsCsv}), paths relative to the table;
 *  - a folder for each class, with audio files; every file counts as a recording of its own;
 *  - with `unlabelled`, a folder of any recordings.
 * @throws AedError `FILE_NOT_FOUND`; `DATASET_NOT_FOUND` for another layout; `DATASET_INVALID` for missing columns or files, with the line; `UNKNOWN_CLASS`
 */
export async function readDataset(dir: string, options: ReadDatasetOptions = {}): Promise<Dataset> {
  const listing = await list(path.resolve(dir), options)
  const { name, synthetic, licence, citation, where } = listing
  if (listing.clips.length === 0) throw new AedError('DATASET_INVALID', `${where}: the dataset holds no clips`)
  const known = listing.vocabulary ?? [...new Set(listing.clips.flatMap(labelsOf))].sort(compareText)
  const chosen = chooseClasses(listing.clips, known, options, where)
  return { name, synthetic, classes: chosen.classes, clips: await locate({ ...listing, clips: chosen.clips }), licence, citation }
}
