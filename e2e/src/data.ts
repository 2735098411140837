import path from 'node:path'
import { exists } from '@aed/core/node'
import { readDataset, writeSyntheticEsc10, type Dataset } from '@aed/datasets'

/**
 * The dataset to work on: the folder given, else `AED_ESC10_DIR`, else ESC-50 in the cache, else a synthetic set that is made now.
 * @throws AedError of `readDataset`
 */
export async function findDataset(data: string | null, cacheDir: string): Promise<Dataset> {
  const given = data ?? (process.env['AED_ESC10_DIR'] || null)
  if (given !== null) return readDataset(given)
  const downloaded = path.join(cacheDir, 'datasets', 'esc50')
  if (await exists(downloaded)) return readDataset(downloaded)
  const synthetic = path.join(cacheDir, 'datasets', 'synthetic-esc10-1')
  if (!(await exists(synthetic))) await writeSyntheticEsc10(synthetic, {})
  return readDataset(synthetic)
}
