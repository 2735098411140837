import * as v from 'valibot'
import { AedError } from './errors.ts'
import { patchStep, type FeatureConfig } from './feature-config.ts'

/**
 * How a stream of patch scores becomes events, chosen by evaluation and stored with the model, so that the device decides as was evaluated.
 * A class fires when the mean of its last `smoothing` patch scores reaches its threshold, and then not again for `refractory` seconds.
 *
 * All runtimes decide alike to the bit: scores, thresholds and means are float32; the mean of n scores is their sum, added from the oldest to the newest, each sum rounded to
 * float32, then divided by n and rounded. The refractory time is counted in whole patches ({@link refractoryPatches}).
 */
export const detectionParametersSchema = v.strictObject({
  /** Patches that the moving mean spans, 1 for none; fewer at the start of a stream. */
  smoothing: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Lowest smoothed score that counts, one a class in the order of the outputs; above 1 a class never fires (a garbage class). */
  thresholds: v.pipe(v.array(v.pipe(v.number(), v.finite())), v.minLength(1)),
  /** Least time from one event of a class to the next, in s. */
  refractory: v.pipe(v.number(), v.finite(), v.minValue(0)),
})

export type DetectionParameters = v.InferOutput<typeof detectionParametersSchema>

/** A class that fired. */
export interface Detection {
  /** Index of the class. */
  readonly class: number
  /** Index of the patch in its stream whose arrival made it fire. */
  readonly patch: number
  /** The smoothed score. */
  readonly score: number
}

/** Time from the start of one patch to the start of the next, in s. */
export function patchPeriod({ audio, mel, patches }: Pick<FeatureConfig, 'audio' | 'mel' | 'patches'>): number {
  return (patchStep(patches) * mel.hopLength) / audio.sampleRate
}

/**
 * The refractory time in patches: after patch i a class can fire from patch i + this on. At least 1.
 * @param refractory in s
 * @param period from {@link patchPeriod}, in s
 */
export function refractoryPatches(refractory: number, period: number): number {
  // A time that is whole patches but for rounding must not cost one more.
  return Math.max(1, Math.ceil(refractory / period - 1e-6))
}

/** Sum of one class over the patches `from` to `to`, oldest first, in float32, divided by their number. */
function meanOf(scores: ArrayLike<number>, classes: number, of: number, from: number, to: number): number {
  let sum = scores[from * classes + of]!
  for (let patch = from + 1; patch < to; patch++) sum = Math.fround(sum + scores[patch * classes + of]!)
  return Math.fround(sum / (to - from))
}

/**
 * Scores of one stream, each replaced by the mean of itself and those before it.
 * @param scores row-major `[patches, classes]`, in the order of time
 * @param span patches that the mean takes in; fewer at the start
 * @throws AedError `INVALID_INPUT` for scores that are no whole rows, `INVALID_OPTION` for a span below 1
 */
export function movingMean(scores: Float32Array, classes: number, span: number): Float32Array {
  if (!(Number.isInteger(span) && span >= 1)) throw new AedError('INVALID_OPTION', `moving mean: spans whole patches, 1 or more, got ${span}`)
  if (!(classes >= 1) || scores.length % classes !== 0) throw new AedError('INVALID_INPUT', `moving mean: takes rows of ${classes} scores, got ${scores.length} values`)
  const means = new Float32Array(scores.length)
  for (let patch = 0; patch * classes < scores.length; patch++)
    for (let c = 0; c < classes; c++) means[patch * classes + c] = meanOf(scores, classes, c, Math.max(0, patch + 1 - span), patch + 1)
  return means
}

/** Decides patch by patch, as the device does. */
export interface Detector {
  /**
   * Takes the scores of the next patch, one a class.
   * @returns the classes that fire, in their order
   * @throws AedError `INVALID_INPUT` for another number of scores, or one that is not finite
   */
  push(scores: ArrayLike<number>): Detection[]
  /** Begins a new stream. */
  reset(): void
}

/**
 * A detector for one stream.
 * @param period time from patch to patch in s: {@link patchPeriod} of the model's feature config
 * @throws AedError `INVALID_OPTION` for a period that is not above 0
 */
export function createDetector({ smoothing, thresholds, refractory }: DetectionParameters, period: number): Detector {
  if (!(period > 0 && period < Infinity)) throw new AedError('INVALID_OPTION', `detector: takes a time from patch to patch above 0 s, got ${period}`)
  const classes = thresholds.length
  const rest = refractoryPatches(refractory, period)
  const lowest = Float32Array.from(thresholds)
  /** The last scores, oldest first. */
  let recent = new Float32Array(0)
  let patch = 0
  const ready = new Float64Array(classes)
  return {
    push(scores) {
      if (scores.length !== classes) throw new AedError('INVALID_INPUT', `detector: takes ${classes} scores a patch, got ${scores.length}`)
      for (let c = 0; c < classes; c++) if (!Number.isFinite(scores[c]!)) throw new AedError('INVALID_INPUT', `detector: patch ${patch}: score ${c} is ${scores[c]!}`)
      const kept = recent.length < smoothing * classes ? recent : recent.subarray(classes)
      const next = new Float32Array(kept.length + classes)
      next.set(kept)
      next.set(Float32Array.from(scores), kept.length)
      recent = next
      const fired: Detection[] = []
      for (let c = 0; c < classes; c++) {
        const score = meanOf(recent, classes, c, 0, recent.length / classes)
        if (score < lowest[c]! || patch < ready[c]!) continue
        ready[c] = patch + rest
        fired.push({ class: c, patch, score })
      }
      patch++
      return fired
    },
    reset() {
      recent = new Float32Array(0)
      patch = 0
      ready.fill(0)
    },
  }
}

/**
 * All that fires in one stream, in the order of time, then of classes: what a {@link Detector} gives patch by patch.
 * @param scores row-major `[patches, classes]`
 * @param period time from patch to patch in s
 * @throws AedError `INVALID_INPUT`, `INVALID_OPTION`
 */
export function detectEvents(scores: Float32Array, parameters: DetectionParameters, period: number): Detection[] {
  const classes = parameters.thresholds.length
  if (scores.length % classes !== 0) throw new AedError('INVALID_INPUT', `detection: takes rows of ${classes} scores, got ${scores.length} values`, { hint: 'there is one threshold a class' })
  const detector = createDetector(parameters, period)
  const events: Detection[] = []
  for (let start = 0; start < scores.length; start += classes) events.push(...detector.push(scores.subarray(start, start + classes)))
  return events
}
