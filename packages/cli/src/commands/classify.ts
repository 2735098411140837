import { AedError, audioOptionsSchema, errorIn, melOptionsSchema, parseOptions, patchOptionsSchema, throwIfAborted } from '@aed/core'
import { readBytes } from '@aed/core/node'
import { decodeAudio } from '@aed/audio'
import { AudioClassifier, classifyOptionsSchema, type Classification } from '@aed/model-miniresnetv2'
import type { CommandModule } from '../commands.ts'
import { cardFor } from '../model-card.ts'
import { readModel } from '../model-file.ts'
import { percent } from '../text.ts'

export const classify: CommandModule = {
  args: [
    { syntax: '<MODEL>', description: 'model folder, Keras .h5, .tflite or the name of a shipped model' },
    { syntax: '<AUDIO...>', description: 'recordings (.wav, .ogg, .flac, .mp3, .opus)' },
  ],
  schemas: { '': classifyOptionsSchema, audio: audioOptionsSchema, mel: melOptionsSchema, patches: patchOptionsSchema },
  flags: [
    { syntax: '--timeline', description: 'also the best class of each patch over time' },
    { syntax: '--labels <FILE>', description: 'class names, one a line, for models without a card' },
  ],
  examples: ['aed classify model.tflite dog.wav', 'aed classify model rain.ogg --timeline --json'],
  async run({ args, options, output, signal }) {
    const { topK } = parseOptions(classifyOptionsSchema, options['topK'] === undefined ? {} : { topK: options['topK'] }, 'aed classify')
    const model = await readModel(args[0]!)
    const card = await cardFor(model, options)
    if (!card.classes) throw new AedError('MODEL_MISMATCH', `${model.path}: has no class names`, { hint: 'give them with --labels FILE' })
    const classifier = await AudioClassifier.of({ graph: model.graph, card })
    const results = []
    for (const file of args.slice(1)) {
      throwIfAborted(signal)
      const { channels, sampleRate, warnings } = await decodeAudio(await readBytes(file), { name: file, maxDuration: card.features.audio.maxDuration })
      for (const warning of warnings) output.say(`${file}: ${warning}`)
      results.push({ file, ...(await named(file, () => classifier.classify(channels, { sampleRate, topK, signal }))) })
    }
    const text = results.map(({ file, top, unknown, timeline }) =>
      [
        `${file}: ${top.length === 0 ? 'shorter than a patch' : `${unknown ? 'unknown: ' : ''}${top.map(({ label, score }) => `${label} ${percent(score)}`).join(', ')}`}`,
        ...(options['timeline'] ? timeline.map(({ start, end, label, score }) => `  ${start.toFixed(2)}–${end.toFixed(2)} s  ${label} ${percent(score)}`) : []),
      ].join('\n'),
    )
    output.result(options['timeline'] ? results : results.map(({ file, top, unknown }) => ({ file, top, unknown })), text.join('\n'))
  },
}

/** Errors of a recording with its name. */
async function named(file: string, classify: () => Promise<Classification>): Promise<Classification> {
  try {
    return await classify()
  } catch (error) {
    throw errorIn(file, error)
  }
}
