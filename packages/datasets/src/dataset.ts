import type { LabelledClip } from '@aed/core'

/** Part of an audio file, in s from its beginning. */
export interface Segment {
  readonly start: number
  /** null: the end of the file. */
  readonly end: number | null
}

/** What a dataset says beyond class, recording and fold. */
export interface ClipDetails extends LabelledClip {
  /** Absent where the clip is the whole file. */
  readonly segment?: Segment
  /** Part of the dataset's own division, for datasets that have one instead of folds. */
  readonly subset?: 'train' | 'validation' | 'test'
}

/** A clip of a dataset on disk. */
export interface DatasetClip extends ClipDetails {
  /** Absolute path of its audio file. */
  readonly path: string
}

/** Labelled recordings on disk. */
export interface Dataset {
  /** `ESC-10`, `ESC-50`, `FSD50K`, `UrbanSound8K`, `synthetic-esc10`, or the folder's name. */
  readonly name: string
  /** True for sounds that a program made up: what is measured on them says nothing about real ones. */
  readonly synthetic: boolean
  /** Class names: sorted, or in the order asked for, the garbage class last. */
  readonly classes: readonly string[]
  /** Sorted by id. */
  readonly clips: readonly DatasetClip[]
  /** Of the recordings; `unknown` where the dataset does not say. */
  readonly licence: string
  /** How to cite it; empty where nothing is known. */
  readonly citation: string
}

/** A clip as a table of labels lists it. */
export interface ListedClip extends ClipDetails {
  /** Path of the audio file as listed. */
  readonly file: string
  /** Line of the table, from 1. */
  readonly line: number
}

/** Classes of a clip, one or more. */
export const labelsOf = ({ label, labels }: LabelledClip): readonly string[] => labels ?? [label]

/** A clip with other classes, one or more. */
export function withLabels<C extends ClipDetails>(clip: C, labels: readonly string[]): C {
  const chosen = { ...clip, label: labels[0]!, labels }
  if (labels.length === 1) Reflect.deleteProperty(chosen, 'labels')
  return chosen
}

/** Order by UTF-16 code units: the same in every locale, and Python's for ASCII names. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
