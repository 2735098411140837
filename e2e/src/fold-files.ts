import path from 'node:path'
import type { FeatureConfig, Graph, ModelCard } from '@aed/core'
import { writeAtomic, writeFolderAtomic } from '@aed/core/node'
import type { ClassChoice, Dataset } from '@aed/datasets'
import { toModelFiles, type TrainedHead } from '@aed/model-miniresnetv2'
import type { Backbone } from './backbone.ts'
import { curvesJsonl } from './curves.ts'
import type { SplitLeak } from './data.ts'
import type { SkippedClip } from './patches.ts'
import type { ClipSplit } from './train-fold.ts'
import type { TrainMode } from './train-modes.ts'
import { version } from './version.ts'

/** What a model was made from, for its card. */
export interface ModelOrigin {
  readonly stacks: number
  readonly backbone: Backbone | null
  readonly dataset: Dataset
  readonly features: FeatureConfig
  readonly split: ClipSplit
  readonly seed: number
  readonly epochs: number
  readonly skipped: readonly SkippedClip[]
  /** Where not all classes of the folder were read. */
  readonly choice?: ClassChoice
  readonly leak?: SplitLeak | null
  /** What was trained; default: the head alone. */
  readonly mode?: TrainMode
  /** What there is to say of a clip head, and of training more than the head. */
  readonly training?: object
}

/** The card that travels with a trained model. */
export function modelCard({ stacks, backbone, dataset, features, split, seed, epochs, skipped, choice = {}, leak = null, mode = 'head', training }: ModelOrigin): ModelCard {
  return {
    schema: 'aed-model/1',
    name: `miniresnetv2-${stacks}-stack-${dataset.name}${split.fold ? `-fold-${split.fold}` : ''}`,
    classes: [...dataset.classes],
    features,
    head: { kind: 'meanScores' },
    provenance: {
      madeBy: `@aed ${version}`,
      data: dataset.name,
      synthetic: dataset.synthetic,
      testFold: split.fold || null,
      clips: { train: split.train.length, validation: split.validation.length },
      ...(Object.keys(choice).length > 0 && { classChoice: choice }),
      ...(leak && { leaky: leak }),
      ...(skipped.length > 0 && { skippedClips: skipped.map(({ id }) => id) }),
      backbone: backbone ? { file: backbone.file, sha256: backbone.sha256 } : null,
      ...(mode !== 'head' && { mode }),
      seed,
      epochs,
      ...(training && { training }),
    },
    licence: [backbone ? `backbone ${backbone.file}: see its publisher` : null, `${dataset.name}: ${dataset.licence}`].filter(Boolean).join('; '),
  }
}

/** What may stand in the folder of a trained model. */
export const MODEL_FOLDER_FILES = ['aed.json', 'curves.html', 'curves.jsonl', 'group1-shard1of1.bin', 'model.json'] as const

/** Writes a float model as a folder: tfjs layers model, `aed.json`, training curves as JSON lines. */
export async function writeModelFolder(dir: string, graph: Graph, card: ModelCard, trained: TrainedHead): Promise<void> {
  await writeFolderAtomic(dir, async (temporary) => {
    for (const [name, bytes] of Object.entries(toModelFiles({ graph, card }))) await writeAtomic(path.join(temporary, name), bytes)
    await writeAtomic(path.join(temporary, 'curves.jsonl'), curvesJsonl(trained.history))
  })
}
