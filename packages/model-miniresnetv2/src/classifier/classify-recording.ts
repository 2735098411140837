import { acceptedClass, argMax, throwIfAborted, unknownThresholds } from '@aed/core'
import { createMelPlan, patchStarts } from '@aed/dsp-mel'
import { createClipScorer, type ClassifierModel } from './clip-scorer.ts'
import { prepareRecording } from './recording.ts'

/** A class and its score, 0 to 1. */
export interface LabelScore {
  readonly label: string
  readonly score: number
}

/** The best class of one patch of a recording. */
export interface TimelineEntry extends LabelScore {
  /** In s of the recording, where the patch's first and last samples stand; silence that was cut out may lie between. */
  readonly start: number
  readonly end: number
}

/** What a model says of a recording. */
export interface Classification {
  /** Classes of the recording as a whole, best first; none for a recording shorter than a patch. */
  readonly top: readonly LabelScore[]
  /** True where the best score is below what the model's card asks for, or there is none. */
  readonly unknown: boolean
  /** One entry for each patch, in order; none where the model gives the recording as a whole only. */
  readonly timeline: readonly TimelineEntry[]
  /** Length of the part of the recording that was heard, in s: the model's `maxDuration` at most. */
  readonly duration: number
}

/** Samples of a recording, one array a channel. */
export interface RecordingSamples {
  readonly channels: readonly Float32Array[]
  /** In Hz. */
  readonly sampleRate: number
}

/** A model ready to classify recordings in this thread. */
export type Classify = (recording: RecordingSamples, topK: number, signal?: AbortSignal) => Classification

/** @throws AedError (rejects) as `createClipScorer` */
export async function createClassify(model: ClassifierModel): Promise<Classify> {
  const { classes, features } = model.card
  const lowest = unknownThresholds(model.card)
  const score = await createClipScorer(model)
  const { hopLength, center, winLength, nFft } = features.mel
  const plan = createMelPlan(features.audio.sampleRate, features.mel)
  // What the frames of a patch stand for: hop after hop where they are centred, else whole windows.
  const length = (features.patches.patchLength - 1) * hopLength + (center ? hopLength : (winLength ?? nFft))
  return (recording, topK, signal) => {
    throwIfAborted(signal)
    const { clip, duration, timeOf } = prepareRecording(recording, features.audio)
    throwIfAborted(signal)
    const scores = score(clip)
    throwIfAborted(signal)
    const starts = scores.patches.length === 0 ? [] : patchStarts(plan.frames(clip.samples.length), features.patches)
    const timeline = starts.map((frame, patch): TimelineEntry => {
      const first = frame * hopLength
      const best = patch * classes.length + argMax(scores.patches, patch * classes.length, classes.length)
      const start = timeOf(first)
      const end = timeOf(Math.min(first + length, clip.samples.length) - 1) + 1 / clip.sampleRate
      // A clip that was repeated may end before it begins.
      return { start, end: end > start ? end : duration, label: classes[best % classes.length]!, score: scores.patches[best]! }
    })
    const ranked = scores.clip ? classes.map((label, i) => ({ label, score: scores.clip![i]! })).sort((a, b) => b.score - a.score) : []
    return { top: ranked.slice(0, topK), unknown: !scores.clip || acceptedClass(scores.clip, lowest) < 0, timeline, duration }
  }
}
