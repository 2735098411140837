import type { ClassCurves, Comparison, Evaluation, OpenSet } from '@aed/eval-cliplevel'

/** Version of {@link EvaluationReport}: `report.schema.json` of this package describes it. */
export const EVALUATION_REPORT_SCHEMA = 'aed-evaluation-report/1'

/** A clip that was decided wrongly, and how surely. */
export interface WorstClip {
  readonly id: string
  readonly label: string
  /** Class decided for; null for a clip without a patch. */
  readonly estimated: string | null
  /** Score of the class decided for. */
  readonly score: number | null
}

/** Clips evaluated whose recording a model was trained on. */
interface Leak {
  readonly clips: number
  readonly of: number
}

/** All that an evaluation says, as it stands in `report.json`: plain data. */
export interface EvaluationReport {
  readonly schema: 'aed-evaluation-report/1'
  /** What was evaluated: name of the model or file, and of the data. */
  readonly model: string
  readonly data: string
  /** Version of the packages that wrote it. */
  readonly version: string
  readonly evaluation: Evaluation
  readonly curves: readonly ClassCurves[]
  /** Present where clips outside the classes were given, or the model has a threshold of its own. */
  readonly openSet: OpenSet | null
  /** Present where a second model was given. */
  readonly comparison: (Comparison & { readonly second: string; readonly leaky: Leak | null }) | null
  /** Clips decided wrongly, the surest first. */
  readonly worst: readonly WorstClip[]
  /** Clips that could not be read and count nowhere. */
  readonly skipped: readonly { readonly id: string; readonly message: string }[]
  /** Held-out clips whose recording the model was trained on; null where none is known of. */
  readonly leaky: Leak | null
}

/** The clips that were decided wrongly, the surest first. */
export function worstClips({ clip }: Evaluation, count: number): WorstClip[] {
  return clip.decisions
    .filter((_decision, i) => !clip.correct[i])
    .map(({ id, label, estimated, score }) => ({ id, label, estimated, score }))
    .sort((a, b) => (b.score ?? -1) - (a.score ?? -1))
    .slice(0, count)
}
