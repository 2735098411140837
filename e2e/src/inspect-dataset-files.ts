import type { Progress } from '@aed/core'
import { readBytes } from '@aed/core/node'
import { inspectDataset, type Dataset, type DatasetInspection } from '@aed/datasets'
import type { RunContext } from './run-context.ts'

/**
 * Decodes every clip of a dataset in the pool and says what is in it; clips that cannot be read are named in the result.
 * @throws AedError `ABORTED`
 */
export function inspectDatasetFiles(dataset: Dataset, { pool, signal }: Pick<RunContext, 'pool' | 'signal'>, report: (progress: Progress) => void): Promise<DatasetInspection> {
  return inspectDataset(
    dataset,
    async ({ path }) => {
      const bytes = await readBytes(path)
      return pool.stages.measureClip({ bytes, name: path }, undefined, { signal })
    },
    { onProgress: report, signal, width: pool.size * 2 },
  )
}
