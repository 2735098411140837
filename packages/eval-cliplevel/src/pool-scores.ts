import { AedError, type PatchScores } from '@aed/core'

/**
 * Scores of several folds, or of several runs over different clips, as one: what the pooled figures and their interval are taken of.
 * @throws AedError `INVALID_INPUT` for no parts, or parts of other classes; a clip that stands in two parts is refused by whatever reads the scores
 */
export function poolScores(parts: readonly PatchScores[]): PatchScores {
  const [first] = parts
  if (!first) throw new AedError('INVALID_INPUT', 'pooled scores: takes one part or more, got none')
  const { classes } = first
  const other = parts.findIndex((part) => part.classes.length !== classes.length || part.classes.some((name, c) => name !== classes[c]))
  if (other >= 0) throw new AedError('INVALID_INPUT', `pooled scores: part ${other} has other classes than part 0`, { hint: 'put the classes of all parts into one order' })
  const patches = parts.reduce((sum, { clipOfPatch }) => sum + clipOfPatch.length, 0)
  const pooled = { classes, clips: parts.flatMap(({ clips }) => clips), clipOfPatch: new Int32Array(patches), scores: new Float32Array(patches * classes.length) }
  let [clip, patch] = [0, 0]
  for (const { clips, clipOfPatch, scores } of parts) {
    pooled.clipOfPatch.set(clipOfPatch.map((of) => of + clip), patch)
    pooled.scores.set(scores, patch * classes.length)
    clip += clips.length
    patch += clipOfPatch.length
  }
  return pooled
}
