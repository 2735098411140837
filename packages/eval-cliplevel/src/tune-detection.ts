import { AedError, option, parseOptions, refractoryPatches, throwIfAborted, type DetectionParameters, type OptionsInput, type OptionsOf, type StageContext } from '@aed/core'
import * as v from 'valibot'
import { checkStreams, countClass, eventsByClass, figuresOf, smoothStreams, type DetectionCounts, type DetectionFigures, type PatchTiming, type ScoredStream } from './detection-figures.ts'
import { checkEvents } from './events.ts'

/** Version of {@link DetectionTuning}. */
export const DETECTION_TUNING_SCHEMA = 'aed-detection-tuning/1'

export const tuneDetectionOptionsSchema = v.strictObject({
  maxFalseAlarms: option.number(1, 'false alarms that may occur: of the settings with no more, the one with the fewest misses is chosen', { min: 0, unit: 'an hour' }),
  perClass: option.boolean(false, 'a threshold for each class; needs several events of each'),
  maxSmoothing: option.integer(5, 'longest moving mean that is tried, in patches', { min: 1, max: 100 }),
  maxRefractory: option.number(4, 'longest refractory time that is tried', { min: 0, unit: 's' }),
  tolerance: option.numberOrNone(null, 'how long after an event a detection still counts for it; none: the length of a patch', { min: 0, unit: 's' }),
  garbageClass: option.textOrNone(null, 'class that never fires'),
})
export type TuneDetectionOptions = OptionsOf<typeof tuneDetectionOptionsSchema>

/** One setting and what it gives. */
export interface DetectionSetting {
  readonly parameters: DetectionParameters
  readonly figures: DetectionFigures
}

/** What a search over smoothing, threshold and refractory time found. */
export interface DetectionTuning {
  readonly schema: typeof DETECTION_TUNING_SCHEMA
  readonly classes: readonly string[]
  readonly options: TuneDetectionOptions
  /** Settings tried: a reader must know how many were looked at. */
  readonly settings: number
  /** Length of all recordings in s. */
  readonly duration: number
  /** Settings than which none has fewer misses without more false alarms, by false alarms. */
  readonly front: readonly DetectionSetting[]
  /** The setting of the front that is to be deployed, with the figures of each class. */
  readonly chosen: DetectionSetting & { readonly perClass: readonly (DetectionFigures & { readonly class: string })[] }
}

/** Thresholds that are tried: every hundredth, and above 1 for a class that had better be silent. */
const THRESHOLDS = Array.from({ length: 100 }, (_, i) => (i + 1) / 100)
const SILENT = 2
/** What a false alarm may cost against a miss, for thresholds per class. */
const PRICES = [1 / 4096]
while (PRICES.at(-1)! < 256) PRICES.push(PRICES.at(-1)! * 1.25)

/** Counts of one class over all streams, at one threshold. */
const merge = (counts: readonly DetectionCounts[]): DetectionCounts => ({
  events: counts.reduce((sum, one) => sum + one.events, 0),
  hits: counts.reduce((sum, one) => sum + one.hits, 0),
  falseAlarms: counts.reduce((sum, one) => sum + one.falseAlarms, 0),
  latencies: counts.flatMap((one) => one.latencies),
})

/** Thresholds by class that are worth a look, one row a setting, as indices into the thresholds tried: common ones, or for each price of a false alarm the best of each class. */
function candidates(table: readonly (readonly DetectionCounts[])[], perClass: boolean, fires: readonly boolean[]): number[][] {
  const silent = THRESHOLDS.length
  if (!perClass) return THRESHOLDS.map((_, t) => fires.map((on) => (on ? t : silent)))
  const rows = PRICES.map((price) =>
    table.map((counts, c) => {
      if (!fires[c]) return silent
      let [best, least] = [silent, Infinity]
      // From the highest down: of equals the one that fires least.
      for (let t = silent; t >= 0; t--) {
        const cost = counts[t]!.events - counts[t]!.hits + price * counts[t]!.falseAlarms
        if (cost < least) [best, least] = [t, cost]
      }
      return best
    }),
  )
  return [...new Map(rows.map((row) => [row.join(), row])).values()]
}

/** Settings than which none is better in one and no worse in the other; of equals the quickest, then the one with the shortest mean and the longest rest. */
function paretoFront(settings: readonly DetectionSetting[]): DetectionSetting[] {
  const sorted = [...settings].sort(
    (a, b) => a.figures.falseAlarms - b.figures.falseAlarms || a.figures.misses - b.figures.misses || (a.figures.medianLatency ?? Infinity) - (b.figures.medianLatency ?? Infinity) || a.parameters.smoothing - b.parameters.smoothing || b.parameters.refractory - a.parameters.refractory,
  )
  const front: DetectionSetting[] = []
  for (const setting of sorted) if (setting.figures.misses < (front.at(-1)?.figures.misses ?? Infinity)) front.push(setting)
  return front
}

