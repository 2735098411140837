import path from 'node:path'
import * as v from 'valibot'
import { AedError, findLeaks, option, requireNoLeaks, type ModelCard, type OptionsOf } from '@aed/core'
import { exists } from '@aed/core/node'
import { readDataset, writeSyntheticEsc10, type ClassChoice, type Dataset } from '@aed/datasets'

/** Which classes of a folder are read. */
export const classOptionsSchema = v.strictObject({
  classes: option.textOrNone(null, 'classes to read, comma-separated, the outputs in this order; none: all, sorted (of ESC-50 the ten of ESC-10)'),
  garbageClass: option.textOrNone(null, 'name of one more class, drawn by the seed from the clips of classes that are not read'),
  garbagePerLabel: option.integerOrNone(null, 'clips that the garbage class takes from each of these classes, at most; none: as many as give it the mean size of the others', { min: 1 }),
})
export type ClassOptions = OptionsOf<typeof classOptionsSchema>

/** The choice of classes as `readDataset` takes it, and as a model card keeps it. */
export function classChoice({ classes, garbageClass, garbagePerLabel }: ClassOptions, seed: number): ClassChoice {
  return {
    ...(classes !== null && { classes: classes.split(',').map((name) => name.trim()) }),
    ...(garbageClass !== null && { garbageClass: { name: garbageClass, perLabel: garbagePerLabel, seed } }),
  }
}

/**
 * The clips of a folder that a trained model is evaluated or calibrated with: where its card names a garbage class, the same choice of classes as in training.
 * @param options.multiLabel takes clips of several classes too, for a model whose outputs are probabilities of their own
 * @throws AedError of `readDataset`; `UNKNOWN_CLASS` for classes that the model does not know
 */
export async function readForModel(dir: string, { classes, provenance }: ModelCard, { multiLabel = false } = {}): Promise<Dataset> {
  const choice = provenance['classChoice'] as ClassChoice | undefined
  const dataset = await readDataset(dir, choice?.garbageClass ? choice : {})
  if (!multiLabel) requireSingleLabels(dataset)
  const unknown = classes && dataset.classes.find((name) => !classes.includes(name))
  if (unknown) throw new AedError('UNKNOWN_CLASS', `${dir}: class '${unknown}' is not among the model's ${classes.join(', ')}`, { hint: 'give a table with the clips of its classes, or train with a garbage class' })
  return dataset
}

/** Clips held out whose recording is trained on, and how many are held out. */
export interface SplitLeak {
  readonly clips: number
  readonly of: number
}

/**
 * Refuses a split that leaks recordings; where that is allowed, says how many clips are concerned, so that figures can be marked. null: none.
 * @throws AedError `SPLIT_INVALID`
 */
export function checkLeaks({ clips }: Dataset, split: { readonly train: readonly number[]; readonly test: readonly number[] }, allow: boolean, where: string): SplitLeak | null {
  const report = findLeaks(clips, split)
  if (!allow) requireNoLeaks(report, where)
  return report.clips > 0 ? { clips: report.clips, of: report.of } : null
}

/**
 * What of the clips chosen for a test the model was trained on, as its card says: all but its test fold where the dataset is the same, else what that fold leaks.
 * null: nothing, as far as the card knows.
 */
export function trainedOn({ provenance }: ModelCard, dataset: Dataset, chosen: readonly number[]): SplitLeak | null {
  if (provenance['data'] !== dataset.name) return null
  const known = chosen.filter((clip) => dataset.clips[clip]!.fold !== provenance['testFold'] || provenance['testFold'] === null)
  if (known.length > 0) return { clips: known.length, of: chosen.length }
  return (provenance['leaky'] as SplitLeak | undefined) ?? null
}

/** How every figure of a leaking split is marked. */
export const leakMark = ({ clips, of }: SplitLeak): string => `LEAKY: the model was trained on the recordings of ${clips} of ${of} clips; these figures do not hold for new recordings`

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
