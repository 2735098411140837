import path from 'node:path'
import { AedError } from '@aed/core'
import { exists } from '@aed/core/node'
import { parseEsc50Csv, type Esc50Row } from './esc50-csv.ts'
import { readText, type Listing } from './listing.ts'
import { SYNTHETIC_CITATION, SYNTHETIC_LICENCE, SYNTHETIC_MARKER, SYNTHETIC_NAME } from './synthetic/marker.ts'

export const ESC_CITATION = 'K. J. Piczak. ESC: Dataset for Environmental Sound Classification. ACM Multimedia 2015. https://doi.org/10.1145/2733373.2806390'
/** The whole of ESC-50 is non-commercial, its subset ESC-10 is not. */
const ESC10_LICENCE = 'CC BY 3.0 (each clip: see its attribution)'
export const ESC50_LICENCE = 'CC BY-NC 3.0'

/**
 * Lists a folder laid out like ESC-50.
 * @param all true: every row; false: of a table with a column esc10 only those that have it True
 */
export async function readEsc50(dir: string, table: string, all: boolean): Promise<Listing> {
  const rows = parseEsc50Csv(await readText(table), { where: table })
  const isEsc10 = ({ esc10 }: Esc50Row) => esc10 !== false
  const subset = !all && rows.some((row) => row.esc10 !== null)
  const clips = (subset ? rows.filter(isEsc10) : rows).map(({ id, file, label, source, fold, line }) => ({ id, file, label, source, fold, line }))
  if (subset && rows.length && clips.length === 0)
    throw new AedError('DATASET_INVALID', `${table}: no row has esc10 = True`, { hint: 'name the classes to read instead' })
  const common = { clips, audioDir: path.join(dir, 'audio'), where: table }
  if (await exists(path.join(dir, SYNTHETIC_MARKER))) return { ...common, name: SYNTHETIC_NAME, synthetic: true, licence: SYNTHETIC_LICENCE, citation: SYNTHETIC_CITATION }
  const onlyEsc10 = subset || (rows.length > 0 && rows.every(({ esc10 }) => esc10 === true))
  return { ...common, name: onlyEsc10 ? 'ESC-10' : 'ESC-50', synthetic: false, licence: onlyEsc10 ? ESC10_LICENCE : ESC50_LICENCE, citation: ESC_CITATION }
}
