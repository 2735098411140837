/** A clip with what is known of it. */
export interface LabelledClip {
  /** Unique: the file name. */
  readonly id: string
  /** Class name; of several the first, which a dataset lists as the most specific. */
  readonly label: string
  /** All classes of a clip that has more than one; absent where `label` is the only one. */
  readonly labels?: readonly string[]
  /** The recording that the clip was cut from: clips of one recording must not stand on both sides of a split. */
  readonly source: string
  /** Official fold, 1 or more; null where there is none. */
  readonly fold: number | null
}

/** What a network says of the patches of some clips: what evaluation reads. */
export interface PatchScores {
  /** Class names in the order of the scores. */
  readonly classes: readonly string[]
  readonly clips: readonly LabelledClip[]
  /** For each patch the index of its clip, in any order; a clip may have none. */
  readonly clipOfPatch: Int32Array
  /** Row-major `[patches, classes]`, probabilities. The patches of a clip stand in the order of time. */
  readonly scores: Float32Array
  /** Mean power of each patch, linear, in any unit that the patches of a clip share: what the energy-weighted mean weighs by. */
  readonly energies?: Float32Array
}
