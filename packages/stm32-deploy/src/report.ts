import { GENERATOR_VERSION } from './kernel-sources.ts'
import { headReportOf, type HeadReport } from './head/head-report.ts'
import type { NetworkEnd, Proof } from './network.ts'
import { arenaSize, type Library } from './emit/library.ts'
import type { DeployOptions } from './options.ts'
import { planFileOf, type PlanFile } from './plan/plan-file.ts'

/** Version of {@link DeployReport}. */
export const DEPLOY_REPORT_SCHEMA = 'aed-deploy/1'

/** A piece of the arena. */
export interface BufferReport {
  /** Tensor or layer. */
  readonly name: string
  /** Rows of a tensor, scratch of one call, or sums kept from call to call. */
  readonly kind: 'rows' | 'scratch' | 'sums'
  readonly offset: number
  readonly bytes: number
  /** Rows kept; 0 for scratch and sums. */
  readonly slots: number
  /** When it holds something: steps of the schedule, first and last of each stretch. */
  readonly live: readonly (readonly [number, number])[]
}

export interface LayerReport {
  readonly name: string
  readonly op: string
  readonly kernel: string
  readonly summary: string
  readonly macs: number
  /** Calls of the kernel in a run. */
  readonly calls: number
  /** Weights and tables in bytes. */
  readonly constants: number
  /** Bits of the accumulator that no input can exceed (proven); null where there is none. */
  readonly accumulatorBits: number | null
  /** Columns that a convolution gathers at once; null elsewhere. */
  readonly columns: number | null
  /** Times that a run reads the layer's weights. */
  readonly passes: number
  /** Scratch and sums in bytes. */
  readonly work: number
  /** Estimated cycles, with which the planner compares ways. */
  readonly cost: number
  /** What was shown for this model before the kernel was taken; null where the kernel is the literal sequence and nothing else was tried. */
  readonly proof: Proof | null
  /** Counted on an emulated core, its step of the schedule included; null until {@link addInstructions}. */
  readonly instructions: number | null
}

/** What a compiler made of the library. */
export interface Footprint {
  /** Compiler and flags. */
  readonly compiler: string
  readonly target: string
  /** False where the figures are another machine's than the target's. */
  readonly forTarget: boolean
  /** Machine code of the library, its self-test left out. */
  readonly code: number
  /** All constants in flash: weights, tables, parameters of the layers. */
  readonly constants: number
  /** Writable globals; always 0. */
  readonly data: number
  /** Largest stack of a run: frames along the deepest chain of calls. */
  readonly stack: number
  /** Code of each function. */
  readonly functions: readonly { readonly name: string; readonly bytes: number }[]
}

/** Sizes in bytes unless said otherwise. Figures that only a compiler knows are null until {@link completeReport}. */
export interface DeployReport {
  readonly schema: typeof DEPLOY_REPORT_SCHEMA
  readonly generator: string
  readonly name: string
  readonly model: string
  /** `low-ram`, `fast`, or `own` for a plan that was given. */
  readonly plan: DeployOptions['plan']
  /** The decisions of the plan, to be edited and given back. */
  readonly planFile: PlanFile
  readonly target: DeployOptions['target']
  readonly input: NetworkEnd
  /** null with a clip head of statistics. */
  readonly output: NetworkEnd | null
  /** A clip head of statistics; null without one. */
  readonly head: HeadReport | null
  /** Lowest score with which `NAME_label` gives each class: below it a clip is unknown; null: any. */
  readonly thresholds: readonly number[] | null
  readonly memory: {
    /** `NAME_ARENA_SIZE`: rows, sums and scratch. */
    readonly arena: number
    /** Rows and sums alone at the step that needs most of them. */
    readonly activation: number
    /** The largest scratch, inside the arena. */
    readonly scratch: number
    /** No placement of this schedule's rows can need a smaller arena. */
    readonly lowerBound: number
    /** The caller's arrays. */
    readonly input: number
    readonly output: number
    readonly stack: number | null
    /** Arena, input and stack. */
    readonly total: number | null
  }
  readonly flash: {
    /** Weights and biases. */
    readonly weights: number
    /** Factors, lookup tables, the schedule. */
    readonly tables: number
    readonly code: number | null
    /** Code and all constants. */
    readonly total: number | null
  }
  readonly macs: number
  /** Of a run, counted on an emulated core; null until {@link addInstructions}. */
  readonly instructions: number | null
  /** Calls of kernels in a run. */
  readonly steps: number
  readonly layers: readonly LayerReport[]
  readonly buffers: readonly BufferReport[]
  readonly footprint: Footprint | null
  /** What a reader should know of these figures. */
  readonly notes: readonly string[]
}

