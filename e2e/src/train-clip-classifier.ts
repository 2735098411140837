import { AedError, type FeatureConfig, type Graph, type StatisticsHead } from '@aed/core'
import type { Dataset } from '@aed/datasets'
import { evaluate, type Evaluation } from '@aed/eval-cliplevel'
import { tapGraph } from '@aed/model-miniresnetv2'
import type { Backbone } from './backbone.ts'
import { trainingCopies, type ClipCopy } from './clip-copies.ts'
import { fitHeads, headOf, scoreRows } from './clip-head-fit.ts'
import { measureClips } from './clip-measures.ts'
import { blocksOf, clipBlock } from './recipe.ts'
import { scoresOf } from './recipe-procedure.ts'
import type { RunContext } from './run-context.ts'
import type { Steps } from './steps.ts'

/** Speeds of the copies that a clip head is trained on, and frames from patch to patch: those of recipe R. */
const SPEEDS = [1, 0.85, 0.92, 1.08, 1.17]
const PATCH_STEP = 25
/** Least length of a clip where none is given, in s: a patch and a little, as in recipe R. */
export const CLIP_HEAD_MIN_DURATION = 1.1

/** A clip head with the network that it reads, and how it did on clips kept out. */
export interface TrainedClipModel {
  /** Its outputs are the taps. */
  readonly graph: Graph
  readonly head: StatisticsHead
  /** That the head has learned of each clip. */
  readonly copies: readonly ClipCopy[]
  /** null when no clip was kept out. */
  readonly test: Evaluation | null
}

/**
 * Trains a clip head on a frozen network.
 * @param blocks as `--blocks` takes them: `post_relu,mel,modst,env4`
 * @param gains of further copies to train on, in dB
 * @throws AedError `INVALID_OPTION` for unknown blocks or none that taps the network, `MODEL_MISMATCH` for taps that do not exist; of the first clip that cannot be read
 */
export async function trainClipModel(
  { dataset, backbone, features, blocks: text, gains: gainsDb, train, test, seed }: { readonly dataset: Dataset; readonly backbone: Backbone; readonly features: FeatureConfig; readonly blocks: string; readonly gains: readonly number[]; readonly train: readonly number[]; readonly test: readonly number[]; readonly seed: number },
  context: RunContext,
  steps: Steps,
): Promise<TrainedClipModel> {
  const { clips, classes } = dataset
  const copies = trainingCopies(SPEEDS, gainsDb)
  const gains = blocksOf(text, 'train: blocks')
  const blocks = Object.keys(gains).map((key) => clipBlock(key, true, 'train: blocks'))
  const taps = [...new Set(blocks.flatMap((block) => (block.kind === 'tap' ? [block.tensor] : [])))]
  if (taps.length === 0) throw new AedError('INVALID_OPTION', `train: blocks takes a tap of the network at least, got '${text}'`, { hint: 'post_relu is the last activation' })
  const graph = tapGraph(backbone.graph, taps)
  const labels = Int32Array.from(clips, ({ label }) => classes.indexOf(label))
  const measures = await steps.run('statistics', (report) =>
    measureClips({ clips, blocks, features, patchStep: PATCH_STEP, copies, perPatch: false, network: { graph: backbone.graph, key: backbone.sha256 } }, context, report),
  )
  const variant = { gains: Object.values(gains) }
  const [trained] = await steps.run('training', () => fitHeads(measures, labels, classes.length, train, copies.length, [variant], context.pool, context.signal))
  const fitted = { blocks, trained: trained!, classes: classes.length }
  const scores = test.flatMap((clip) => [...scoreRows(fitted, { dtype: 'float32', shape: [1, trained!.mean.length], data: measures.clips[clip]!.data.slice(0, trained!.mean.length) })[0]!])
  return { graph, head: headOf(fitted, measures.lengths, variant.gains, PATCH_STEP), copies, test: test.length === 0 ? null : evaluate(scoresOf(dataset, test, scores), { seed }) }
}
