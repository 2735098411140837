import { AedError, sizeOf, type PatchScores } from '@aed/core'
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

/**
 * Checks that scores are whole and returns the class of each clip as an index.
 * @throws AedError `INVALID_INPUT` with the first offending clip or patch; `UNKNOWN_CLASS` for a label outside the classes
 */
export function checkScores({ classes, clips, clipOfPatch, scores }: PatchScores): Int32Array {
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

  const indexOf = classIndex(classes)
  const reference = new Int32Array(clips.length)
  clips.forEach(({ id, label }, i) => {
    const index = indexOf.get(label)
    if (index === undefined) throw unknownClass(`clip ${quote(id)}`, label, classes)
    reference[i] = index
  })
  clipOfPatch.forEach((clip, patch) => {
    if (clip < 0 || clip >= clips.length) throw invalid(`patch ${patch} belongs to clip ${clip}, there are ${clips.length} clips`)
  })
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!
    if (score >= 0 && score < Infinity) continue
    const patch = Math.floor(i / classes.length)
    const { id } = clips[clipOfPatch[patch]!]!
    throw invalid(
      `patch ${patch} (of clip ${quote(id)}), class ${quote(classes[i % classes.length]!)}: takes a finite probability of 0 or more, got ${score}`,
      'evaluate probabilities: the outputs of softmax or logistic, dequantized where they are int8',
    )
  }
  return reference
}