/** The report of a library that no compiler has seen yet. */
export function reportOf(library: Library, options: DeployOptions, notes: readonly string[]): DeployReport {
  const { name, model, network, plan } = library
  const constants = (kind?: 'weights' | 'tables', layers = network.layers) =>
    layers.flatMap(({ tables }) => tables).reduce((bytes, table) => bytes + (kind === undefined || table.kind === kind ? table.data.byteLength : 0), 0)
  return {
    schema: DEPLOY_REPORT_SCHEMA,
    generator: `@aed/stm32-deploy ${GENERATOR_VERSION}`,
    name,
    model,
    plan: options.plan,
    planFile: planFileOf(library),
    target: options.target,
    input: network.input,
    output: network.output,
    head: library.head && headReportOf(library.head, library.audio),
    thresholds: library.thresholds,
    memory: {
      arena: arenaSize(library),
      activation: plan.activationPeak,
      scratch: plan.buffers.reduce((most, { kind, bytes }) => (kind === 'scratch' ? Math.max(most, bytes) : most), 0),
      lowerBound: plan.peak,
      input: network.input.size,
      output: network.output?.size ?? 0,
      stack: null,
      total: null,
    },
    flash: { weights: constants('weights'), tables: constants('tables') + plan.steps.length * (network.layers.length > 256 ? 2 : 1), code: null, total: null },
    macs: network.layers.reduce((sum, { macs }) => sum + macs, 0),
    instructions: null,
    steps: plan.steps.length,
    layers: network.layers.map((layer) => ({
      name: layer.name,
      op: layer.op,
      kernel: layer.kernel,
      summary: layer.summary,
      macs: layer.macs,
      calls: layer.calls.length,
      constants: constants(undefined, [layer]),
      accumulatorBits: layer.accumulatorBits ?? null,
      columns: layer.columns ?? null,
      passes: layer.passes ?? 1,
      work: layer.work?.bytes ?? 0,
      cost: Math.round(layer.cost),
      proof: layer.proof ?? null,
      instructions: null,
    })),
    buffers: bufferReports(library),
    footprint: null,
    notes,
  }
}

/** The arena's pieces in the order of their first need. */
function bufferReports({ plan }: Library): readonly BufferReport[] {
  return plan.buffers
    .map(({ name, kind, bytes, slots, live }, index) => ({ name, kind, offset: plan.offsets[index]!, bytes, slots, live: live.map(({ from, to }) => [from, to] as const) }))
    .toSorted((a, b) => a.live[0]![0] - b.live[0]![0] || a.offset - b.offset)
}

/** Instructions of a run and of each layer of it, as an emulator counts them. */
export interface InstructionCounts {
  readonly instructions: readonly number[]
  readonly layers: readonly (readonly number[])[]
}

/** The report with the counts of the run that took most. */
export function addInstructions(report: DeployReport, { instructions, layers }: InstructionCounts): DeployReport {
  const most = Math.max(...instructions)
  const counts = layers[instructions.indexOf(most)]
  return { ...report, instructions: most, layers: report.layers.map((layer, index) => ({ ...layer, instructions: counts?.[index] ?? null })) }
}

/** The report with the figures of a compiler. */
export function completeReport(report: DeployReport, footprint: Footprint): DeployReport {
  const { memory, flash } = report
  return {
    ...report,
    memory: { ...memory, stack: footprint.stack, total: memory.arena + memory.input + footprint.stack },
    flash: { ...flash, code: footprint.code, total: footprint.code + footprint.constants },
    footprint,
    notes: footprint.forTarget ? report.notes : [...report.notes, `Code and stack are those of ${footprint.compiler}, not of ${report.target}.`],
  }
}

/** The plan as a table: a heading, and a row for each layer. Estimates until the instructions are counted. */
export function planTable({ layers }: Pick<DeployReport, 'layers'>): { readonly heading: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const counted = layers.every(({ instructions }) => instructions !== null)
  const millions = (value: number) => (value / 1e6).toFixed(3)
  return {
    heading: ['layer', 'computed by', 'columns', 'calls', 'scratch, B', 'constants, B', counted ? 'M instructions' : 'M cycles, estimated'],
    rows: layers.map(({ op, summary, kernel, columns, calls, work, constants, instructions, cost }) => [`${op} ${summary}`, kernel, columns === null ? '' : String(columns), String(calls), String(work), String(constants), millions(instructions ?? cost)]),
  }
}
