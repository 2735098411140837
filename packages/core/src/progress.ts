/** How far a stage or step has come. */
export interface Progress {
  /** Units done, 0 to `total`. */
  readonly done: number
  /** Units in all. */
  readonly total: number
  /** What a unit is, or what is being worked on: `clips`, `epoch 3`. */
  readonly what?: string
}
