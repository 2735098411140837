import { AedError, movingMean, refractoryPatches, type DetectionParameters } from '@aed/core'
import type { SoundEvent } from './events.ts'

/** The scores of one recording over time, and what is in it. */
export interface ScoredStream {
  readonly id: string
  /** Row-major `[patches, classes]`, in the order of time. */
  readonly scores: Float32Array
  /** Length of the recording in s. */
  readonly duration: number
  readonly reference: readonly SoundEvent[]
}

/** Where patches lie in time. */
export interface PatchTiming {
  /** From the start of one patch to the start of the next, in s: `patchPeriod` of core. */
  readonly period: number
  /** Length of a patch in s. */
  readonly patchLength: number
}

/** How detections met the events of one class, or of all. */
export interface DetectionCounts {
  /** Events to find. */
  readonly events: number
  /** Events in which the class fired. */
  readonly hits: number
  /** Detections in no event of their class. */
  readonly falseAlarms: number
  /** Of every hit the time from the onset to the end of the patch that fired, in s. */
  readonly latencies: readonly number[]
}

/** Smoothed scores of each class apart, stream by stream: what thresholds are tried on. */
export function smoothStreams(classes: number, streams: readonly ScoredStream[], smoothing: number): readonly (readonly Float32Array[])[] {
  return streams.map(({ scores }) => {
    const means = movingMean(scores, classes, smoothing)
    const patches = means.length / classes
    return Array.from({ length: classes }, (_, c) => Float32Array.from({ length: patches }, (_patch, i) => means[i * classes + c]!))
  })
}

/** Events of each class in each stream, by onset. */
export function eventsByClass(classes: readonly string[], streams: readonly ScoredStream[]): readonly (readonly (readonly SoundEvent[])[])[] {
  return streams.map(({ reference }) => classes.map((name) => reference.filter(({ label }) => label === name).sort((a, b) => a.onset - b.onset)))
}

/**
 * Fires one class over its smoothed scores, as core's detector does, and counts. A detection belongs to an event when its patch ends between the onset and `tolerance` after the offset;
 * the first one in an event is its hit, later ones are neither hits nor false alarms.
 */
export function countClass(means: Float32Array, events: readonly SoundEvent[], threshold: number, rest: number, { period, patchLength }: PatchTiming, tolerance: number): DetectionCounts {
  const lowest = Math.fround(threshold)
  const latencies: number[] = []
  const found = new Uint8Array(events.length)
  let falseAlarms = 0
  let start = 0
  for (let patch = 0; patch < means.length; patch++) {
    if (means[patch]! < lowest) continue
    const time = patch * period + patchLength
    while (start < events.length && events[start]!.offset + tolerance < time) start++
    let known = false
    for (let i = start; i < events.length && events[i]!.onset <= time; i++) {
      if (events[i]!.offset + tolerance < time) continue
      known = true
      if (found[i]) continue
      found[i] = 1
      latencies.push(time - events[i]!.onset)
      break
    }
    if (!known) falseAlarms++
    patch += rest - 1
  }
  return { events: events.length, hits: latencies.length, falseAlarms, latencies }
}

/** Detections as the user meets them. */
export interface DetectionFigures {
  readonly events: number
  readonly hits: number
  readonly misses: number
  readonly falseAlarms: number
  /** Misses / events; null where there are none. */
  readonly missRate: number | null
  readonly falseAlarmsPerHour: number
  /** From the onset to the end of the patch that fired, in s; null without a hit. */
  readonly medianLatency: number | null
}

/** Sums counts of classes and streams; `duration` in s. */
export function figuresOf(counts: readonly DetectionCounts[], duration: number): DetectionFigures {
  let [events, hits, falseAlarms] = [0, 0, 0]
  for (const one of counts) {
    events += one.events
    hits += one.hits
    falseAlarms += one.falseAlarms
  }
  const latencies = Float64Array.from(counts.flatMap((one) => one.latencies)).sort()
  const middle = latencies.length >> 1
  return {
    events,
    hits,
    misses: events - hits,
    falseAlarms,
    missRate: events === 0 ? null : (events - hits) / events,
    falseAlarmsPerHour: falseAlarms / (duration / 3600),
    medianLatency: latencies.length === 0 ? null : latencies.length % 2 === 1 ? latencies[middle]! : (latencies[middle - 1]! + latencies[middle]!) / 2,
  }
}

/**
 * Refuses streams that are not whole.
 * @throws AedError `INVALID_INPUT` with the first offending stream and value
 */
export function checkStreams(classes: readonly string[], streams: readonly ScoredStream[], { period, patchLength }: PatchTiming): void {
  if (!(period > 0 && patchLength > 0 && period < Infinity && patchLength < Infinity)) throw new AedError('INVALID_INPUT', `detection: takes a period and a patch length above 0 s, got ${period} and ${patchLength}`)
  for (const { id, scores } of streams) {
    if (scores.length % classes.length !== 0) throw new AedError('INVALID_INPUT', `detection: recording '${id}': takes rows of ${classes.length} scores, got ${scores.length} values`)
    const bad = scores.findIndex((score) => !(score >= 0 && score < Infinity))
    if (bad >= 0) throw new AedError('INVALID_INPUT', `detection: recording '${id}', patch ${Math.floor(bad / classes.length)}, class '${classes[bad % classes.length]!}': takes a finite score of 0 or more, got ${scores[bad]!}`)
  }
}

/**
 * The stretches of a recording in which a class is heard: runs of patches whose smoothed score reaches the threshold, from the start of the first to the end of the last; runs that
 * begin less than the refractory time after the one before ended are one event.
 */
export function activeEvents(classes: readonly string[], { scores, duration }: Pick<ScoredStream, 'scores' | 'duration'>, { smoothing, thresholds, refractory }: DetectionParameters, { period, patchLength }: PatchTiming): SoundEvent[] {
  const means = movingMean(scores, classes.length, smoothing)
  const rest = refractoryPatches(refractory, period)
  const patches = means.length / classes.length
  return classes
    .flatMap((label, c) => {
      const runs: { first: number; last: number }[] = []
      for (let patch = 0; patch < patches; patch++) {
        if (means[patch * classes.length + c]! < Math.fround(thresholds[c]!)) continue
        const run = runs.at(-1)
        if (run && patch - run.last <= rest) run.last = patch
        else runs.push({ first: patch, last: patch })
      }
      return runs.map(({ first, last }) => ({ label, onset: first * period, offset: Math.min(duration, last * period + patchLength) }))
    })
    .sort((a, b) => a.onset - b.onset)
}
