import { AedError, createRandom, option, parseOptions, type OptionsInput } from '@aed/core'
import * as v from 'valibot'
import { compareText, labelsOf, withLabels, type ClipDetails } from './dataset.ts'

/** Options of the class that stands for everything else. */
export const garbageClassSchema = v.strictObject({
  name: option.text('other', 'name of the garbage class'),
  seed: option.integer(0, 'seed of the draw'),
  perLabel: option.integerOrNone(null, 'clips drawn from each label that is not chosen, at most; none: as many as give the garbage class the mean size of the chosen ones', { min: 1 }),
})
export type GarbageClassOptions = OptionsInput<typeof garbageClassSchema>

/** Which classes of a dataset are read. */
export interface ClassChoice {
  /** Only clips of these classes, which then have this order; default: all, sorted (of ESC-50, the ten of ESC-10). */
  readonly classes?: readonly string[]
  /** Adds a class with clips of the labels that were not chosen. */
  readonly garbageClass?: GarbageClassOptions
}

/**
 * The clips of some classes. A clip of several classes keeps those chosen; the garbage class is drawn from clips that have none of them,
 * seeded and without replacement, at most `perLabel` from each label (the model zoo's `use_garbage_class`, `n_samples_per_garbage_class`).
 * @param known all classes of the dataset
 * @throws AedError `UNKNOWN_CLASS`, `INVALID_OPTION`
 */
export function chooseClasses<C extends ClipDetails>(
  clips: readonly C[],
  known: readonly string[],
  { classes, garbageClass }: ClassChoice,
  where: string,
): { classes: readonly string[]; clips: readonly C[] } {
  const unknown = classes?.filter((name) => !known.includes(name)) ?? []
  if (unknown.length)
    throw new AedError('UNKNOWN_CLASS', `${where}: no class ${unknown.map((name) => `'${name}'`).join(', ')}; known are ${known.join(', ')}`, { hint: 'check the spelling' })
  if (classes && new Set(classes).size !== classes.length) throw new AedError('INVALID_OPTION', `${where}: a class is named twice among ${classes.join(', ')}`)
  if (!classes) {
    if (garbageClass) throw new AedError('INVALID_OPTION', `${where}: a garbage class is drawn from what is not chosen, but all classes are`, { hint: 'name the classes to tell apart' })
    const present = new Set(clips.flatMap(labelsOf))
    return { classes: known.filter((name) => present.has(name)), clips }
  }
  const wanted = new Set(classes)
  const kept = clips.flatMap((clip) => {
    const labels = labelsOf(clip).filter((name) => wanted.has(name))
    return labels.length === 0 ? [] : [withLabels(clip, labels)]
  })
  const empty = classes.find((name) => !kept.some((clip) => labelsOf(clip).includes(name)))
  if (empty !== undefined) throw new AedError('DATASET_INVALID', `${where}: class '${empty}' has no clips`)
  if (!garbageClass) return { classes, clips: kept }
  const { name, seed, perLabel } = parseOptions(garbageClassSchema, garbageClass, 'garbage class')
  if (known.includes(name)) throw new AedError('INVALID_OPTION', `garbage class: '${name}' is a class of the dataset`, { hint: 'give it another name' })
  const rest = clips.filter((clip) => !labelsOf(clip).some((label) => wanted.has(label)))
  const labels = [...new Set(rest.map(({ label }) => label))].sort(compareText)
  if (labels.length === 0) throw new AedError('DATASET_INVALID', `${where}: no clip is left for the garbage class '${name}'`)
  const cap = perLabel ?? Math.max(1, Math.round(kept.length / classes.length / labels.length))
  const random = createRandom(`garbage/${seed}`)
  const drawn = labels.flatMap((label) => {
    const own = rest.filter((clip) => clip.label === label).sort((a, b) => compareText(a.id, b.id))
    return random.fork(label).shuffle(own).slice(0, cap)
  })
  return { classes: [...classes, name], clips: [...kept, ...drawn.map((clip) => withLabels(clip, [name]))] }
}

/**
 * Weights that make classes of different sizes count alike: clips / (classes · clips of the class), scikit-learn's `balanced`.
 * A clip of several classes counts for each of them.
 * @returns one weight for each of `classes`
 * @throws AedError `SPLIT_INVALID` for a class without clips
 */
export function classWeights(clips: readonly ClipDetails[], classes: readonly string[]): Float64Array {
  const counts = new Map(classes.map((name) => [name, 0]))
  let total = 0
  for (const clip of clips)
    for (const label of labelsOf(clip)) {
      const count = counts.get(label)
      if (count === undefined) throw new AedError('UNKNOWN_CLASS', `class weights: clip '${clip.id}' is of class '${label}', which is not among ${classes.join(', ')}`)
      counts.set(label, count + 1)
      total++
    }
  return Float64Array.from(classes, (name) => {
    const count = counts.get(name)!
    if (count === 0) throw new AedError('SPLIT_INVALID', `class weights: class '${name}' has no clips`)
    return total / (classes.length * count)
  })
}
