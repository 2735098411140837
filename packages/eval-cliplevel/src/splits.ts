import { AedError, type LabelledClip } from '@aed/core'
import { quote } from './text.ts'

/** Clips to learn from and clips to test on, as indices into the clips. */
export interface FoldSplit {
  /** What the fold is called; no two of one cross-validation alike. */
  readonly fold: number | string
  readonly train: readonly number[]
  readonly test: readonly number[]
}

/** Splits, or what makes them of clips: `officialFolds`, `leaveOneRecordingOut` and `groupFolds` of `@aed/datasets`, or your own. */
export type Splits = readonly FoldSplit[] | ((clips: readonly LabelledClip[]) => readonly FoldSplit[])

/** Held-out clips whose sound stands in training too. */
export interface SplitLeaks {
  /** Held-out clips concerned, and held-out clips in all. */
  readonly clips: number
  readonly of: number
  /** The first pair, by id; null where nothing leaks. */
  readonly first: { readonly fold: string; readonly test: string; readonly train: string } | null
}

/** Two clips of one sound, by index, as `findDuplicates` of `@aed/datasets` finds them. */
export interface ClipPair {
  readonly a: number
  readonly b: number
}

const invalid = (what: string, hint?: string) => new AedError('SPLIT_INVALID', `cross-validation: ${what}`, hint === undefined ? {} : { hint })

const labelsOf = ({ label, labels }: LabelledClip) => labels ?? [label]

/**
 * Checks that splits can be trained and tested on. A recording on both sides is no error here: {@link findLeaks} says how many there are.
 * @throws AedError `SPLIT_INVALID`
 */
export function checkSplits(clips: readonly LabelledClip[], splits: readonly FoldSplit[]): void {
  if (splits.length === 0) throw invalid('there are no folds')
  const names = new Set<string>()
  for (const { fold, train, test } of splits) {
    const name = String(fold)
    if (names.has(name)) throw invalid(`two folds are called ${quote(name)}`)
    names.add(name)
    for (const [side, part] of [['train', train], ['test', test]] as const) {
      if (part.length === 0) throw invalid(`fold ${name}: there is no clip to ${side} on`)
      const bad = part.findIndex((i) => !(Number.isInteger(i) && i >= 0 && i < clips.length))
      if (bad >= 0) throw invalid(`fold ${name}: ${side} holds index ${String(part[bad])}, there are ${clips.length} clips`)
      const seen = new Set<number>()
      for (const i of part) {
        if (seen.has(i)) throw invalid(`fold ${name}: ${side} holds clip ${quote(clips[i]!.id)} twice`)
        seen.add(i)
      }
    }
    const known = new Set(train.flatMap((i) => labelsOf(clips[i]!)))
    for (const i of test)
      for (const label of labelsOf(clips[i]!))
        if (!known.has(label)) throw invalid(`fold ${name}: class ${quote(label)} is tested (clip ${quote(clips[i]!.id)}) and has no clip to train on`, 'take other folds, or leave the class out')
  }
}

/** Counts the held-out clips that are trained on, cut from a recording that is trained on, or a duplicate of a clip that is trained on. */
export function findLeaks(clips: readonly LabelledClip[], splits: readonly FoldSplit[], duplicates: readonly ClipPair[] = []): SplitLeaks {
  const copies = new Map<number, number[]>()
  for (const { a, b } of duplicates) for (const [from, to] of [[a, b], [b, a]] as const) copies.set(from, [...(copies.get(from) ?? []), to])
  let [leaking, of] = [0, 0]
  let first: SplitLeaks['first'] = null
  for (const { fold, train, test } of splits) {
    const trained = new Set(train)
    const bySource = new Map<string, number>()
    for (const i of train) if (!bySource.has(clips[i]!.source)) bySource.set(clips[i]!.source, i)
    of += test.length
    for (const i of test) {
      const other = trained.has(i) ? i : (bySource.get(clips[i]!.source) ?? copies.get(i)?.find((copy) => trained.has(copy)))
      if (other === undefined) continue
      leaking++
      first ??= { fold: String(fold), test: clips[i]!.id, train: clips[other]!.id }
    }
  }
  return { clips: leaking, of, first }
}

/**
 * Refuses splits that leak.
 * @throws AedError `SPLIT_INVALID` with the first pair and the count
 */
export function requireNoLeaks({ clips, of, first }: SplitLeaks): void {
  if (first)
    throw invalid(`fold ${first.fold}: ${clips} of ${of} held-out clips leak from training: ${quote(first.test)} holds the sound of ${quote(first.train)}`, "keep clips of one recording on one side, or set leaks to 'mark': every figure is then marked leaky")
}
