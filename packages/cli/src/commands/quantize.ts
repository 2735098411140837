import path from 'node:path'
import { AedError, audioOptionsSchema, formatShape, melOptionsSchema, option, parseOptions, patchOptionsSchema, sha256, tensorOf, type Graph, type ModelCard, type Tensor } from '@aed/core'
import { writeAtomic, writeFolderAtomic } from '@aed/core/node'
import type { Dataset } from '@aed/datasets'
import { compareInt8, leakMark, loadPatches, patchesOf, patchLabels, readForModel, renderQuantizationHtml, stratifiedClips, stratifiedSample, take, trainedOn, withRunContext, type Int8Comparison, type PatchSet, type SplitLeak } from '@aed/e2e'
import { isInt8Graph } from '@aed/model-miniresnetv2'
import { fakePatches, FAKE_DATA_WARNING, graphToDot, graphToJson, optimizeGraph, quantizeOptionsSchema, readTflite, writeTflite, type QuantizationReport } from '@aed/quantize-int8'
import * as v from 'valibot'
import type { CommandCall, CommandModule } from '../commands.ts'
import { cardFor } from '../model-card.ts'
import { readModel } from '../model-file.ts'
import { percent, table } from '../text.ts'

const calibrationSchema = v.strictObject({
  calibrationPatches: option.integer(200, 'patches that the ranges are taken from, drawn evenly over the classes', { min: 1 }),
  excludeFold: option.integerOrNone(null, 'official fold that no calibration patch comes from; none: the one that the model keeps for its test', { min: 1 }),
  compareClips: option.integer(400, 'clips that the accuracy of float and int8 is compared on, of the fold left out where there is one; 0 for none', { min: 0 }),
  skipBad: option.boolean(false, 'leave out clips that cannot be read, and name them'),
  seed: option.integer(0, 'seed of the draw', { min: 0, max: 2 ** 31 }),
})

type Draw = v.InferOutput<typeof calibrationSchema>

/** A float model with all that its int8 form inherits. */
interface FloatModel {
  readonly path: string
  readonly graph: Graph
  readonly card: ModelCard
}

/** Patches to quantize with, and the labelled clips to compare on. */
interface CalibrationData {
  readonly patches: Tensor<'float32'>
  /** For the card. */
  readonly provenance: object
  /** For people. */
  readonly origin: string
  readonly compared: { readonly set: PatchSet; readonly clips: readonly number[]; readonly leak: SplitLeak | null } | null
}

export const quantize: CommandModule = {
  args: [{ syntax: '<MODEL>', description: 'float model: folder, Keras .h5 or .tflite' }],
  schemas: { '': calibrationSchema, quantization: quantizeOptionsSchema, audio: audioOptionsSchema, mel: melOptionsSchema, patches: patchOptionsSchema },
  flags: [
    { syntax: '--data <DIR>', description: 'folder of clips for calibration; with labels that the model knows the accuracy of float and int8 is compared too' },
    { syntax: '--fake-data', description: 'quantize with noise in place of --data: for measuring size, memory and speed only' },
    { syntax: '--out <FILE>', description: '.tflite to write', required: true },
    { syntax: '--report <FILE>', description: 'error report to write, .html' },
    { syntax: '--dump <DIR>', description: 'folder for the graph between the passes, as .json and Graphviz .dot' },
    { syntax: '--labels <FILE>', description: 'class names, one a line, for models without a card' },
  ],
  examples: [
    'aed quantize model --data clips/ --out model.tflite --report model.html',
    'aed quantize float.h5 --data clips/ --labels labels.txt --out int8.tflite --calibration-method mse',
    'aed quantize float.tflite --fake-data --out size-only.tflite --dump passes/',
  ],
  async run(call) {
    const { args, options, output, signal } = call
    const { data, out, report: page, dump, fakeData } = options as { data?: string; out: string; report?: string; dump?: string; fakeData?: boolean }
    if ((data === undefined) === (fakeData !== true))
      throw new AedError('USAGE', data === undefined ? 'aed quantize: --data <DIR> is missing' : 'aed quantize: takes --data or --fake-data, not both', { hint: 'int8 ranges come from real patches; --fake-data is for measuring size and speed only' })
    const draw = parseOptions(calibrationSchema, definedOnly(Object.fromEntries(Object.keys(calibrationSchema.entries).map((key) => [key, options[key]]))), 'aed quantize')
    const settings = parseOptions(quantizeOptionsSchema, options['quantization'] ?? {}, 'aed quantize')
    const model = await readFloatModel(args[0]!, options)
    await withRunContext({ signal }, async (context) => {
      const { patches, provenance, origin, compared } = data === undefined ? fakeCalibration(model, draw) : await readCalibration(await readForModel(data, model.card, { multiLabel: model.graph.nodes.at(-1)?.op === 'logistic' }), model, draw, call, context)
      const { graph, report } = await context.pool.stages.quantize({ graph: model.graph, calibration: patches }, settings, { signal: context.signal, onProgress: (progress) => output.progress(progress) })
      const { card } = model
      const tflite = writeTflite({ graph, card: { ...card, provenance: { ...card.provenance, calibration: provenance } } })
      const hash = await sha256(tflite)
      const comparison = compared ? await compareInt8({ float: model.graph, int8: readTflite(tflite, out).graph, sha256: hash, classes: card.classes! }, compared.set, compared.clips, context, (progress) => output.progress(progress)) : null
      const notes = [...(data === undefined ? [FAKE_DATA_WARNING] : []), ...(compared?.leak ? [leakMark(compared.leak)] : [])]
      await writeAtomic(out, tflite)
      if (dump !== undefined) await dumpPasses(dump, model.graph, graph)
      if (page !== undefined) await writeAtomic(page, await renderQuantizationHtml({ name: path.basename(out), bytes: tflite.length, sha256: hash, report, comparison, notes }))
      for (const note of notes) output.say(`note: ${note}`)
      output.result(
        { out, bytes: tflite.length, sha256: hash, calibration: provenance, report, comparison, notes, ...(page !== undefined && { page }), ...(dump !== undefined && { dump }) },
        [`${out}: ${tflite.length} bytes, ranges from ${origin}`, ...summary(report, comparison)].join('\n'),
      )
    })
  },
}

