import { readFileSync } from 'node:fs'
import type { PatchScores } from '@aed/core'

interface GoldenFigures {
  readonly estimated: readonly number[]
  readonly accuracy: number
  readonly balancedAccuracy: number
  readonly macroF1: number
  readonly topK: number
  readonly logLoss: number | null
  readonly precision: readonly (number | null)[]
  readonly recall: readonly (number | null)[]
  readonly f1: readonly (number | null)[]
  readonly support: readonly number[]
  readonly confusion: readonly (readonly number[])[]
}

export interface GoldenCase {
  readonly name: string
  readonly classes: readonly string[]
  readonly reference: readonly number[]
  readonly clipOfPatch: readonly number[]
  readonly scores: readonly number[]
  readonly patch: GoldenFigures
  readonly clip: Readonly<Record<'mean' | 'logMean' | 'max' | 'vote', GoldenFigures & { readonly scores: readonly number[] }>>
}

/** What tools/golden/make_eval_goldens.py computed with scikit-learn, SciPy and NumPy. */
export const goldens = JSON.parse(readFileSync(new URL('golden/evaluation.json', import.meta.url), 'utf8')) as {
  readonly topK: number
  readonly cases: readonly GoldenCase[]
  readonly bootstrap: { readonly sources: readonly number[]; readonly correct: readonly boolean[]; readonly interval95: readonly [number, number]; readonly interval50: readonly [number, number] }
  readonly quantiles: { readonly values: readonly number[]; readonly parts: readonly number[]; readonly quantiles: readonly number[] }
  readonly mcNemar: readonly { readonly first: number; readonly second: number; readonly p: number }[]
}

/** The scores of a golden case; each clip is a recording of its own. */
export function scoresOf({ classes, reference, clipOfPatch, scores }: GoldenCase): PatchScores {
  return {
    classes,
    clips: reference.map((label, i) => ({ id: `clip ${i}`, label: classes[label]!, source: `recording ${i}`, fold: null })),
    clipOfPatch: Int32Array.from(clipOfPatch),
    scores: Float32Array.from(scores),
  }
}

/** Scores from `[clip, label, ...patches]`, each clip a recording of its own. */
export function patchScores(classes: readonly string[], clips: readonly (readonly [id: string, label: string, ...patches: (readonly number[])[]])[]): PatchScores {
  return {
    classes,
    clips: clips.map(([id, label]) => ({ id, label, source: id, fold: null })),
    clipOfPatch: Int32Array.from(clips.flatMap(([, , ...patches], clip) => patches.map(() => clip))),
    scores: Float32Array.from(clips.flatMap(([, , ...patches]) => patches.flat())),
  }
}
