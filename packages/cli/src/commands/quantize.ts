import { AedError, audioOptionsSchema, melOptionsSchema, patchOptionsSchema, sha256, tensorOf, formatShape } from '@aed/core'
import { writeAtomic } from '@aed/core/node'
import { loadPatches, patchesOf, patchLabels, readForModel, stratifiedSample, take, withRunContext } from '@aed/e2e'
import { isInt8Graph } from '@aed/model-miniresnetv2'
import { quantizeOptionsSchema, writeTflite } from '@aed/quantize-int8'
import * as v from 'valibot'
import { option, parseOptions } from '@aed/core'
import type { CommandModule } from '../commands.ts'
import { readModel } from '../model-file.ts'
import { cardFor } from '../model-card.ts'
import { table } from '../text.ts'

const calibrationSchema = v.strictObject({
  calibrationPatches: option.integer(200, 'patches that the ranges are taken from, drawn by class', { min: 1 }),
  excludeFold: option.integerOrNone(null, 'official fold that no calibration patch comes from; none: the one that the model keeps for its test', { min: 1 }),
  skipBad: option.boolean(false, 'leave out clips that cannot be read, and name them'),
  seed: option.integer(0, 'seed of the draw', { min: 0, max: 2 ** 31 }),
})

export const quantize: CommandModule = {
  args: [{ syntax: '<MODEL>', description: 'float model: folder, Keras .h5 or .tflite' }],
  schemas: { '': calibrationSchema, quantization: quantizeOptionsSchema, audio: audioOptionsSchema, mel: melOptionsSchema, patches: patchOptionsSchema },
  flags: [
    { syntax: '--data <DIR>', description: 'folder of clips for calibration', required: true },
    { syntax: '--out <FILE>', description: '.tflite to write', required: true },
    { syntax: '--labels <FILE>', description: 'class names, one a line, for models without a card' },
  ],
  examples: ['aed quantize model --data clips/ --out model.tflite', 'aed quantize float.h5 --data clips/ --labels labels.txt --out int8.tflite'],
  async run({ args, options, output, signal }) {
    const { data, out, quantization, calibrationPatches, excludeFold, skipBad, seed } = options as Record<string, unknown> & { data: string; out: string }
    const draw = parseOptions(calibrationSchema, definedOnly({ calibrationPatches, excludeFold, skipBad, seed }), 'aed quantize')
    const settings = parseOptions(quantizeOptionsSchema, quantization ?? {}, 'aed quantize')
    const model = await readModel(args[0]!)
    if (isInt8Graph(model.graph)) throw new AedError('MODEL_MISMATCH', `${model.path}: is int8 already`, { hint: 'give the float model' })
    const card = await cardFor(model, options)
    const features = card.features
    const input = tensorOf(model.graph, model.graph.inputs[0])
    const made = [1, features.mel.nMels, features.patches.patchLength, 1]
    if (formatShape(made) !== formatShape(input.shape))
      throw new AedError('MODEL_MISMATCH', `${model.path} takes ${formatShape(input.shape)}, the feature config makes ${formatShape(made)}`, { hint: 'set --n-mels and --patch-length' })
    const dataset = await readForModel(data, card)
    const fold = draw.excludeFold ?? (typeof card.provenance['testFold'] === 'number' ? card.provenance['testFold'] : null)
    await withRunContext({ signal }, async (context) => {
      const set = await loadPatches(dataset, features, context, (progress) => output.progress(progress), draw)
      for (const { id, message } of set.skipped) output.say(`skipped: ${id}: ${message}`)
      const clips = [...set.clips.keys()].filter((clip) => fold === null || set.clips[clip]!.fold !== fold)
      const chosen = stratifiedSample(patchesOf(set, clips), patchLabels(set, dataset.classes), draw.calibrationPatches, `${draw.seed}/calibration`)
      const { graph, report } = await context.pool.stages.quantize({ graph: model.graph, calibration: take(set.patches, chosen) }, settings, { signal: context.signal })
      const calibration = { data: dataset.name, patches: chosen.length, excludedFold: fold, seed: draw.seed, ...(set.skipped.length > 0 && { skippedClips: set.skipped.map(({ id }) => id) }) }
      const tflite = writeTflite({ graph, card: { ...card, provenance: { ...card.provenance, calibration } } })
      await writeAtomic(out, tflite)
      const text = [
        `${out}: ${tflite.length} bytes, ranges from ${chosen.length} patches of ${dataset.name}${fold === null ? '' : ` (none of fold ${fold})`}`,
        table(['layer', 'SQNR dB', 'cosine'], report.layers.map(({ name, sqnrDb, cosine }) => [name, sqnrDb === null ? '–' : sqnrDb.toFixed(1), cosine.toFixed(5)])),
      ]
      output.result({ out, bytes: tflite.length, sha256: await sha256(tflite), calibration, report }, text.join('\n'))
    })
  },
}

function definedOnly(options: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
