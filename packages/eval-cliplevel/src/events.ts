import { AedError, option, parseOptions, throwIfAborted, type OptionsInput, type OptionsOf, type StageContext } from '@aed/core'
import * as v from 'valibot'
import { bipartiteMatch } from './event-matching.ts'
import { quote } from './text.ts'
import type { UndefinedMetric } from './undefined-metric.ts'

/** Version of {@link EventEvaluation}. */
export const EVENTS_SCHEMA = 'aed-events/1'

/** A sound with its place in a recording. */
export interface SoundEvent {
  readonly label: string
  /** Start and end in s. */
  readonly onset: number
  readonly offset: number
}

/** A recording with what is in it and what was heard. */
export interface RecordingEvents {
  readonly id: string
  /** Length in s. */
  readonly duration: number
  readonly reference: readonly SoundEvent[]
  readonly estimated: readonly SoundEvent[]
}

export const eventOptionsSchema = v.strictObject({
  onsetTolerance: option.number(0.2, 'how far an onset may lie from the true one', { min: 0, unit: 's' }),
  offsetTolerance: option.number(0.5, 'how far an offset may lie from the true one, as a part of the event; at least the onset tolerance', { min: 0 }),
  matchOffset: option.boolean(true, 'an event must have the right offset too'),
  segmentLength: option.number(1, 'length of the segments of segment-based metrics', { min: 0, exclusiveMin: true, unit: 's' }),
})
export type EventOptions = OptionsOf<typeof eventOptionsSchema>

/** Precision, recall and F1; null where there is nothing decided or nothing to find. */
export interface FMeasure {
  readonly precision: number | null
  readonly recall: number | null
  readonly f1: number | null
}

/** Figures of one kind (event- or segment-based), as sed_eval defines them. */
export interface SedMetrics {
  /** Over all classes together (micro). */
  readonly overall: FMeasure & { readonly reference: number; readonly estimated: number; readonly errorRate: number | null; readonly substitutionRate: number | null; readonly deletionRate: number | null; readonly insertionRate: number | null }
  /** Means of the classes' own, over those where they are defined (macro). */
  readonly classWiseAverage: FMeasure & { readonly errorRate: number | null }
  readonly perClass: readonly (FMeasure & { readonly class: string; readonly reference: number; readonly estimated: number; readonly errorRate: number | null })[]
  readonly undefinedMetrics: readonly UndefinedMetric[]
}

/** How well sounds are found in recordings. */
export interface EventEvaluation {
  readonly schema: typeof EVENTS_SCHEMA
  readonly classes: readonly string[]
  readonly options: EventOptions
  readonly recordings: number
  /** In s. */
  readonly duration: number
  readonly eventBased: SedMetrics
  readonly segmentBased: SedMetrics
}

/** Counts of one class or of all. */
interface Tally {
  reference: number
  estimated: number
  hits: number
  substitutions: number
  deletions: number
  insertions: number
}
const emptyTally = (): Tally => ({ reference: 0, estimated: 0, hits: 0, substitutions: 0, deletions: 0, insertions: 0 })

const ratio = (part: number, whole: number) => (whole === 0 ? null : part / whole)
const meanOf = (values: readonly (number | null)[]) => {
  const defined = values.filter((value) => value !== null)
  return ratio(defined.reduce((sum, value) => sum + value, 0), defined.length)
}

function fMeasure({ reference, estimated, hits }: Tally): FMeasure {
  return { precision: ratio(hits, estimated), recall: ratio(hits, reference), f1: reference === 0 || estimated === 0 ? null : (2 * hits) / (reference + estimated) }
}

