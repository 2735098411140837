/** Mono audio. */
export interface AudioClip {
  /** Samples, full scale ±1. */
  readonly samples: Float32Array
  /** In Hz. */
  readonly sampleRate: number
}
