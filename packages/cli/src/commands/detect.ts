import path from 'node:path'
import * as v from 'valibot'
import { AedError, audioOptionsSchema, melOptionsSchema, option, parseOptions, patchOptionsSchema, patchPeriod, type DetectionParameters } from '@aed/core'
import { writeAtomic } from '@aed/core/node'
import { activeEvents, detectionFigures, evaluateEvents, eventOptionsSchema, type EventEvaluation } from '@aed/eval-cliplevel'
import type { CommandModule } from '../commands.ts'
import { patchSeconds, readScoringModel } from '../score-clips.ts'
import { readEvents, scoreRecordings } from '../score-recordings.ts'
import { percent, table } from '../text.ts'

const detectSchema = v.strictObject({
  smoothing: option.integerOrNone(null, "patches of the moving mean; none: the model's own, else 1", { min: 1 }),
  threshold: option.numberOrNone(null, "lowest smoothed score, for every class; none: the model's own, else 0.5", { min: 0 }),
  refractory: option.numberOrNone(null, "least time from one event of a class to the next; none: the model's own, else 0", { min: 0, unit: 's' }),
})

export const detect: CommandModule = {
  args: [
    { syntax: '<MODEL>', description: 'model folder, Keras .h5 or .tflite' },
    { syntax: '<AUDIO...>', description: 'recordings of any length (.wav, .ogg, .flac, .mp3, .opus)' },
  ],
  schemas: { detection: detectSchema, matching: eventOptionsSchema, audio: audioOptionsSchema, mel: melOptionsSchema, patches: patchOptionsSchema },
  flags: [
    { syntax: '--events <FILE>', description: 'what is in the recordings: file, onset, offset, label between tabs; prints how well it was found (sed_eval)' },
    { syntax: '--labels <FILE>', description: 'class names, one a line, for models without a card' },
    { syntax: '--out <FILE>', description: 'events as a table of the same form' },
  ],
  examples: ['aed detect tuned.tflite night.wav', 'aed detect tuned.tflite a.wav b.wav --events events.tsv --json', 'aed detect model.tflite night.flac --threshold 0.8 --smoothing 3 --refractory 2 --out events.tsv'],
  async run(call) {
    const { args, options, output } = call
    const { out, events: file, detection, matching = {} } = options as { out?: string; events?: string; detection?: object; matching?: object }
    const model = await readScoringModel(args[0]!, options, { patches: true })
    const { classes, features, detection: own } = model.card
    const given = parseOptions(detectSchema, detection, 'aed detect')
    const { threshold } = given
    const parameters: DetectionParameters = {
      smoothing: given.smoothing ?? own?.smoothing ?? 1,
      thresholds: threshold === null ? (own?.thresholds ?? classes.map(() => 0.5)) : classes.map(() => threshold),
      refractory: given.refractory ?? own?.refractory ?? 0,
    }
    if (parameters.thresholds.length !== classes.length) throw new AedError('MODEL_MISMATCH', `${args[0]!}: its card has ${parameters.thresholds.length} thresholds for ${classes.length} classes`, { hint: 'aed tune writes them anew' })
    const timing = { period: patchPeriod(features), patchLength: patchSeconds(features) }
    const reference = file === undefined ? null : await readEvents(file)
    const expected = (recording: string) => reference?.get(recording) ?? reference?.get(path.basename(recording))
    const missing = args.slice(1).find((recording) => reference && !expected(recording))
    if (missing !== undefined) throw new AedError('INVALID_INPUT', `${file!}: says nothing of ${missing}`, { hint: 'a line with the file alone says that it holds no event' })
    const streams = await scoreRecordings(model, args.slice(1), call)
    const found = streams.map((stream) => ({ ...stream, estimated: activeEvents(classes, stream, parameters, timing), reference: expected(stream.id) ?? [] }))
    const evaluation = reference && { ...evaluateEvents({ classes, recordings: found }, matching), detection: detectionFigures({ classes, streams: found, parameters, ...timing }) }
    if (out !== undefined)
      await writeAtomic(out, ['filename\tonset\toffset\tevent_label', ...found.flatMap(({ id, estimated }) => (estimated.length === 0 ? [id] : estimated.map(({ label, onset, offset }) => [id, onset.toFixed(3), offset.toFixed(3), label].join('\t'))))].join('\n') + '\n')
    output.result({ parameters, recordings: found.map(({ id, duration, estimated }) => ({ file: id, duration, events: estimated })), ...(evaluation && { evaluation }) }, [
      ...found.map(({ id, duration, estimated }) => [`${id}: ${estimated.length} events in ${duration.toFixed(1)} s`, ...estimated.map(({ label, onset, offset }) => `  ${onset.toFixed(2)}–${offset.toFixed(2)} s  ${label}`)].join('\n')),
      ...(evaluation ? ['', evaluationText(evaluation)] : []),
    ].join('\n'))
  },
}

function evaluationText({ eventBased, segmentBased, detection, options }: EventEvaluation & { readonly detection: ReturnType<typeof detectionFigures> }): string {
  const rate = (value: number | null) => (value === null ? '–' : value.toFixed(3))
  const rows = ([['events', eventBased], [`segments of ${options.segmentLength} s`, segmentBased]] as const).map(([name, { overall, classWiseAverage }]) => [name, percent(overall.precision), percent(overall.recall), percent(overall.f1), rate(overall.errorRate), percent(classWiseAverage.f1)])
  return [
    table(['', 'precision', 'recall', 'F1', 'error rate', 'macro F1'], rows),
    `detections: ${detection.hits} of ${detection.events} events, ${detection.falseAlarmsPerHour.toFixed(2)} false alarms an hour, median latency ${detection.medianLatency === null ? '–' : `${detection.medianLatency.toFixed(2)} s`}`,
  ].join('\n')
}
