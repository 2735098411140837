import { AedError, createRandom, option, parseOptions, type LabelledClip, type OptionsInput } from '@aed/core'
import * as v from 'valibot'
import { compareText, labelsOf } from './dataset.ts'
import type { FoldSplit } from './split.ts'

/** Options of {@link groupFolds}. */
export const groupFoldsOptionsSchema = v.strictObject({
  folds: option.integer(5, 'number of folds', { min: 2 }),
  seed: option.integer(0, 'seed of the deal'),
})
export type GroupFoldsOptions = OptionsInput<typeof groupFoldsOptionsSchema>

interface Recording {
  readonly source: string
  readonly clips: number[]
  /** Clips of each class. */
  readonly counts: Float64Array
}

/** Recordings in an order that does not depend on that of the clips. */
function recordingsOf(clips: readonly LabelledClip[], classes: readonly string[]): Recording[] {
  const column = new Map(classes.map((name, i) => [name, i]))
  const bySource = new Map<string, Recording>()
  clips.forEach((clip, i) => {
    let recording = bySource.get(clip.source)
    if (!recording) bySource.set(clip.source, (recording = { source: clip.source, clips: [], counts: new Float64Array(classes.length) }))
    recording.clips.push(i)
    for (const label of labelsOf(clip)) recording.counts[column.get(label)!]!++
  })
  return [...bySource.values()].sort((a, b) => compareText(a.source, b.source))
}

function variance(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / values.length
}

/** How unevenly the classes lie in the folds: the sum over classes of the variance of each fold's share. */
function unevenness(held: readonly Float64Array[], totals: Float64Array): number {
  let sum = 0
  for (let i = 0; i < totals.length; i++) sum += variance(Float64Array.from(held, (counts) => counts[i]! / totals[i]!))
  return sum
}

/**
 * Folds drawn by the seed: whole recordings, each class spread as evenly as they allow. Recordings with the most uneven classes are dealt first,
 * each into the fold that stays most even by it (scikit-learn's `StratifiedGroupKFold`, with recordings as groups). The same clips in any order give the
 * same folds.
 * @throws AedError `INVALID_OPTION`; `SPLIT_INVALID` with fewer recordings than folds, or a class that would be missing in training
 */
export function groupFolds(clips: readonly LabelledClip[], options: GroupFoldsOptions = {}): readonly FoldSplit[] {
  const { folds, seed } = parseOptions(groupFoldsOptionsSchema, options, 'folds')
  const classes = [...new Set(clips.flatMap(labelsOf))].sort(compareText)
  const recordings = recordingsOf(clips, classes)
  if (recordings.length < folds) throw new AedError('SPLIT_INVALID', `folds: ${recordings.length} recordings cannot be dealt into ${folds} folds`, { hint: 'take fewer folds' })
  requireRecordings(recordings, classes)
  const totals = Float64Array.from(classes, (_, i) => recordings.reduce((sum, { counts }) => sum + counts[i]!, 0))
  const order = createRandom(`folds/${seed}`).shuffle(recordings)
  order.sort((a, b) => variance(b.counts) - variance(a.counts)) // stable: ties keep the seed's order
  const held = Array.from({ length: folds }, () => new Float64Array(classes.length))
  const foldOf = new Int32Array(clips.length)
  for (const { clips: indices, counts } of order) {
    let best = 0
    let least = [Infinity, Infinity] as const
    for (const [fold, own] of held.entries()) {
      counts.forEach((count, i) => (own[i]! += count))
      const size = own.reduce((sum, count) => sum + count, 0)
      const measure = [unevenness(held, totals), size] as const
      counts.forEach((count, i) => (own[i]! -= count))
      if (measure[0] < least[0] || (measure[0] === least[0] && measure[1] < least[1])) [best, least] = [fold, measure]
    }
    counts.forEach((count, i) => (held[best]![i]! += count))
    for (const i of indices) foldOf[i] = best + 1
  }
  return foldsFrom(clips, classes, foldOf, folds)
}

/**
 * As many folds as recordings: each is the test set once. Fold i holds recording i in the order of their names.
 * @throws AedError `SPLIT_INVALID` for a class with a single recording
 */
export function leaveOneRecordingOut(clips: readonly LabelledClip[]): readonly FoldSplit[] {
  const classes = [...new Set(clips.flatMap(labelsOf))].sort(compareText)
  const recordings = recordingsOf(clips, classes)
  requireRecordings(recordings, classes)
  if (recordings.length < 2) throw new AedError('SPLIT_INVALID', `folds: ${recordings.length} recordings, at least 2 are needed`)
  const foldOf = new Int32Array(clips.length)
  recordings.forEach((recording, number) => {
    for (const i of recording.clips) foldOf[i] = number + 1
  })
  return foldsFrom(clips, classes, foldOf, recordings.length)
}

function requireRecordings(recordings: readonly Recording[], classes: readonly string[]): void {
  const alone = classes.findIndex((_, i) => recordings.filter(({ counts }) => counts[i]! > 0).length < 2)
  if (alone >= 0)
    throw new AedError('SPLIT_INVALID', `folds: class '${classes[alone]}' has one recording, at least 2 are needed to have it in training and in test`, { hint: 'add recordings of that class, or leave it out' })
}

function foldsFrom(clips: readonly LabelledClip[], classes: readonly string[], foldOf: Int32Array, count: number): readonly FoldSplit[] {
  const members = Array.from({ length: count }, (): number[] => [])
  foldOf.forEach((fold, i) => members[fold - 1]!.push(i))
  const totals = new Map(classes.map((name) => [name, 0]))
  for (const clip of clips) for (const label of labelsOf(clip)) totals.set(label, totals.get(label)! + 1)
  return members.map((test, index) => {
    const fold = index + 1
    const here = new Map<string, number>()
    for (const i of test) for (const label of labelsOf(clips[i]!)) here.set(label, (here.get(label) ?? 0) + 1)
    const all = [...here].find(([label, held]) => held === totals.get(label))
    if (all) throw new AedError('SPLIT_INVALID', `folds: all clips of class '${all[0]}' came into fold ${fold}, so that nothing is left to train on`, { hint: 'take another seed or fewer folds' })
    const isTest = new Set(test)
    return { fold, train: [...clips.keys()].filter((i) => !isTest.has(i)), test }
  })
}
