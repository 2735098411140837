import { AedError, createRandom, option, parseOptions, type LabelledClip, type OptionsInput } from '@aed/core'
import * as v from 'valibot'
import { compareText } from './dataset.ts'

/** Options of {@link splitByRecording}. */
export const splitOptionsSchema = v.strictObject({
  fraction: option.number(0.15, 'part of each class that is held out', { min: 0, max: 1, exclusiveMin: true }),
  seed: option.integer(1, 'seed of the draw'),
})
export type SplitOptions = OptionsInput<typeof splitOptionsSchema>

/** Clips to learn from and clips held out, as ascending indices. */
export interface Split {
  readonly train: number[]
  readonly validation: number[]
}

interface Recording {
  readonly source: string
  readonly clips: number[]
}

/** Values of a map's key, made where missing. */
function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}

/** The label that most of a recording's clips have; the first by name of several. */
function mainLabel(clips: readonly LabelledClip[], { clips: indices }: Recording): string {
  const counts = new Map<string, number>()
  for (const i of indices) counts.set(clips[i]!.label, (counts.get(clips[i]!.label) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || compareText(a[0], b[0]))[0]![0]
}

/** Recordings by the class of their clips, both in an order that does not depend on that of the clips. */
function recordingsByClass(clips: readonly LabelledClip[]): [label: string, recordings: Recording[]][] {
  const bySource = new Map<string, Recording>()
  clips.forEach(({ source }, i) => entry(bySource, source, () => ({ source, clips: [] })).clips.push(i))
  const byClass = new Map<string, Recording[]>()
  for (const recording of bySource.values()) entry(byClass, mainLabel(clips, recording), () => []).push(recording)
  for (const recordings of byClass.values()) recordings.sort((a, b) => compareText(a.source, b.source))
  return [...byClass].sort((a, b) => compareText(a[0], b[0]))
}

/** Recordings of one class, in the order given, as long as each brings the count of their clips nearer to `wanted`; at least one, never all. */
function draw(recordings: readonly Recording[], wanted: number): Recording[] {
  const drawn: Recording[] = []
  let count = 0
  for (const recording of recordings) {
    if (drawn.length === recordings.length - 1) break
    const size = recording.clips.length
    if (Math.abs(count + size - wanted) < Math.abs(count - wanted)) {
      drawn.push(recording)
      count += size
    }
  }
  return drawn.length ? drawn : [recordings.reduce((best, next) => (next.clips.length < best.clips.length ? next : best))]
}

/**
 * Holds out about `fraction` of each class, whole recordings at a time, so that no recording stands on both sides. The same clips in any order, the
 * same seed: the same split.
 * @throws AedError `SPLIT_INVALID` when a class would be missing on one side, `INVALID_OPTION`
 */
export function splitByRecording(clips: readonly LabelledClip[], options: SplitOptions = {}): Split {
  const { fraction, seed } = parseOptions(splitOptionsSchema, options, 'split')
  if (clips.length === 0) throw new AedError('SPLIT_INVALID', 'split: there are no clips')
  const held = new Set<number>()
  for (const [label, recordings] of recordingsByClass(clips)) {
    const shuffled = createRandom(seed).fork(label).shuffle([...recordings])
    const size = recordings.reduce((sum, recording) => sum + recording.clips.length, 0)
    if (recordings.length < 2)
      throw new AedError('SPLIT_INVALID', `split: class '${label}' has one recording ('${recordings[0]!.source}'), at least 2 are needed to hold one out`, { hint: 'add recordings of that class, or leave it out' })
    for (const recording of draw(shuffled, fraction * size)) for (const i of recording.clips) held.add(i)
  }
  const indices = [...clips.keys()]
  const split = { train: indices.filter((i) => !held.has(i)), validation: indices.filter((i) => held.has(i)) }
  // A recording with clips of several classes can take the last of one of them with it.
  for (const label of new Set(clips.map((clip) => clip.label)))
    for (const [side, part] of Object.entries(split))
      if (!part.some((i) => clips[i]!.label === label)) throw new AedError('SPLIT_INVALID', `split: no clip of class '${label}' is left for ${side}`, { hint: 'take another seed or fraction' })
  return split
}

/** One official fold: its clips are the test set, all others the training set; ascending indices. */
export interface FoldSplit {
  readonly fold: number
  readonly train: number[]
  readonly test: number[]
}

/**
 * The splits that a dataset's own folds make, in the order of the folds.
 * @param options.allowLeaks takes folds that share a recording: `findLeaks` says which clips that concerns, and every figure from them must say so
 * @throws AedError `SPLIT_INVALID` when a clip has no fold, there is one fold only, a recording stands in two folds, or all clips of a class in one
 */
export function officialFolds(clips: readonly LabelledClip[], { allowLeaks = false }: { readonly allowLeaks?: boolean } = {}): readonly FoldSplit[] {
  const foldOf = new Map<string, number>()
  const numbers = new Set<number>()
  const foldsOfClass = new Map<string, Set<number>>()
  for (const { id, label, source, fold } of clips) {
    if (fold === null) throw new AedError('SPLIT_INVALID', `folds: clip '${id}' has no fold`, { hint: 'give the labels a column fold' })
    const first = entry(foldOf, source, () => fold)
    numbers.add(fold)
    if (first !== fold && !allowLeaks)
      throw new AedError('SPLIT_INVALID', `folds: recording '${source}' stands in folds ${first} and ${fold} (clip '${id}'): it would leak from training to test`, { hint: 'put all clips of a recording into one fold, or allow leaks: every figure is then marked leaky' })
    entry(foldsOfClass, label, () => new Set()).add(fold)
  }
  const folds = [...numbers].sort((a, b) => a - b)
  if (folds.length < 2) throw new AedError('SPLIT_INVALID', `folds: ${folds.length} found, at least 2 are needed`)
  for (const [label, { size }] of foldsOfClass) if (size < 2) throw new AedError('SPLIT_INVALID', `folds: all clips of class '${label}' stand in one fold, so that nothing is left to train on`)
  const indices = [...clips.keys()]
  return folds.map((fold) => ({ fold, train: indices.filter((i) => clips[i]!.fold !== fold), test: indices.filter((i) => clips[i]!.fold === fold) }))
}

/**
 * One of {@link officialFolds}.
 * @throws AedError `SPLIT_INVALID`, also for a fold that is not there
 */
export function foldSplit(clips: readonly LabelledClip[], fold: number): FoldSplit {
  const folds = officialFolds(clips)
  const found = folds.find((split) => split.fold === fold)
  if (!found) throw new AedError('SPLIT_INVALID', `folds: no fold ${fold}, only ${folds.map((split) => split.fold).join(', ')}`)
  return found
}
