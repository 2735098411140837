/** A figure that has no value here, and why. */
export interface UndefinedMetric {
  /** `recall`, `interval`, … as the field is called. */
  readonly metric: string
  /** The class that it is of; null for a figure of the whole. */
  readonly class: string | null
  readonly reason: string
}
