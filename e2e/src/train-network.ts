import { AedError, type FeatureConfig, type StageContext } from '@aed/core'
import { createMiniResNetV2, trainModelOptionsSchema, withHead, type KerasModel, type TrainModelOptions } from '@aed/model-miniresnetv2'
import type { RunFolder } from '@aed/model-miniresnetv2/node'
import { trainModel, type EpochRecord, type TrainedModel, type TrainModelContext } from '@aed/model-miniresnetv2/train'
import { curvesHtml, curvesJsonl } from './curves.ts'
import { patchesOf, take, type PatchSet } from './patches.ts'
import type { RunContext } from './run-context.ts'
import { loadSpectrograms } from './spectrograms.ts'
import type { ClipSplit } from './train-fold.ts'
import { parseSpeeds, type NetworkTraining } from './train-modes.ts'

/** What {@link trainNetwork} learns from. */
export interface NetworkTrainingInput {
  readonly set: PatchSet
  readonly classes: readonly string[]
  readonly split: ClipSplit
  /** null: initial values. */
  readonly backbone: Pick<KerasModel, 'network' | 'weights'> | null
  readonly stacks: number
  readonly title: string
}

/** The network that training starts from. */
function initialNetwork({ backbone, classes, stacks, set }: NetworkTrainingInput, { dropout, pooling, seed }: NetworkTraining): KerasModel {
  const [, mels, frames] = set.patches.shape
  return backbone ? withHead(backbone, { classes: classes.length, dropout, seed }) : createMiniResNetV2({ stacks, classes: classes.length, dropout, pooling, seed, inputShape: [mels!, frames!, 1] })
}

/**
 * Trains all or part of a network on the spectrograms of a split's training clips, in the folder of a run: a checkpoint and curves after each
 * epoch.
 * @throws AedError of `trainModel`; `SPLIT_INVALID` when a class has only clips shorter than a patch
 */
export async function trainNetwork(input: NetworkTrainingInput, options: NetworkTraining, features: FeatureConfig, folder: RunFolder, context: RunContext, { onProgress, onHistory }: Pick<StageContext, 'onProgress'> & Pick<TrainModelContext, 'onHistory'> = {}): Promise<TrainedModel> {
  const { set, classes, split, title } = input
  const training = Object.fromEntries(Object.entries(options).filter(([name]) => name in trainModelOptionsSchema.entries)) as TrainModelOptions
  const clips = split.train.map((clip) => set.clips[clip]!)
  const spectrograms = await loadSpectrograms(clips, features, parseSpeeds(options.speeds), context, (progress) => onProgress?.(progress))
  const usable = clips.flatMap(({ label }, i) => (spectrograms[i]!.length > 0 ? [{ spectrograms: spectrograms[i]!, labels: [classes.indexOf(label)] }] : []))
  const held = patchesOf(set, split.validation)
  if (split.validation.length > 0 && held.length === 0) throw new AedError('SPLIT_INVALID', 'train: all validation clips are shorter than a patch')
  const validation = { patches: take(set.patches, held), labels: [...held].map((patch) => [classes.indexOf(set.clips[set.clipOfPatch[patch]!]!.label)]) }
  let history: EpochRecord[] = []
  return trainModel({ model: initialNetwork(input, options), classes, clips: usable, ...(held.length > 0 && { validation }) }, training, {
    signal: context.signal,
    onProgress,
    onHistory(records) {
      history = [...records]
      onHistory?.(history)
    },
    onCheckpoint: async (bytes) => folder.save(bytes, { 'curves.jsonl': curvesJsonl(history), 'curves.html': await curvesHtml(title, history) }),
    resume: folder.resume,
  })
}
