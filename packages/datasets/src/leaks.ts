import { AedError, type LabelledClip } from '@aed/core'
import type { DuplicatePair } from './duplicates.ts'

/** Two clips of one sound on both sides of a split. */
export interface Leak {
  /** Id of the clip held out, and of the one trained on. */
  readonly test: string
  readonly train: string
  readonly why: 'recording' | DuplicatePair['kind']
}

/** What of a split leaks. */
export interface LeakReport {
  /** Held-out clips concerned, and how many there are in all. */
  readonly clips: number
  readonly of: number
  /** For each clip concerned the first training clip that it shares a sound with. */
  readonly leaks: readonly Leak[]
}

/**
 * Finds the clips of a split whose sound stands on the other side too: by their declared recording, and by duplicates found in the sound itself.
 * @param duplicates from `findDuplicates`; their indices are those of `clips`
 */
export function findLeaks(clips: readonly LabelledClip[], split: { readonly train: readonly number[]; readonly test: readonly number[] }, duplicates: readonly DuplicatePair[] = []): LeakReport {
  const trained = new Set(split.train)
  const bySource = new Map<string, number>()
  for (const i of split.train) if (!bySource.has(clips[i]!.source)) bySource.set(clips[i]!.source, i)
  const copies = new Map<number, { readonly other: number; readonly kind: DuplicatePair['kind'] }>()
  for (const { a, b, kind } of duplicates) {
    if (trained.has(b) && !copies.has(a)) copies.set(a, { other: b, kind })
    if (trained.has(a) && !copies.has(b)) copies.set(b, { other: a, kind })
  }
  const leaks = split.test.flatMap((i): Leak[] => {
    const same = bySource.get(clips[i]!.source)
    if (same !== undefined) return [{ test: clips[i]!.id, train: clips[same]!.id, why: 'recording' }]
    const copy = copies.get(i)
    return copy ? [{ test: clips[i]!.id, train: clips[copy.other]!.id, why: copy.kind }] : []
  })
  return { clips: leaks.length, of: split.test.length, leaks }
}

/**
 * Refuses a split that leaks.
 * @param where how the error calls the split: `fold 1`
 * @throws AedError `SPLIT_INVALID` that names the first pair and counts the rest
 */
export function requireNoLeaks({ clips, of, leaks }: LeakReport, where: string): void {
  const [first] = leaks
  if (!first) return
  const why = first.why === 'recording' ? 'are cut from one recording' : first.why === 'duplicate' ? 'hold the same samples' : 'hold nearly the same sound'
  throw new AedError('SPLIT_INVALID', `${where}: ${clips} of ${of} held-out clips leak from training: '${first.test}' and '${first.train}' ${why}`, {
    hint: 'put clips of one recording on one side, or allow the leak: every figure is then marked leaky',
  })
}
