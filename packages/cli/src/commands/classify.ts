import * as v from 'valibot'
import { AedError, audioOptionsSchema, melOptionsSchema, option, parseOptions, patchOptionsSchema, patchStep, throwIfAborted, type FeatureConfig } from '@aed/core'
import { readBytes } from '@aed/core/node'
import { decodeAudio, prepareClip } from '@aed/audio'
import { logMelPatches } from '@aed/dsp-mel'
import type { CommandModule } from '../commands.ts'
import { cardFor } from '../model-card.ts'
import { readModel, type ModelFile } from '../model-file.ts'
import { scorePatches } from '../run-model.ts'
import { percent } from '../text.ts'

const classifySchema = v.strictObject({ topK: option.integer(3, 'classes shown, best first', { min: 1 }) })

export const classify: CommandModule = {
  args: [
    { syntax: '<MODEL>', description: 'model folder, Keras .h5 or .tflite' },
    { syntax: '<AUDIO...>', description: 'recordings (.wav, .ogg, .flac, .mp3, .opus)' },
  ],
  schemas: { '': classifySchema, audio: audioOptionsSchema, mel: melOptionsSchema, patches: patchOptionsSchema },
  flags: [
    { syntax: '--timeline', description: 'also the best class of each patch over time' },
    { syntax: '--labels <FILE>', description: 'class names, one a line, for models without a card' },
  ],
  examples: ['aed classify model.tflite dog.wav', 'aed classify model rain.ogg --timeline --json'],
  async run({ args, options, output, signal }) {
    const { topK } = parseOptions(classifySchema, options['topK'] === undefined ? {} : { topK: options['topK'] }, 'aed classify')
    const model = await readModel(args[0]!)
    const { classes, features } = await cardFor(model, options)
    if (!classes) throw new AedError('MODEL_MISMATCH', `${model.path}: has no class names`, { hint: 'give them with --labels FILE' })
    const results = []
    for (const file of args.slice(1)) {
      throwIfAborted(signal)
      results.push(await classifyFile(model, file, classes, features, topK))
    }
    const text = results.map(({ file, top, timeline }) =>
      [
        `${file}: ${top.length === 0 ? 'shorter than a patch' : top.map(({ label, score }) => `${label} ${percent(score)}`).join(', ')}`,
        ...(options['timeline'] ? timeline.map(({ start, end, label, score }) => `  ${start.toFixed(2)}–${end.toFixed(2)} s  ${label} ${percent(score)}`) : []),
      ].join('\n'),
    )
    output.result(options['timeline'] ? results : results.map(({ file, top }) => ({ file, top })), text.join('\n'))
  },
}

interface Scored {
  readonly label: string
  readonly score: number
}

/** Mean scores of a recording's patches, and the best class of each patch; times count from the start of what is left after the silence cut. */
async function classifyFile(model: ModelFile, file: string, classes: readonly string[], features: FeatureConfig, topK: number) {
  const decoded = await decodeAudio(await readBytes(file), { name: file, maxDuration: features.audio.maxDuration })
  const patches = logMelPatches(prepareClip(decoded, features.audio), features)
  const n = patches.shape[0]!
  const scores = await scorePatches(model, patches)
  const best = (row: ArrayLike<number>): Scored[] =>
    classes.map((label, i) => ({ label, score: row[i]! })).sort((a, b) => b.score - a.score)
  const mean = classes.map((_label, i) => Array.from({ length: n }, (_, patch) => scores[patch * classes.length + i]!).reduce((a, b) => a + b, 0) / n)
  const frame = features.mel.hopLength / features.audio.sampleRate
  const timeline = Array.from({ length: n }, (_, patch) => {
    const start = patch * patchStep(features.patches) * frame
    return { start, end: start + features.patches.patchLength * frame, ...best(scores.subarray(patch * classes.length, (patch + 1) * classes.length))[0]! }
  })
  return { file, top: n === 0 ? [] : best(mean).slice(0, topK), timeline }
}
