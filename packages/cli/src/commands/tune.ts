import * as v from 'valibot'
import { audioOptionsSchema, createRandom, melOptionsSchema, option, parseOptions, patchOptionsSchema, patchPeriod, type DetectionParameters } from '@aed/core'
import { tuneDetection, tuneDetectionOptionsSchema, type DetectionSetting, type ScoredStream } from '@aed/eval-cliplevel'
import type { CommandCall, CommandModule } from '../commands.ts'
import { patchSeconds, readScoringModel, scoreClips, type ScoringModel } from '../score-clips.ts'
import { clipsEndToEnd, inFolder, readEvents, scoreRecordings } from '../score-recordings.ts'
import { percent, table } from '../text.ts'
import { requirePlaceForModel, writeWithCard } from '../write-with-card.ts'

const streamSchema = v.strictObject({ seed: option.integer(0, 'seed of the order in which clips follow each other', { min: 0 }) })

export const tune: CommandModule = {
  args: [{ syntax: '<MODEL>', description: 'model folder or .tflite' }],
  schemas: { tuning: tuneDetectionOptionsSchema, '': streamSchema, audio: audioOptionsSchema, mel: melOptionsSchema, patches: patchOptionsSchema },
  flags: [
    { syntax: '--data <DIR>', description: 'folder of clips, which are laid end to end; or of the recordings that --events names', required: true },
    { syntax: '--events <FILE>', description: 'what is in the recordings: file, onset, offset, label between tabs (DCASE, sed_eval)' },
    { syntax: '--skip-bad', description: 'leave out clips that cannot be read, and name them' },
    { syntax: '--fold <N>', description: 'only the clips of this official fold' },
    { syntax: '--out <MODEL>', description: 'the model with the chosen parameters in its card, which aed detect and aed deploy take' },
  ],
  examples: ['aed tune model.tflite --data ESC-50-master --fold 5 --out tuned.tflite', 'aed tune model.tflite --data recordings --events events.tsv --max-false-alarms 0.5 --per-class'],
  async run(call) {
    const { args, options, output, signal } = call
    const { data, out, tuning: settings = {} } = options as { data: string; out?: string; tuning?: object }
    const { seed } = parseOptions(streamSchema, options['seed'] === undefined ? {} : { seed: options['seed'] }, 'aed tune')
    const model = await readScoringModel(args[0]!, options, { patches: true })
    if (out !== undefined) await requirePlaceForModel(model.model, out)
    const { features, classes } = model.card
    const timing = { period: patchPeriod(features), patchLength: patchSeconds(features) }
    const streams = await streamsOf(model, data, seed, call)
    const found = tuneDetection({ classes, streams, ...timing }, settings, { signal, onProgress: (progress) => output.progress(progress) })
    const { parameters, figures, perClass } = found.chosen
    if (out !== undefined) await writeWithCard(model.model, { detection: parameters }, out)
    const row = ({ figures: f, parameters: p }: DetectionSetting) => [f.falseAlarmsPerHour.toFixed(2), percent(f.missRate), f.medianLatency === null ? '–' : f.medianLatency.toFixed(2), String(p.smoothing), p.refractory.toFixed(2), thresholdsText(p)]
    const { front } = found
    output.result(out === undefined ? found : { ...found, model: out }, [
      `${found.settings} settings tried on ${(found.duration / 3600).toFixed(2)} h with ${figures.events} events`,
      table(['false alarms/h', 'missed', 'latency s', 'smoothing', 'refractory s', 'thresholds'], front.map(row)),
      '',
      `chosen: at most ${found.options.maxFalseAlarms} false alarms an hour`,
      table(['class', 'events', 'missed', 'false alarms/h', 'threshold'], perClass.map((c, i) => [c.class, String(c.events), percent(c.missRate), c.falseAlarmsPerHour.toFixed(2), parameters.thresholds[i]! > 1 ? 'never' : parameters.thresholds[i]!.toFixed(2)])),
      `smoothing over ${parameters.smoothing} patches, then ${parameters.refractory.toFixed(2)} s of rest`,
      ...(figures.falseAlarmsPerHour > found.options.maxFalseAlarms ? ['no setting has so few false alarms: this one has the fewest'] : []),
      ...(features.mel.dbRef === 'clip' ? ['note: the levels that were scored are relative to the loudest moment of each clip or recording; a device does not know it'] : []),
      'the figures are those of the recordings that the choice was made on: judge it by others with aed detect --events',
      ...(out === undefined ? [] : [`model: ${out}`]),
    ].join('\n'))
  },
}

/** Thresholds as one number where they are equal but for classes that never fire. */
function thresholdsText({ thresholds }: DetectionParameters): string {
  const real = [...new Set(thresholds.filter((threshold) => threshold <= 1))]
  return real.length === 0 ? 'never' : real.length === 1 ? real[0]!.toFixed(2) : `${Math.min(...real).toFixed(2)} to ${Math.max(...real).toFixed(2)}`
}

async function streamsOf(model: ScoringModel, data: string, seed: number, call: CommandCall): Promise<readonly ScoredStream[]> {
  const { events: file } = call.options as { events?: string }
  const { features } = model.card
  if (file !== undefined) {
    const events = await readEvents(file)
    const names = [...events.keys()]
    const streams = await scoreRecordings(model, inFolder(data, names), call)
    return streams.map((stream, i) => ({ ...stream, reference: events.get(names[i]!)! }))
  }
  const { scores, leak } = await scoreClips(model, data, call)
  if (leak) call.output.say(`note: the recordings of ${leak.clips} of ${leak.of} clips were trained on: the figures are too good`)
  // In any but their own order: neighbours in a dataset are of one class, and a moving mean would never cross from one to another.
  const order = createRandom(seed).fork('stream').shuffle([...scores.clips.keys()])
  const place = new Int32Array(order.length)
  order.forEach((clip, i) => (place[clip] = i))
  return [clipsEndToEnd({ ...scores, clips: order.map((clip) => scores.clips[clip]!), clipOfPatch: scores.clipOfPatch.map((clip) => place[clip]!) }, { period: patchPeriod(features), patchLength: patchSeconds(features) })]
}
