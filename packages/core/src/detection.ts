import * as v from 'valibot'

/**
 * How a stream of patch scores becomes events, chosen by evaluation and stored with the model, so that the device decides as was evaluated.
 * A class fires when the mean of its last `smoothing` patch scores reaches its threshold, and then not again for `refractory` seconds.
 */
export const detectionParametersSchema = v.strictObject({
  /** Patches that the moving mean spans, 1 for none; fewer at the start of a stream. */
  smoothing: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Lowest smoothed score that counts, one a class in the order of the outputs. */
  thresholds: v.pipe(v.array(v.pipe(v.number(), v.finite())), v.minLength(1)),
  /** Least time from one event of a class to the next, in s. */
  refractory: v.pipe(v.number(), v.finite(), v.minValue(0)),
})

export type DetectionParameters = v.InferOutput<typeof detectionParametersSchema>
