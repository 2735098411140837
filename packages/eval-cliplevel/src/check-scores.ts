import { AedError, sizeOf, type LabelledClip, type PatchScores } from '@aed/core'
import { quote } from './text.ts'

const invalid = (what: string, hint?: string) => new AedError('INVALID_INPUT', `scores: ${what}`, hint === undefined ? {} : { hint })

function checkUnique(names: readonly string[], what: string): void {
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) throw invalid(`two ${what} are called ${quote(name)}`)
    seen.add(name)
  }
}

/** Where a class stands among the scores, by its name. */
export function classIndex(classes: readonly string[]): ReadonlyMap<string, number> {
  return new Map(classes.map((name, index) => [name, index]))
}

/** The error for a label that is not among the classes. */
export function unknownClass(place: string, label: string, classes: readonly string[]): AedError {
  const known = classes.length > 12 ? `${classes.slice(0, 12).join(', ')}, …` : classes.join(', ')
  return new AedError('UNKNOWN_CLASS', `${place}: label ${quote(label)} is not among the ${classes.length} classes`, { hint: `use one of ${known}` })
}

/** The classes of a clip. */
export const labelsOf = ({ label, labels }: LabelledClip): readonly string[] => labels ?? [label]

/** What is true of clips. */
export interface ClipTruth {
  /** Index of the class of each clip; of several the first. */
  readonly reference: Int32Array
  /** Row-major `[clips, classes]`: 1 where the class is true of the clip. */
  readonly targets: Uint8Array
}

function truthOf(classes: readonly string[], clips: readonly LabelledClip[]): ClipTruth {
  const indexOf = classIndex(classes)
  const reference = new Int32Array(clips.length)
  const targets = new Uint8Array(clips.length * classes.length)
  clips.forEach((clip, i) => {
    labelsOf(clip).forEach((label, place) => {
      const index = indexOf.get(label)
      if (index === undefined) throw unknownClass(`clip ${quote(clip.id)}`, label, classes)
      if (targets[i * classes.length + index] === 1) throw invalid(`clip ${quote(clip.id)} has the label ${quote(label)} twice`)
      if (place === 0) reference[i] = index
      targets[i * classes.length + index] = 1
    })
  })
  return { reference, targets }
}

/** Place of the first score that is not from 0 to `most`, or −1; row by row: a function that is called often is compiled far better than a long loop that is entered once. */
function firstOutside(scores: Float32Array, width: number, most: number): number {
  const inRow = (start: number) => {
    for (let i = start; i < start + width; i++) if (!(scores[i]! >= 0 && scores[i]! <= most)) return i
    return -1
  }
  for (let start = 0; start < scores.length; start += width) {
    const place = inRow(start)
    if (place >= 0) return place
  }
  return -1
}

/**
 * Checks that scores are whole, whatever the labels of their clips.
 * @throws AedError `INVALID_INPUT` with the first offending clip or patch
 */
export function checkPatches({ classes, clips, clipOfPatch, scores, energies }: PatchScores): void {
  if (classes.length === 0) throw invalid('there are no classes')
  if (clips.length === 0) throw invalid('there are no clips', 'check the fold or filter that the clips were chosen with')
  checkUnique(classes, 'classes')
  checkUnique(
    clips.map(({ id }) => id),
    'clips',
  )
  const wanted = sizeOf([clipOfPatch.length, classes.length])
  if (scores.length !== wanted)
    throw invalid(`${clipOfPatch.length} patches of ${classes.length} classes take ${wanted} values, got ${scores.length}`)
  clipOfPatch.forEach((clip, patch) => {
    if (clip < 0 || clip >= clips.length) throw invalid(`patch ${patch} belongs to clip ${clip}, there are ${clips.length} clips`)
  })
  const place = firstOutside(scores, classes.length, Number.MAX_VALUE)
  if (place >= 0) {
    const score = scores[place]!
    const patch = Math.floor(place / classes.length)
    const { id } = clips[clipOfPatch[patch]!]!
    throw invalid(
      `patch ${patch} (of clip ${quote(id)}), class ${quote(classes[place % classes.length]!)}: takes a finite probability of 0 or more, got ${score}`,
      'evaluate probabilities: the outputs of softmax or logistic, dequantized where they are int8',
    )
  }
  if (!energies) return
  if (energies.length !== clipOfPatch.length) throw invalid(`${clipOfPatch.length} patches take as many energies, got ${energies.length}`)
  const bad = energies.findIndex((energy) => !(energy >= 0 && energy < Infinity))
  if (bad >= 0) throw invalid(`patch ${bad} (of clip ${quote(clips[clipOfPatch[bad]!]!.id)}): takes a finite energy of 0 or more, got ${energies[bad]!}`)
}

/**
 * Checks that scores are whole and says what is true of their clips.
 * @throws AedError `INVALID_INPUT` with the first offending clip or patch; `UNKNOWN_CLASS` for a label outside the classes
 */
export function checkScores(scores: PatchScores): ClipTruth {
  checkPatches(scores)
  return truthOf(scores.classes, scores.clips)
}

/**
 * Refuses clips of several classes where each must be of one.
 * @throws AedError `INVALID_INPUT` with the first such clip
 */
export function requireOneLabel(clips: readonly LabelledClip[]): void {
  const several = clips.find((clip) => labelsOf(clip).length !== 1)
  if (several) throw invalid(`clip ${quote(several.id)} is of ${labelsOf(several).length} classes (${labelsOf(several).map(quote).join(', ')})`, 'evaluate them with multiLabel')
}

/**
 * Refuses scores that are no probabilities of one class each.
 * @throws AedError `INVALID_INPUT` with the first patch with a score above 1
 */
export function requireProbabilities({ classes, clips, clipOfPatch, scores }: PatchScores): void {
  const place = firstOutside(scores, classes.length, 1)
  if (place < 0) return
  const patch = Math.floor(place / classes.length)
  throw invalid(`patch ${patch} (of clip ${quote(clips[clipOfPatch[patch]!]!.id)}), class ${quote(classes[place % classes.length]!)}: takes a probability from 0 to 1, got ${scores[place]!}`)
}

/** How far a row of softmax may miss 1: by what rounding to int8 (half a step of 1/256 a class) can do. */
export const sumTolerance = (classes: number): number => classes / 512 + 1e-3

/**
 * Refuses scores that are no softmax.
 * @throws AedError `INVALID_INPUT` with the first patch whose scores do not sum to 1
 */
export function requireSumOfOne({ classes, clips, clipOfPatch, scores }: PatchScores): void {
  const tolerance = sumTolerance(classes.length)
  for (let patch = 0; patch < clipOfPatch.length; patch++) {
    let sum = 0
    for (let c = 0; c < classes.length; c++) sum += scores[patch * classes.length + c]!
    if (!(Math.abs(sum - 1) <= tolerance))
      throw invalid(`patch ${patch} (of clip ${quote(clips[clipOfPatch[patch]!]!.id)}): the scores sum to ${sum.toFixed(4)}, not to 1`, 'give the outputs of softmax, or leave normalized out')
  }
}