async function readFloatModel(location: string, options: CommandCall['options']): Promise<FloatModel & { readonly card: Awaited<ReturnType<typeof cardFor>> }> {
  const model = await readModel(location)
  if (isInt8Graph(model.graph)) throw new AedError('MODEL_MISMATCH', `${model.path}: is int8 already`, { hint: 'give the float model' })
  const card = await cardFor(model, options)
  const input = tensorOf(model.graph, model.graph.inputs[0])
  const made = [1, card.features.mel.nMels, card.features.patches.patchLength, 1]
  if (formatShape(made) !== formatShape(input.shape))
    throw new AedError('MODEL_MISMATCH', `${model.path} takes ${formatShape(input.shape)}, the feature config makes ${formatShape(made)}`, { hint: 'set --n-mels and --patch-length' })
  return { path: model.path, graph: model.graph, card }
}

/** Noise between the floor and the top of the model's own features. */
function fakeCalibration({ graph, card }: FloatModel, { seed }: Draw): CalibrationData {
  const { topDb, dbRef } = card.features!.mel
  const patches = fakePatches(graph, dbRef === null ? { min: 0, max: 1 } : { min: -(topDb ?? 100), max: 0 }, 32, seed)
  return { patches, provenance: { fakeData: true, patches: 32, seed, worth: FAKE_DATA_WARNING }, origin: '32 patches of noise', compared: null }
}

async function readCalibration(dataset: Dataset, { card }: FloatModel, draw: Draw, { output }: CommandCall, context: Parameters<typeof loadPatches>[2]): Promise<CalibrationData> {
  const fold = draw.excludeFold ?? (typeof card.provenance['testFold'] === 'number' ? card.provenance['testFold'] : null)
  const set = await loadPatches(dataset, card.features!, context, (progress) => output.progress(progress), draw)
  for (const { id, message } of set.skipped) output.say(`skipped: ${id}: ${message}`)
  const all = [...set.clips.keys()]
  const inFold = (clip: number) => fold !== null && set.clips[clip]!.fold === fold
  const chosen = stratifiedSample(patchesOf(set, all.filter((clip) => !inFold(clip))), patchLabels(set, dataset.classes), draw.calibrationPatches, `${draw.seed}/calibration`)
  const known = card.classes !== null && card.head.kind === 'meanScores' && dataset.clips.every(({ labels, label }) => labels === undefined && card.classes!.includes(label))
  const clips = known && draw.compareClips > 0 ? stratifiedClips(set, all.some(inFold) ? all.filter(inFold) : all, dataset.classes, draw.compareClips, draw.seed) : []
  return {
    patches: take(set.patches, chosen),
    provenance: { data: dataset.name, patches: chosen.length, excludedFold: fold, seed: draw.seed, ...(set.skipped.length > 0 && { skippedClips: set.skipped.map(({ id }) => id) }) },
    origin: `${chosen.length} patches of ${dataset.name}${fold === null ? '' : ` (none of fold ${fold})`}`,
    compared: clips.length > 0 ? { set, clips, leak: trainedOn(card, { ...dataset, clips: set.clips }, clips) } : null,
  }
}

/** The graph as it came, after each pass and in int8, in the order of the names. */
async function dumpPasses(folder: string, float: Graph, int8: Graph): Promise<void> {
  const shown: (readonly [string, Graph])[] = []
  optimizeGraph(float, (name, graph) => shown.push([name, graph]))
  shown.push(['int8', int8])
  await writeFolderAtomic(folder, async (temporary) => {
    for (const [i, [name, graph]] of shown.entries()) {
      await writeAtomic(path.join(temporary, `${i}-${name}.json`), graphToJson(graph))
      await writeAtomic(path.join(temporary, `${i}-${name}.dot`), graphToDot(graph))
    }
  })
}

function summary(report: QuantizationReport, comparison: Int8Comparison | null): string[] {
  const { layers, costliest, result, enoughPatches, learningCurve } = report
  const dB = (value: number | null) => (value === null ? '–' : value.toFixed(1))
  return [
    table(
      ['layer', 'SQNR dB', 'cosine', 'saturated', 'alone dB'],
      layers.map(({ name, sqnrDb, cosine, saturation, aloneDb }) => [name, dB(sqnrDb), cosine.toFixed(5), percent(saturation), dB(aloneDb)]),
    ),
    `cost ${result} most: ${costliest.join(', ')}`,
    enoughPatches === null ? `more than ${learningCurve.at(-2)?.patches ?? 0} calibration patches are needed; more than ${report.calibrationPatches} may help` : `${enoughPatches} calibration patches come within 0.5 dB of what all ${report.calibrationPatches} give`,
    ...(comparison
      ? [
          `${comparison.clips} clips: float ${percent(comparison.clip.float)}, int8 ${percent(comparison.clip.int8)}, McNemar p = ${comparison.mcNemar.p.toFixed(3)}; ${comparison.patches} patches: ${percent(comparison.patch.float)}, ${percent(comparison.patch.int8)}`,
        ]
      : []),
  ]
}

function definedOnly(options: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