function metricsFrom(classes: readonly string[], overall: Tally, perClass: readonly Tally[], unit: string): SedMetrics {
  const undefinedMetrics: UndefinedMetric[] = []
  const each = perClass.map((tally, c) => {
    const own = { class: classes[c]!, reference: tally.reference, estimated: tally.estimated, ...fMeasure(tally), errorRate: ratio(tally.deletions + tally.insertions, tally.reference) }
    if (tally.estimated === 0) undefinedMetrics.push({ metric: 'precision', class: own.class, reason: `no ${unit} was decided for this class` })
    if (tally.reference === 0) for (const metric of ['recall', 'errorRate']) undefinedMetrics.push({ metric, class: own.class, reason: `no ${unit} is of this class` })
    if (own.f1 === null) undefinedMetrics.push({ metric: 'f1', class: own.class, reason: `no ${unit} is of this class, or none was decided for it` })
    return own
  })
  const { reference, estimated, substitutions, deletions, insertions } = overall
  if (reference === 0 || estimated === 0) undefinedMetrics.push({ metric: 'f1', class: null, reason: reference === 0 ? `there is no ${unit} to find` : `no ${unit} was decided for` })
  return {
    overall: {
      reference,
      estimated,
      ...fMeasure(overall),
      errorRate: ratio(substitutions + deletions + insertions, reference),
      substitutionRate: ratio(substitutions, reference),
      deletionRate: ratio(deletions, reference),
      insertionRate: ratio(insertions, reference),
    },
    classWiseAverage: { precision: meanOf(each.map((c) => c.precision)), recall: meanOf(each.map((c) => c.recall)), f1: meanOf(each.map((c) => c.f1)), errorRate: meanOf(each.map((c) => c.errorRate)) },
    perClass: each,
    undefinedMetrics,
  }
}

/** Whether an event lies where another does, whatever their classes. */
function coincide(reference: SoundEvent, estimated: SoundEvent, { onsetTolerance, offsetTolerance, matchOffset }: EventOptions): boolean {
  if (Math.abs(reference.onset - estimated.onset) > onsetTolerance) return false
  return !matchOffset || Math.abs(reference.offset - estimated.offset) <= Math.max(onsetTolerance, offsetTolerance * (reference.offset - reference.onset))
}

/** Largest matching of events that coincide and are of one class: pairs of indices. */
function match(reference: readonly SoundEvent[], estimated: readonly SoundEvent[], options: EventOptions): [reference: number, estimated: number][] {
  const graph = new Map<number, number[]>()
  reference.forEach((wanted, r) => {
    estimated.forEach((found, e) => {
      if (wanted.label === found.label && coincide(wanted, found, options)) graph.set(e, [...(graph.get(e) ?? []), r])
    })
  })
  return [...bipartiteMatch(graph)]
}

function eventBased(classes: readonly string[], recordings: readonly RecordingEvents[], options: EventOptions): SedMetrics {
  const overall = emptyTally()
  const perClass = classes.map(emptyTally)
  for (const { reference, estimated } of recordings) {
    const pairs = match(reference, estimated, options)
    const [matched, used] = [new Set(pairs.map(([r]) => r)), new Set(pairs.map(([, e]) => e))]
    let substitutions = 0
    reference.forEach((wanted, r) => {
      if (matched.has(r)) return
      const e = estimated.findIndex((found, i) => !used.has(i) && coincide(wanted, found, options))
      if (e < 0) return
      used.add(e)
      substitutions++
    })
    overall.reference += reference.length
    overall.estimated += estimated.length
    overall.hits += pairs.length
    overall.substitutions += substitutions
    overall.insertions += estimated.length - pairs.length - substitutions
    overall.deletions += reference.length - pairs.length - substitutions
    classes.forEach((name, c) => {
      const [wanted, found] = [reference, estimated].map((events) => events.filter(({ label }) => label === name)) as [SoundEvent[], SoundEvent[]]
      const hits = match(wanted, found, options).length
      const tally = perClass[c]!
      tally.reference += wanted.length
      tally.estimated += found.length
      tally.hits += hits
      tally.deletions += wanted.length - hits
      tally.insertions += found.length - hits
    })
  }
  return metricsFrom(classes, overall, perClass, 'event')
}

