import { AedError } from './errors.ts'
import type { LabelledClip } from './scores.ts'

/** Two clips with the same sound, by index. */
export interface SoundPair {
  readonly a: number
  readonly b: number
  /** Default `duplicate`. */
  readonly kind?: 'duplicate' | 'near-duplicate'
}

/** Two clips of one sound on both sides of a split. */
export interface Leak {
  /** Id of the clip held out, and of the one trained on. */
  readonly test: string
  readonly train: string
  readonly why: 'recording' | 'duplicate' | 'near-duplicate'
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
 * @param duplicates from `findDuplicates` of `@aed/datasets`; their indices are those of `clips`
 */
export function findLeaks(clips: readonly LabelledClip[], split: { readonly train: readonly number[]; readonly test: readonly number[] }, duplicates: readonly SoundPair[] = []): LeakReport {
  const trained = new Set(split.train)
  const bySource = new Map<string, number>()
  for (const i of split.train) if (!bySource.has(clips[i]!.source)) bySource.set(clips[i]!.source, i)
  const copies = new Map<number, { readonly other: number; readonly why: Leak['why'] }>()
  for (const { a, b, kind: why = 'duplicate' } of duplicates) {
    if (trained.has(b) && !copies.has(a)) copies.set(a, { other: b, why })
    if (trained.has(a) && !copies.has(b)) copies.set(b, { other: a, why })
  }
  const leaks = split.test.flatMap((i): Leak[] => {
    const same = trained.has(i) ? i : bySource.get(clips[i]!.source)
    if (same !== undefined) return [{ test: clips[i]!.id, train: clips[same]!.id, why: 'recording' }]
    const copy = copies.get(i)
    return copy ? [{ test: clips[i]!.id, train: clips[copy.other]!.id, why: copy.why }] : []
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
