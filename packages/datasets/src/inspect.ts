import { isAedError, throwIfAborted, type StageContext } from '@aed/core'
import { compareText, labelsOf, type Dataset, type DatasetClip } from './dataset.ts'
import { findDuplicates, type DuplicatePair, type Fingerprint } from './duplicates.ts'

/** Version of {@link DatasetInspection}. */
export const INSPECTION_SCHEMA = 'aed-inspection/1'

/** What a recording's sound says. */
export interface ClipMeasure {
  /** In s. */
  readonly duration: number
  /** In Hz. */
  readonly sampleRate: number
  readonly channels: number
  /** Largest magnitude of the mono mixture, 1 being full scale. */
  readonly peak: number
  /** RMS of the mono mixture in dBFS; null for digital silence. */
  readonly levelDb: number | null
  /** Samples that stand at full scale beside others. */
  readonly clippedSamples: number
  /** Share of the recording that is silent, from 0 to 1. */
  readonly silence: number
  readonly fingerprint: Fingerprint
  readonly warnings: readonly string[]
}

/** Least, middle and largest of some values. */
export interface Range {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** What a dataset has of one class. */
export interface ClassSummary {
  readonly name: string
  readonly clips: number
  readonly recordings: number
  /** In all, in s. */
  readonly duration: number
  /** Clips in each of {@link DatasetInspection.folds}. */
  readonly clipsPerFold: readonly number[]
  readonly recordingsPerFold: readonly number[]
}

/** A dataset as found. */
export interface DatasetInspection {
  readonly schema: typeof INSPECTION_SCHEMA
  readonly name: string
  readonly synthetic: boolean
  readonly licence: string
  readonly citation: string
  readonly clips: number
  readonly recordings: number
  /** The dataset's own folds, ascending; empty where it has none. */
  readonly folds: readonly number[]
  readonly classes: readonly ClassSummary[]
  /** In s; null where no clip could be read. */
  readonly durations: (Range & { readonly total: number }) | null
  readonly levelsDb: Range | null
  readonly sampleRates: readonly { readonly sampleRate: number; readonly clips: number }[]
  readonly channels: readonly { readonly channels: number; readonly clips: number }[]
  readonly clipped: readonly { readonly id: string; readonly samples: number }[]
  /** Clips more than half of which is silent. */
  readonly silent: readonly { readonly id: string; readonly share: number }[]
  /** Clips that cannot be read, and why. */
  readonly bad: readonly { readonly id: string; readonly code: string; readonly message: string }[]
  /** What is odd about clips that can be read. */
  readonly warnings: readonly { readonly id: string; readonly warning: string }[]
  /** Clips with the same or nearly the same sound. Those of different recordings would leak through a split by recording. */
  readonly duplicates: readonly { readonly a: string; readonly b: string; readonly kind: DuplicatePair['kind']; readonly bitErrorRate: number; readonly sameRecording: boolean }[]
}

function rangeOf(values: readonly number[]): Range | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return { min: sorted[0]!, median: sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2, max: sorted.at(-1)! }
}

function countsBy(values: readonly number[]): [value: number, clips: number][] {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort((a, b) => a[0] - b[0])
}

const sourcesOf = (clips: readonly DatasetClip[]) => new Set(clips.map(({ source }) => source)).size

function summarize(name: string, clips: readonly DatasetClip[], folds: readonly number[], durationOf: ReadonlyMap<DatasetClip, number>): ClassSummary {
  const own = clips.filter((clip) => labelsOf(clip).includes(name))
  const inFold = folds.map((fold) => own.filter((clip) => clip.fold === fold))
  return {
    name,
    clips: own.length,
    recordings: sourcesOf(own),
    duration: own.reduce((sum, clip) => sum + (durationOf.get(clip) ?? 0), 0),
    clipsPerFold: inFold.map((part) => part.length),
    recordingsPerFold: inFold.map(sourcesOf),
  }
}

/**
 * Measures every file of a dataset and sums it up.
 * @param measure decodes one clip's file, in a worker for instance; what it throws makes the clip a bad one
 * @param context.width files measured side by side
 * @throws AedError `ABORTED`
 */
export async function inspectDataset(
  { name, synthetic, licence, citation, classes, clips }: Dataset,
  measure: (clip: DatasetClip) => Promise<ClipMeasure>,
  { signal, onProgress, width = 4 }: Pick<StageContext, 'signal' | 'onProgress'> & { readonly width?: number } = {},
): Promise<DatasetInspection> {
  const measures = new Array<ClipMeasure | null>(clips.length).fill(null)
  const bad: DatasetInspection['bad'][number][] = []
  let next = 0
  let done = 0
  const lane = async () => {
    while (next < clips.length) {
      throwIfAborted(signal)
      const mine = next++
      try {
        measures[mine] = await measure(clips[mine]!)
      } catch (error) {
        if (!isAedError(error) || error.code === 'ABORTED' || error.code === 'WORKER_FAILED') throw error
        bad.push({ id: clips[mine]!.id, code: error.code, message: error.message })
      }
      onProgress?.({ done: ++done, total: clips.length, what: 'clips' })
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, clips.length) }, lane))

  const read = measures.flatMap((found, i) => (found ? [{ clip: clips[i]!, ...found }] : []))
  const durations = read.map(({ duration }) => duration)
  const folds = [...new Set(clips.flatMap(({ fold }) => (fold === null ? [] : [fold])))].sort((a, b) => a - b)
  const durationOf = new Map(read.map(({ clip, duration }) => [clip, duration]))
  const range = rangeOf(durations)
  return {
    schema: INSPECTION_SCHEMA,
    name,
    synthetic,
    licence,
    citation,
    clips: clips.length,
    recordings: sourcesOf(clips),
    folds,
    classes: classes.map((label) => summarize(label, clips, folds, durationOf)),
    durations: range && { ...range, total: durations.reduce((sum, value) => sum + value, 0) },
    levelsDb: rangeOf(read.flatMap(({ levelDb }) => (levelDb === null ? [] : [levelDb]))),
    sampleRates: countsBy(read.map(({ sampleRate }) => sampleRate)).map(([sampleRate, count]) => ({ sampleRate, clips: count })),
    channels: countsBy(read.map(({ channels }) => channels)).map(([channels, count]) => ({ channels, clips: count })),
    clipped: read.flatMap(({ clip, clippedSamples }) => (clippedSamples > 0 ? [{ id: clip.id, samples: clippedSamples }] : [])),
    silent: read.flatMap(({ clip, silence }) => (silence > 0.5 ? [{ id: clip.id, share: silence }] : [])),
    bad: bad.sort((a, b) => compareText(a.id, b.id)),
    warnings: read.flatMap(({ clip, warnings }) => warnings.map((warning) => ({ id: clip.id, warning }))),
    duplicates: findDuplicates(read.map(({ fingerprint }) => fingerprint)).map(({ a, b, kind, bitErrorRate }) => {
      const [one, other] = [read[a]!.clip, read[b]!.clip]
      return { a: one.id, b: other.id, kind, bitErrorRate, sameRecording: one.source === other.source }
    }),
  }
}
