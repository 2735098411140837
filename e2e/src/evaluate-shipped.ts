import { AedError, type PatchScores } from '@aed/core'
import { officialFolds, type Dataset } from '@aed/datasets'
import { evaluate, poolScores, summarizeFolds, type Evaluation, type FoldSummary } from '@aed/eval-cliplevel'
import { modelBytes } from '@aed/model-miniresnetv2'
import { readTflite } from '@aed/quantize-int8'
import type { RunContext } from './run-context.ts'
import { scoreClipModel } from './score-clip-model.ts'
import type { Steps } from './steps.ts'

/** Version of {@link ShippedReport}. */
export const SHIPPED_REPORT_SCHEMA = 'aed-shipped/1'

/** The shipped model that has not been trained on a fold. */
const modelOf = (fold: number) => (fold === 5 ? 'esc10-1stack-int8' : `esc10-1stack-fold-${fold}-int8`)

/** How the shipped models do on the folds that they were not trained on. */
export interface ShippedReport {
  readonly schema: typeof SHIPPED_REPORT_SCHEMA
  readonly data: { readonly name: string; readonly synthetic: boolean; readonly clips: number }
  readonly folds: readonly { readonly fold: number; readonly model: string; readonly clips: number; readonly accuracy: number }[]
  readonly summary: FoldSummary
  /** All clips together, with an interval by recording. */
  readonly pooled: Pick<Evaluation['clip'], 'accuracy' | 'interval' | 'confusion'>
}

/**
 * Evaluates the shipped int8 models, each on the official fold that it was not trained on. Nothing is trained.
 * @throws AedError `DATASET_INVALID` for a dataset of other classes or folds
 */
export async function evaluateShipped(dataset: Dataset, context: RunContext, steps: Steps): Promise<ShippedReport> {
  const parts: { fold: number; model: string; clips: number; accuracy: number; scores: PatchScores }[] = []
  for (const { fold, test } of officialFolds(dataset.clips)) {
    const model = modelOf(fold)
    await steps.run(`fold ${fold}`, async (report) => {
      if (fold > 5) throw new AedError('DATASET_INVALID', `${dataset.name}: has a fold ${fold}, the shipped models know ESC-10's folds 1 to 5`)
      const { bytes } = await modelBytes(model)
      const { graph, card } = readTflite(bytes, model)
      const classes = card!.classes!
      const other = dataset.classes.find((name) => !classes.includes(name))
      if (other !== undefined) throw new AedError('DATASET_INVALID', `${dataset.name}: class '${other}' is not among those of ${model}: ${classes.join(', ')}`)
      const clips = test.map((clip) => dataset.clips[clip]!)
      const rows = await scoreClipModel({ graph, card: card! }, clips, context, report)
      const scores = { classes, clips, clipOfPatch: Int32Array.from(clips.keys()), scores: rows }
      parts.push({ fold, model, clips: clips.length, accuracy: evaluate(scores).clip.accuracy, scores })
    })
  }
  const { accuracy, interval, confusion } = evaluate(poolScores(parts.map(({ scores }) => scores))).clip
  return {
    schema: SHIPPED_REPORT_SCHEMA,
    data: { name: dataset.name, synthetic: dataset.synthetic, clips: dataset.clips.length },
    folds: parts.map(({ fold, model, clips, accuracy }) => ({ fold, model, clips, accuracy })),
    summary: summarizeFolds(parts.map((part) => part.accuracy)),
    pooled: { accuracy, interval, confusion },
  }
}
