import type { Graph, Progress } from '@aed/core'
import { compareMcNemar, evaluate, type McNemarResult } from '@aed/eval-cliplevel'
import { patchScores } from './evaluate-folds.ts'
import { patchesOf, stratifiedSample, take, type PatchSet } from './patches.ts'
import type { RunContext } from './run-context.ts'
import { scoreGraph } from './score-graph.ts'

/** A float network beside its int8 form on the same labelled clips. */
export interface Int8Comparison {
  readonly clips: number
  readonly patches: number
  /** Accuracies from 0 to 1. */
  readonly patch: { readonly float: number; readonly int8: number }
  readonly clip: { readonly float: number; readonly int8: number }
  /** Of the clips: first float, second int8. */
  readonly mcNemar: McNemarResult
  /** SHA-256 of the `.tflite` that was evaluated. */
  readonly sha256: string
}

/** Networks to compare. */
export interface NetworkPair {
  readonly float: Graph
  /** As read back from the file. */
  readonly int8: Graph
  readonly sha256: string
  readonly classes: readonly string[]
}

/** Up to `count` of some clips, evenly over their classes. */
export function stratifiedClips(set: PatchSet, clips: readonly number[], classes: readonly string[], count: number, seed: number): number[] {
  const labels = Int32Array.from(set.clips, ({ label }) => classes.indexOf(label))
  return [...stratifiedSample(Int32Array.from(clips), labels, count, `${seed}/compare`)]
}

/**
 * Accuracy of patches and clips of both networks, and how likely so large a difference is by chance.
 * @param clips indices of labelled clips in the set
 */
export async function compareInt8({ float, int8, sha256, classes }: NetworkPair, set: PatchSet, clips: readonly number[], context: RunContext, report: (progress: Progress) => void): Promise<Int8Comparison> {
  const patches = patchesOf(set, clips)
  const chosen = take(set.patches, patches)
  const [a, b] = [await scoreGraph(float, chosen, context, report), await scoreGraph(int8, chosen, context, report)].map((scores) => evaluate(patchScores(classes, set, clips, patches, scores)))
  return {
    clips: clips.length,
    patches: patches.length,
    patch: { float: a!.patch.accuracy, int8: b!.patch.accuracy },
    clip: { float: a!.clip.accuracy, int8: b!.clip.accuracy },
    mcNemar: compareMcNemar(a!.clip.correct, b!.clip.correct),
    sha256,
  }
}
