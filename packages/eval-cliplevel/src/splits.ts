import { AedError, findLeaks, requireNoLeaks, type LabelledClip, type SoundPair } from '@aed/core'
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

const invalid = (what: string, hint?: string) => new AedError('SPLIT_INVALID', `cross-validation: ${what}`, hint === undefined ? {} : { hint })

const labelsOf = ({ label, labels }: LabelledClip) => labels ?? [label]

/**
 * Checks that splits can be trained and tested on. A recording on both sides is no error here: {@link leaksOf} says how many there are.
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

/** Leaks of all splits together. */
export function leaksOf(clips: readonly LabelledClip[], splits: readonly FoldSplit[], duplicates: readonly SoundPair[] = []): SplitLeaks {
  const reports = splits.map((split) => ({ fold: String(split.fold), ...findLeaks(clips, split, duplicates) }))
  const leaking = reports.find(({ leaks }) => leaks.length > 0)
  return {
    clips: reports.reduce((sum, report) => sum + report.clips, 0),
    of: reports.reduce((sum, report) => sum + report.of, 0),
    first: leaking ? { fold: leaking.fold, test: leaking.leaks[0]!.test, train: leaking.leaks[0]!.train } : null,
  }
}

/**
 * Refuses splits of which one leaks.
 * @throws AedError `SPLIT_INVALID` with the first pair, and the count of its fold
 */
export function refuseLeaks(clips: readonly LabelledClip[], splits: readonly FoldSplit[], duplicates: readonly SoundPair[] = []): void {
  for (const split of splits) requireNoLeaks(findLeaks(clips, split, duplicates), `cross-validation: fold ${split.fold}`)
}