/**
 * Searches smoothing, thresholds and refractory time on recordings with known events, and gives the Pareto front of false alarms against misses (as Edge Impulse's performance
 * calibration does) with the setting that the wanted number of false alarms chooses. What fires is decided by core's detector, so the device does what was measured. The figures are those
 * of the recordings that the choice was made on: judge it by others.
 * @throws AedError `INVALID_INPUT` with the first offending value (also where there is no event), `UNKNOWN_CLASS`, `INVALID_OPTION`
 */
export function tuneDetection(input: { readonly classes: readonly string[]; readonly streams: readonly ScoredStream[] } & PatchTiming, options: OptionsInput<typeof tuneDetectionOptionsSchema> = {}, { signal, onProgress }: StageContext = {}): DetectionTuning {
  const settings = parseOptions(tuneDetectionOptionsSchema, options, 'detection tuning')
  const { classes, streams, period, patchLength } = input
  const { maxFalseAlarms, perClass, maxSmoothing, maxRefractory, garbageClass } = settings
  checkEvents(classes, streams)
  checkStreams(classes, streams, input)
  if (streams.every(({ reference }) => reference.length === 0)) throw new AedError('INVALID_INPUT', 'detection tuning: no recording has an event', { hint: 'give events to find, else every threshold is as good' })
  if (garbageClass !== null && !classes.includes(garbageClass)) throw new AedError('UNKNOWN_CLASS', `detection tuning: the garbage class '${garbageClass}' is not among the classes`)
  const tolerance = settings.tolerance ?? patchLength
  const fires = classes.map((name) => name !== garbageClass)
  const events = eventsByClass(classes, streams)
  const duration = streams.reduce((sum, one) => sum + one.duration, 0)
  const refractories = [...new Set([0, maxRefractory / 4, maxRefractory / 2, maxRefractory])]
  const never = (c: number): DetectionCounts => ({ events: events.reduce((sum, stream) => sum + stream[c]!.length, 0), hits: 0, falseAlarms: 0, latencies: [] })

  let tried = 0
  const found: (DetectionSetting & { readonly perClass: readonly DetectionCounts[] })[] = []
  for (let smoothing = 1; smoothing <= maxSmoothing; smoothing++) {
    const means = smoothStreams(classes.length, streams, smoothing)
    for (const refractory of refractories) {
      throwIfAborted(signal)
      const rest = refractoryPatches(refractory, period)
      const table = classes.map((_name, c) => [...THRESHOLDS.map((threshold) => merge(streams.map((_stream, s) => countClass(means[s]![c]!, events[s]![c]!, threshold, rest, input, tolerance)))), never(c)])
      for (const row of candidates(table, perClass, fires)) {
        tried++
        const counts = row.map((t, c) => table[c]![t]!)
        const parameters = { smoothing, thresholds: row.map((t) => THRESHOLDS[t] ?? SILENT), refractory }
        found.push({ parameters, figures: figuresOf(counts, duration), perClass: counts })
      }
    }
    onProgress?.({ done: smoothing, total: maxSmoothing, what: 'moving means' })
  }
  const front = paretoFront(found)
  const chosen = (front.findLast(({ figures }) => figures.falseAlarmsPerHour <= maxFalseAlarms) ?? front[0]!) as (typeof found)[number]
  return {
    schema: DETECTION_TUNING_SCHEMA,
    classes,
    options: settings,
    settings: tried,
    duration,
    front: front.map(({ parameters, figures }) => ({ parameters, figures })),
    chosen: { parameters: chosen.parameters, figures: chosen.figures, perClass: chosen.perClass.map((counts, c) => ({ class: classes[c]!, ...figuresOf([counts], duration) })) },
  }
}

/**
 * What given parameters do on recordings with known events.
 * @throws AedError as {@link tuneDetection}; `INVALID_INPUT` for thresholds of other classes
 */
export function detectionFigures(input: { readonly classes: readonly string[]; readonly streams: readonly ScoredStream[]; readonly parameters: DetectionParameters; readonly tolerance?: number } & PatchTiming): DetectionFigures & { readonly perClass: readonly (DetectionFigures & { readonly class: string })[] } {
  const { classes, streams, parameters, period, patchLength, tolerance = patchLength } = input
  checkEvents(classes, streams)
  checkStreams(classes, streams, input)
  if (parameters.thresholds.length !== classes.length) throw new AedError('INVALID_INPUT', `detection: takes a threshold for each of ${classes.length} classes, got ${parameters.thresholds.length}`)
  const events = eventsByClass(classes, streams)
  const means = smoothStreams(classes.length, streams, parameters.smoothing)
  const rest = refractoryPatches(parameters.refractory, period)
  const counts = classes.map((_name, c) => merge(streams.map((_stream, s) => countClass(means[s]![c]!, events[s]![c]!, parameters.thresholds[c]!, rest, input, tolerance))))
  const duration = streams.reduce((sum, one) => sum + one.duration, 0)
  return { ...figuresOf(counts, duration), perClass: counts.map((one, c) => ({ class: classes[c]!, ...figuresOf([one], duration) })) }
}
