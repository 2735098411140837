import { loadClip } from '@aed/audio'
import { AedError, patchPeriod, type FeatureConfig, type ModelCard, type PatchScores } from '@aed/core'
import { readBytes } from '@aed/core/node'
import { readDataset, type Dataset, type DatasetClip } from '@aed/datasets'
import { logMelSpectrogram } from '@aed/dsp-mel'
import { loadPatches, patchEnergies, patchesOf, patchScores, readForModel, scoreClipModel, scoreGraph, trainedOn, withRunContext, type SkippedClip, type SplitLeak } from '@aed/e2e'
import type { ClipMedia, EvaluationMedia } from '@aed/report'
import type { CommandCall } from './commands.ts'
import { cardFor } from './model-card.ts'
import { readModel, type ModelFile } from './model-file.ts'

/** A model that gives scores of patches, with all that running it takes. */
export interface ScoringModel {
  readonly model: ModelFile
  readonly card: ModelCard & { readonly features: FeatureConfig; readonly classes: readonly string[] }
  /** True where every class has a probability of its own. */
  readonly sigmoid: boolean
}

/**
 * Reads a model that is to score patches, or clips.
 * @param needs.patches refuses a clip head, whose patches have no scores
 * @throws AedError of `readModel`; `MODEL_MISMATCH` without class names, `MODEL_UNSUPPORTED`
 */
export async function readScoringModel(location: string, options: Readonly<Record<string, unknown>>, needs: { readonly patches: boolean }): Promise<ScoringModel> {
  const model = await readModel(location)
  const card = await cardFor(model, options)
  if (!card.classes) throw new AedError('MODEL_MISMATCH', `${location}: has no class names`, { hint: 'give them with --labels FILE' })
  if (needs.patches && card.head.kind === 'clip') throw new AedError('MODEL_UNSUPPORTED', `${location}: has a clip head, which gives scores of clips and none of patches`, { hint: 'give a model whose patches have scores (aed train --head dense)' })
  return { model, card: { ...card, classes: card.classes }, sigmoid: card.head.kind === 'clip' ? card.head.activation === 'logistic' : model.graph.nodes.at(-1)?.op === 'logistic' }
}

/** The scores of a folder's clips. */
export interface ScoredClips {
  readonly scores: PatchScores
  readonly skipped: readonly SkippedClip[]
  /** Held-out clips whose recording was trained on. */
  readonly leak: SplitLeak | null
  readonly data: string
  /** Sound, picture and scores of some of the clips. */
  readonly media: (ids: readonly string[]) => Promise<EvaluationMedia>
}

/**
 * Runs a model over the clips of a folder.
 * @param options.outside takes clips of any classes: they are none of the model's
 */
export async function scoreClips({ model, card, sigmoid }: ScoringModel, data: string, { options, output, signal }: CommandCall, { outside = false } = {}): Promise<ScoredClips> {
  const { classes, features } = card
  const dataset = outside ? await readDataset(data, { unlabelled: true }) : await readForModel(data, card, { multiLabel: sigmoid })
  const clips = outside ? [...dataset.clips.keys()] : chooseClips(dataset, options['fold'] as string | undefined, data)
  return withRunContext({ signal }, async (context) => {
    const chosen = { ...dataset, clips: clips.map((clip) => dataset.clips[clip]!) }
    const leak = outside ? null : trainedOn(card, dataset, clips)
    const skipBad = options['skipBad'] === true
    const load = async () => {
      const set = await loadPatches(chosen, features, context, (progress) => output.progress(progress), { skipBad })
      for (const { id, message } of set.skipped) output.say(`skipped: ${id}: ${message}`)
      return set
    }
    if (card.head.kind === 'clip') {
      // One row a clip: the head scores the clip as a whole. Which clips can be read shows only when they are.
      const { clips: good, skipped } = skipBad ? await load() : { clips: chosen.clips, skipped: [] }
      const scores = await scoreClipModel({ graph: model.graph, card }, good, context, (progress) => output.progress(progress))
      const whole = { classes, clips: good, clipOfPatch: Int32Array.from(good.keys()), scores }
      return { scores: whole, skipped, leak, data: dataset.name, media: (ids) => mediaOf(good, features, ids, () => new Float32Array(0)) }
    }
    const set = await load()
    const all = [...set.clips.keys()]
    const patches = patchesOf(set, all)
    const scored = await scoreGraph(model.graph, set.patches, context, (progress) => output.progress(progress))
    const scores = { ...patchScores(classes, set, all, patches, scored), energies: patchEnergies(set.patches) }
    const ownScores = (index: number) => Float32Array.from([...patches.keys()].filter((i) => scores.clipOfPatch[i] === index).flatMap((i) => [...scored.subarray(i * classes.length, (i + 1) * classes.length)]))
    return { scores, skipped: set.skipped, leak, data: dataset.name, media: (ids) => mediaOf(set.clips, features, ids, ownScores) }
  })
}

/** Sound and log-mel picture of some clips. */
async function mediaOf(clips: readonly DatasetClip[], features: FeatureConfig, ids: readonly string[], scoresOf: (index: number) => Float32Array): Promise<EvaluationMedia> {
  const shown = new Map<string, ClipMedia>()
  for (const [index, { id, path, segment }] of clips.entries()) {
    if (!ids.includes(id)) continue
    const { clip } = await loadClip({ bytes: await readBytes(path), name: path, ...(segment && { segment }) }, features.audio)
    shown.set(id, { clip, logMel: logMelSpectrogram(clip, features.mel), scores: scoresOf(index) })
  }
  return { clips: shown, period: patchPeriod(features), patchLength: patchSeconds(features) }
}

/** Length of a patch in s. */
export const patchSeconds = ({ audio, mel, patches }: FeatureConfig): number => (patches.patchLength * mel.hopLength) / audio.sampleRate

function chooseClips({ clips }: Dataset, given: string | undefined, where: string): number[] {
  const all = [...clips.keys()]
  if (given === undefined) return all
  const fold = Number(given)
  const chosen = all.filter((clip) => clips[clip]!.fold === fold)
  if (chosen.length === 0) throw new AedError('INVALID_OPTION', `aed eval: --fold ${given}: ${where} has no such fold`)
  return chosen
}