function segmentBased(classes: readonly string[], recordings: readonly RecordingEvents[], { segmentLength }: EventOptions): SedMetrics {
  const overall = emptyTally()
  const perClass = classes.map(emptyTally)
  const column = new Map(classes.map((name, c) => [name, c]))
  for (const { duration, reference, estimated } of recordings) {
    const segments = Math.ceil(duration * (1 / segmentLength))
    const roll = (events: readonly SoundEvent[]) => {
      const active = new Uint8Array(segments * classes.length)
      for (const { label, onset, offset } of events)
        for (let s = Math.floor(onset * (1 / segmentLength)); s < Math.min(segments, Math.ceil(offset * (1 / segmentLength))); s++) active[s * classes.length + column.get(label)!] = 1
      return active
    }
    const [wanted, found] = [roll(reference), roll(estimated)]
    for (let s = 0; s < segments; s++) {
      let [ours, theirs, both] = [0, 0, 0]
      for (let c = 0; c < classes.length; c++) {
        const [w, f] = [wanted[s * classes.length + c]!, found[s * classes.length + c]!]
        ours += w
        theirs += f
        both += w & f
        const tally = perClass[c]!
        tally.reference += w
        tally.estimated += f
        tally.hits += w & f
        tally.deletions += w & ~f
        tally.insertions += f & ~w
      }
      overall.reference += ours
      overall.estimated += theirs
      overall.hits += both
      overall.substitutions += Math.min(ours, theirs) - both
      overall.deletions += Math.max(0, ours - theirs)
      overall.insertions += Math.max(0, theirs - ours)
    }
  }
  return metricsFrom(classes, overall, perClass, 'segment')
}

/**
 * Checks events of recordings.
 * @throws AedError `INVALID_INPUT` with the first offending event, `UNKNOWN_CLASS`
 */
export function checkEvents(classes: readonly string[], recordings: readonly { readonly id: string; readonly duration: number; readonly reference: readonly SoundEvent[]; readonly estimated?: readonly SoundEvent[] }[]): void {
  if (recordings.length === 0) throw new AedError('INVALID_INPUT', 'events: there are no recordings')
  const seen = new Set<string>()
  for (const { id, duration, reference, estimated = [] } of recordings) {
    if (seen.has(id)) throw new AedError('INVALID_INPUT', `events: two recordings are called ${quote(id)}`)
    seen.add(id)
    if (!(duration > 0 && duration < Infinity)) throw new AedError('INVALID_INPUT', `events: recording ${quote(id)}: takes a length above 0 s, got ${duration}`)
    for (const [kind, events] of [['reference', reference], ['estimated', estimated]] as const)
      events.forEach(({ label, onset, offset }, i) => {
        if (!(onset >= 0 && offset > onset && offset < Infinity)) throw new AedError('INVALID_INPUT', `events: recording ${quote(id)}, ${kind} event ${i}: takes an onset of 0 s or more and an offset after it, got ${onset} and ${offset}`)
        if (!classes.includes(label)) throw new AedError('UNKNOWN_CLASS', `events: recording ${quote(id)}, ${kind} event ${i}: label ${quote(label)} is not among the ${classes.length} classes`)
      })
  }
}

/**
 * Event-based and segment-based F1 and error rate of sounds found in recordings, as sed_eval defines them (Mesaros et al., Metrics for polyphonic sound event detection, 2016): events
 * are matched so that as many as possible find a partner.
 * @throws AedError `INVALID_INPUT` with the first offending event, `UNKNOWN_CLASS`, `INVALID_OPTION`
 */
export function evaluateEvents(input: { readonly classes: readonly string[]; readonly recordings: readonly RecordingEvents[] }, options: OptionsInput<typeof eventOptionsSchema> = {}, context: StageContext = {}): EventEvaluation {
  const settings = parseOptions(eventOptionsSchema, options, 'events')
  throwIfAborted(context.signal)
  const { classes, recordings } = input
  checkEvents(classes, recordings)
  return {
    schema: EVENTS_SCHEMA,
    classes,
    options: settings,
    recordings: recordings.length,
    duration: recordings.reduce((sum, { duration }) => sum + duration, 0),
    eventBased: eventBased(classes, recordings, settings),
    segmentBased: segmentBased(classes, recordings, settings),
  }
}
