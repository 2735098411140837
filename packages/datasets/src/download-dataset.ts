import { rm } from 'node:fs/promises'
import path from 'node:path'
import { AedError, type StageContext } from '@aed/core'
import { downloadFile, exists, type Checksum } from '@aed/core/node'
import type { Dataset } from './dataset.ts'
import { ESC50_LICENCE, ESC_CITATION } from './read-esc50.ts'
import { readDataset } from './read-dataset.ts'
import { unzip } from './unzip.ts'

/** A dataset that its publisher offers as one zip archive. */
export interface PublishedDataset {
  readonly name: string
  readonly url: string
  /** Of the archive. */
  readonly checksum: Checksum
  readonly licence: string
  readonly citation: string
  readonly homepage: string
}

/** Datasets that can be downloaded. The checksum of ESC-50 is the one that soundata, PaddleAudio and HEAR use for the same archive. */
export const PUBLISHED_DATASETS = {
  esc50: {
    name: 'ESC-50',
    url: 'https://github.com/karolpiczak/ESC-50/archive/master.zip',
    checksum: { algorithm: 'md5', hex: '7771e4b9d86d0945acce719c7a59305a' },
    licence: `${ESC50_LICENCE}; its subset ESC-10 CC BY 3.0`,
    citation: ESC_CITATION,
    homepage: 'https://github.com/karolpiczak/ESC-50',
  },
} as const satisfies Readonly<Record<string, PublishedDataset>>

/** ESC-50 takes 0.6 GB. */
const MAX_ARCHIVE = 2 ** 33

/** Another source of the same dataset. */
export interface DownloadSource {
  readonly url?: string
  /** null: taken as it comes. */
  readonly checksum?: Checksum | null
}

/**
 * Downloads a published dataset, checks and unpacks it. The archive lies beside `dir` while it is needed; a download that was cut off goes on with the next call.
 * @param dir folder that the dataset becomes, new or empty
 * @returns the dataset as `readDataset` reads it: of ESC-50 the ten classes of ESC-10
 * @throws AedError `FILE_EXISTS`, `DOWNLOAD_FAILED`, `ARCHIVE_INVALID`, `DATASET_INVALID`, `IO_FAILED`, `ABORTED`
 */
export async function downloadDataset({ name, url, checksum }: PublishedDataset, dir: string, source: DownloadSource = {}, { signal, onProgress }: StageContext = {}): Promise<Dataset> {
  const target = path.resolve(dir)
  if (await exists(target)) throw new AedError('FILE_EXISTS', `${dir}: is there already`, { hint: 'choose a new folder, or use what is there' })
  const archive = `${target}.zip`
  const from = source.url ?? url
  await downloadFile(from, archive, { checksum: source.checksum === undefined ? checksum : source.checksum, maxBytes: MAX_ARCHIVE, signal, onProgress })
  await unzip(archive, target, { stripRoot: true }, { signal, onProgress })
  try {
    const dataset = await readDataset(target)
    await rm(archive)
    return dataset
  } catch (error) {
    await rm(target, { recursive: true, force: true })
    throw new AedError('DATASET_INVALID', `${from}: is not ${name}: ${error instanceof Error ? error.message : String(error)}`, { hint: 'check the address', cause: error })
  }
}
