import { AedError, sha256, throwIfAborted, type LabelledClip, type SoundPair } from '@aed/core'
import type { FoldSplit, Splits } from './splits.ts'
import { quote } from './text.ts'

/** What a fold gave: its figures, and whatever else `score` wants to hand on (scores of the clips, a model card, …). */
export interface FoldScore {
  /** By name; null where a figure is not defined in this fold. */
  readonly figures: Readonly<Record<string, number | null>>
}

/** One training and its test, as `fit` and `score` see it. */
export interface FoldCall {
  /** Name of the fold; an inner one is `outer/inner`. What a seed may be forked by. */
  readonly fold: string
  /** The clips as they were handed in: `train` and `test` are indices into them. */
  readonly clips: readonly LabelledClip[]
  readonly signal?: AbortSignal | undefined
}

/** One way to make a model, and how it is judged. */
export interface Procedure<Model, Score extends FoldScore> {
  /** Trains on some clips. It must look at no others. */
  readonly fit: (train: readonly number[], call: FoldCall) => Model | Promise<Model>
  /** Judges the model on clips held out. */
  readonly score: (model: Model, test: readonly number[], call: FoldCall) => Score | Promise<Score>
  /** Everything beside the clips that the two depend on (settings, seed, version), as JSON has it: part of the key in the store. */
  readonly key?: unknown
}

/** Where finished folds are kept, so that a run that was stopped goes on: a `Map`, or two functions over files. */
export interface FoldStore<Score> {
  get(key: string): Score | undefined | Promise<Score | undefined>
  set(key: string, score: Score): unknown
}

/** What both drivers take. */
export interface CrossValidationSettings<Score extends FoldScore> {
  readonly clips: readonly LabelledClip[]
  /** Splits, or what makes them of the clips. */
  readonly splits: Splits
  /** `refuse` (default) a split with a recording, or a duplicate, on both sides; or run it and `mark` its figures leaky. */
  readonly leaks?: 'refuse' | 'mark'
  /** Pairs of clips that hold the same sound though their recordings differ. */
  readonly duplicates?: readonly SoundPair[]
  /** Finished folds; the procedure's `key` must then be given. */
  readonly store?: FoldStore<Score>
  /** Folds that run at the same time; 1 by default. */
  readonly concurrency?: number
}

export const invalid = (what: string, hint?: string) => new AedError('INVALID_OPTION', `cross-validation: ${what}`, hint === undefined ? {} : { hint })

/** Splits of some clips with the indices of all; names begin with `prefix`. */
export function splitsOf(clips: readonly LabelledClip[], splits: Splits, among: readonly number[] | null = null, prefix = ''): readonly FoldSplit[] {
  const made = typeof splits === 'function' ? splits(among ? among.map((i) => clips[i]!) : clips) : splits
  const place = (indices: readonly number[]) => (among ? indices.map((i) => among[i]!) : indices)
  return made.map(({ fold, train, test }) => ({ fold: `${prefix}${fold}`, train: place(train), test: place(test) }))
}

/** Works through tasks, `width` at a time; results in the order of the tasks. A failure starts no further task and is thrown when those under way have ended. */
export async function inLanes<T>(tasks: readonly (() => Promise<T>)[], width: number): Promise<T[]> {
  const results: T[] = []
  const failures: unknown[] = []
  let next = 0
  const lane = async () => {
    while (next < tasks.length && failures.length === 0) {
      const mine = next++
      try {
        results[mine] = await tasks[mine]!()
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, tasks.length) }, lane))
  if (failures.length > 0) throw failures[0]
  return results
}

/** Key of a fold: its name and the hash of all that its result depends on. */
async function keyOf(clips: readonly LabelledClip[], { fold, train, test }: FoldSplit, key: unknown): Promise<string> {
  const facts = (indices: readonly number[]) => indices.map((i) => [clips[i]!.id, clips[i]!.label, clips[i]!.labels ?? null])
  return `${fold}/${(await sha256(JSON.stringify([key, facts(train), facts(test)]))).slice(0, 32)}`
}

function checkScore<Score extends FoldScore>(score: Score, fold: string): Score {
  for (const [name, value] of Object.entries(score.figures))
    if (value !== null && !Number.isFinite(value)) throw new AedError('INVALID_INPUT', `cross-validation, fold ${fold}: figure ${quote(name)} is ${value}`, { hint: 'give null for a figure that is not defined' })
  return score
}

/** Trains and tests one fold, or takes it from the store. */
export async function runFold<Model, Score extends FoldScore>({ clips, store }: CrossValidationSettings<Score>, { fit, score, key }: Procedure<Model, Score>, split: FoldSplit, signal: AbortSignal | undefined): Promise<Score> {
  throwIfAborted(signal)
  const fold = String(split.fold)
  const place = store && (await keyOf(clips, split, key))
  const kept = place === undefined ? undefined : await store!.get(place)
  if (kept !== undefined) return checkScore(kept, fold)
  const call: FoldCall = { fold, clips, signal }
  const made = checkScore(await score(await fit(split.train, call), split.test, call), fold)
  if (place !== undefined) await store!.set(place, made)
  return made
}

export function checkSettings<Score extends FoldScore>({ concurrency = 1, leaks = 'refuse', store }: CrossValidationSettings<Score>, procedures: readonly { readonly key?: unknown }[]): number {
  if (!(Number.isInteger(concurrency) && concurrency > 0)) throw invalid(`concurrency takes a whole number of 1 or more, got ${concurrency}`)
  if (!['refuse', 'mark'].includes(leaks)) throw invalid(`leaks takes refuse or mark, got ${quote(leaks)}`)
  if (store && procedures.some(({ key }) => key === undefined)) throw invalid('a store takes a key beside it', 'state in key what fit and score depend on, or old folds would be taken for new ones')
  return concurrency
}
