import { meanScores, type AudioClip, type FeatureConfig, type Graph, type ModelCard } from '@aed/core'
import { logMelPatches } from '@aed/dsp-mel'
import { clipViews, createHeadScorer } from '../clip-statistics.ts'
import { createPatchScorer, createTapRun } from './patch-scorer.ts'

/** Scores of one clip. */
export interface ClipScores {
  /** Of the clip as a whole, one a class; null for a clip shorter than a patch. */
  readonly clip: Float32Array | null
  /** Row-major `[patches, classes]`; no rows where the head gives the clip as a whole only. */
  readonly patches: Float32Array
}

/** From a prepared clip (mono, at the model's rate, silence cut) to its scores. */
export type ClipScorer = (clip: AudioClip) => ClipScores

/** A model that can be asked about clips: class names and front end are there. */
export interface ClassifierModel {
  readonly graph: Graph
  readonly card: ModelCard & { readonly classes: readonly string[]; readonly features: FeatureConfig }
}

/**
 * Prepares what a model says of clips, by the clip head of its card.
 * @throws AedError (rejects) as `createPatchScorer`; `MODEL_MISMATCH`, `MODEL_INVALID` for a clip head that does not fit its graph
 */
export async function createClipScorer({ graph, card }: ClassifierModel): Promise<ClipScorer> {
  const { head, features, classes } = card
  switch (head.kind) {
    case 'meanScores': {
      const scorer = await createPatchScorer(graph)
      return (clip) => {
        const patches = scorer.run(logMelPatches(clip, features))
        return { clip: meanScores(patches, classes.length), patches }
      }
    }
    case 'clip': {
      const run = await createTapRun(graph)
      const { patchStep, scores } = createHeadScorer(graph, { classes: [...classes], features, head })
      return (clip) => {
        const views = clipViews(clip, features, patchStep)
        return { clip: views.patches.shape[0] === 0 ? null : scores(views, run(views.patches)), patches: new Float32Array(0) }
      }
    }
  }
}
