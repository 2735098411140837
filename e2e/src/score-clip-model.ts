import { AedError, clipHeadScores, linearHead, placeBlocks, sha256, type Graph, type ModelCard, type Progress } from '@aed/core'
import { readBytes } from '@aed/core/node'
import type { DatasetClip } from '@aed/datasets'
import { AS_RECORDED } from './clip-copies.ts'
import type { RunContext } from './run-context.ts'
import { runAll } from './steps.ts'

/**
 * What a model with a clip head says of recordings, in the pool.
 * @returns row-major `[clips, classes]`
 * @throws AedError of the first clip that cannot be read or has no patch; `MODEL_MISMATCH`, `MODEL_INVALID` for a head that does not fit
 */
export async function scoreClipModel({ graph, card }: { readonly graph: Graph; readonly card: ModelCard }, clips: readonly DatasetClip[], { pool, signal }: RunContext, report: (progress: Progress) => void): Promise<Float32Array> {
  const { head, features, classes } = card
  if (head.kind !== 'clip' || !features || !classes) throw new AedError('MODEL_MISMATCH', `model '${card.name}' has no clip head with class names and feature config`)
  const linear = linearHead(head, placeBlocks(head.blocks, graph, features), classes.length)
  const { patchStep, blocks } = head
  const network = { key: await sha256(JSON.stringify(Object.values(graph.tensors).map(({ name, data, quantization }) => [name, data && [...data].map(String), quantization]))), graph }
  const rows = await runAll(
    clips.map(({ path, segment }) => async () => {
      const measured = await pool.stages.measureStatistics({ file: { bytes: await readBytes(path), name: path, segment }, network }, { features, patchStep, blocks, copies: [AS_RECORDED], perPatch: false }, { signal })
      return clipHeadScores(linear, measured.clip.data)
    }),
    'clips',
    report,
    pool.size * 2,
  )
  const scores = new Float32Array(rows.length * classes.length)
  rows.forEach((row, i) => scores.set(row, i * classes.length))
  return scores
}
