import path from 'node:path'
import { AedError, audioOptionsSchema, melOptionsSchema, patchOptionsSchema, type PatchScores } from '@aed/core'
import { readBytes, writeAtomic } from '@aed/core/node'
import { leakMark, loadPatches, patchEnergies, patchesOf, patchScores, readForModel, scoreClipModel, scoreGraph, take, trainedOn, withRunContext, type SkippedClip, type SplitLeak } from '@aed/e2e'
import { evaluate as evaluateScores, evaluateOptionsSchema, formatEvaluation, formatScoresCsv, parseScoresCsv } from '@aed/eval-cliplevel'
import type { CommandCall, CommandModule } from '../commands.ts'
import { cardFor } from '../model-card.ts'
import { readModel } from '../model-file.ts'

export const evaluate: CommandModule = {
  args: [{ syntax: '[MODEL]', description: 'model folder, Keras .h5 or .tflite; none with --scores' }],
  schemas: { evaluation: evaluateOptionsSchema, audio: audioOptionsSchema, mel: melOptionsSchema, patches: patchOptionsSchema },
  flags: [
    { syntax: '--data <DIR>', description: 'folder of clips' },
    { syntax: '--skip-bad', description: 'leave out clips that cannot be read, and name them' },
    { syntax: '--fold <N>', description: 'only the clips of this official fold' },
    { syntax: '--scores <FILE>', description: 'csv with columns clip, source, label and one a class, found by name; a row a patch' },
    { syntax: '--labels <FILE>', description: 'class names, one a line, for models without a card' },
    { syntax: '--min-accuracy <PART>', description: 'fail (BELOW_MINIMUM, exit status 2, after the figures) where the clip accuracy is below this part of 1' },
    { syntax: '--out <DIR>', description: 'folder for evaluation.json and patches.csv' },
  ],
  examples: ['aed eval model.tflite --data ESC-50-master --fold 5', 'aed eval --scores patches.csv --json', 'aed eval --scores patches.csv --min-accuracy 0.95'],
  async run(call) {
    const { args, options, output } = call
    const { scores: file, data, out, evaluation: settings = {} } = options as { scores?: string; data?: string; out?: string; evaluation?: object }
    if ((args.length > 0) === (file !== undefined) || (file === undefined) !== (data !== undefined))
      throw new AedError('USAGE', 'aed eval: give a MODEL with --data DIR, or --scores FILE alone', { hint: 'see aed eval --help' })
    const wanted = minAccuracy(options['minAccuracy'] as string | undefined)
    const { scores, skipped, leak, sigmoid } = file === undefined ? await scoreModel(args[0]!, data!, call) : { scores: parseScoresCsv(new TextDecoder().decode(await readBytes(file)), file), skipped: [], leak: null, sigmoid: false }
    const multiLabel = sigmoid || scores.clips.some(({ labels }) => labels !== undefined)
    const evaluation = { ...evaluateScores(scores, { multiLabel, ...settings }), ...(skipped.length > 0 && { skipped }), ...(leak && { leaky: leak }) }
    if (out !== undefined) {
      await writeAtomic(path.join(out, 'patches.csv'), formatScoresCsv(scores))
      await writeAtomic(path.join(out, 'evaluation.json'), `${JSON.stringify(evaluation, null, 2)}\n`)
    }
    output.result(evaluation, [formatEvaluation(evaluation), ...(skipped.length > 0 ? [`${skipped.length} clips could not be read and count nowhere`] : []), ...(leak ? [leakMark(leak)] : [])].join('\n'))
    const { accuracy } = evaluation.clip
    if (wanted !== undefined && accuracy < wanted)
      throw new AedError('BELOW_MINIMUM', `aed eval: clip accuracy ${accuracy.toFixed(4)} is below --min-accuracy ${wanted}`, { hint: 'the figures stand above' })
  },
}

function minAccuracy(given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  const value = given.trim() === '' ? NaN : Number(given)
  if (!(value >= 0 && value <= 1)) throw new AedError('INVALID_OPTION', `aed eval: --min-accuracy takes a part from 0 to 1, got ${JSON.stringify(given)}`, { hint: '0.95 is 95 %' })
  return value
}

/** Runs a model over the clips of a folder. */
async function scoreModel(location: string, data: string, { options, output, signal }: CommandCall): Promise<{ scores: PatchScores; skipped: readonly SkippedClip[]; leak: SplitLeak | null; sigmoid: boolean }> {
  const model = await readModel(location)
  const card = await cardFor(model, options)
  const { classes } = card
  if (!classes) throw new AedError('MODEL_MISMATCH', `${location}: has no class names`, { hint: 'give them with --labels FILE' })
  const sigmoid = model.graph.nodes.at(-1)?.op === 'logistic'
  const dataset = await readForModel(data, card, { multiLabel: sigmoid })
  const clips = chooseClips(dataset.clips.map(({ fold }) => fold), options['fold'] as string | undefined, data)
  const leak = trainedOn(card, dataset, clips)
  return withRunContext({ signal }, async (context) => {
    const chosen = { ...dataset, clips: clips.map((clip) => dataset.clips[clip]!) }
    if (card.head.kind === 'clip') {
      // One row a clip: the head scores the clip as a whole.
      const scores = await scoreClipModel({ graph: model.graph, card }, chosen.clips, context, (progress) => output.progress(progress))
      return { scores: { classes, clips: chosen.clips, clipOfPatch: Int32Array.from(chosen.clips.keys()), scores }, skipped: [], leak, sigmoid: card.head.activation === 'logistic' }
    }
    const set = await loadPatches(chosen, card.features, context, (progress) => output.progress(progress), { skipBad: options['skipBad'] === true })
    for (const { id, message } of set.skipped) output.say(`skipped: ${id}: ${message}`)
    const all = [...set.clips.keys()]
    const patches = patchesOf(set, all)
    const taken = take(set.patches, patches)
    const scores = await scoreGraph(model.graph, taken, context, (progress) => output.progress(progress))
    return { scores: { ...patchScores(classes, set, all, patches, scores), energies: patchEnergies(taken) }, skipped: set.skipped, leak, sigmoid }
  })
}

function chooseClips(folds: readonly (number | null)[], given: string | undefined, where: string): number[] {
  const all = [...folds.keys()]
  if (given === undefined) return all
  const fold = Number(given)
  const chosen = all.filter((clip) => folds[clip] === fold)
  if (chosen.length === 0) throw new AedError('INVALID_OPTION', `aed eval: --fold ${given}: ${where} has no such fold`)
  return chosen
}
