import type { PatchScores } from '@aed/core'
import { evaluate, summarizeFolds, type Evaluation } from '@aed/eval-cliplevel'
import type { ModelReport } from './esc10-report.ts'
import type { PatchSet } from './patches.ts'
import type { ClipSplit } from './train-fold.ts'

/** The scores of a fold's test patches by the float and the int8 network. */
export interface ScoredFold {
  readonly split: ClipSplit
  readonly testPatches: Int32Array
  readonly float: Float32Array
  readonly int8: { readonly scores: Float32Array }
}

/** Scores of some clips' patches, as evaluation reads them. */
export function patchScores(classes: readonly string[], set: PatchSet, clips: readonly number[], patches: Int32Array, scores: Float32Array): PatchScores {
  const position = new Map(clips.map((clip, i) => [clip, i]))
  return {
    classes,
    clips: clips.map((clip) => set.clips[clip]!),
    clipOfPatch: patches.map((patch) => position.get(set.clipOfPatch[patch]!)!),
    scores,
  }
}

/** Evaluates each fold, their mean and spread, and all test clips together. */
export function evaluateFolds(classes: readonly string[], set: PatchSet, folds: readonly ScoredFold[], seed: number) {
  const both = <T>(work: (scores: (fold: ScoredFold) => Float32Array) => T) => ({ float: work((fold) => fold.float), int8: work((fold) => fold.int8.scores) })
  const evaluations = folds.map((fold) => both((scores) => evaluate(patchScores(classes, set, fold.split.test, fold.testPatches, scores(fold)), { seed })))
  const summary = (level: 'patch' | 'clip', kind: 'float' | 'int8') => summarizeFolds(evaluations.map((evaluation) => evaluation[kind][level].accuracy))
  const pooled: { float: Evaluation; int8: Evaluation } = both((scores) => {
    const clips = folds.flatMap((fold) => fold.split.test)
    const patches = Int32Array.from(folds.flatMap((fold) => [...fold.testPatches]))
    const all = Float32Array.from(folds.flatMap((fold) => [...scores(fold)]))
    return evaluate(patchScores(classes, set, clips, patches, all), { seed })
  })
  const mean: ModelReport['mean'] = {
    patch: { float: summary('patch', 'float').mean, int8: summary('patch', 'int8').mean },
    clip: { float: summary('clip', 'float').mean, int8: summary('clip', 'int8').mean },
  }
  const std: ModelReport['std'] = { clip: { float: summary('clip', 'float').std, int8: summary('clip', 'int8').std } }
  return { evaluations, mean, std, pooled }
}
