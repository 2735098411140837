import path from 'node:path'
import { AedError } from '@aed/core'
import { exists } from '@aed/core/node'
import { readDataset, writeSyntheticEsc10, type Dataset } from '@aed/datasets'

/**
 * The dataset to work on: the folder given, else `AED_ESC10_DIR`, else ESC-50 in the cache, else a synthetic set that is made now.
 * @throws AedError of `readDataset`
 */
export async function findDataset(data: string | null, cacheDir: string): Promise<Dataset> {
  const given = data ?? (process.env['AED_ESC10_DIR'] || null)
  if (given !== null) {
    const dataset = await readDataset(given)
    requireSingleLabels(dataset)
    return dataset
  }
  const downloaded = path.join(cacheDir, 'datasets', 'esc50')
  if (await exists(downloaded)) return readDataset(downloaded)
  const synthetic = path.join(cacheDir, 'datasets', 'synthetic-esc10-1')
  if (!(await exists(synthetic))) await writeSyntheticEsc10(synthetic, {})
  return readDataset(synthetic)
}

/**
 * Refuses clips of several classes where each must be of one.
 * @throws AedError `DATASET_INVALID` with the first such clip
 */
export function requireSingleLabels({ name, clips }: Pick<Dataset, 'name' | 'clips'>): void {
  const several = clips.find(({ labels }) => labels !== undefined)
  if (several) throw new AedError('DATASET_INVALID', `${name}: clip '${several.id}' is of several classes (${several.labels!.join(', ')}), where one is needed`, { hint: 'choose classes that do not overlap' })
}
