import { AedError, parseOptions, throwIfAborted, unknownThresholds, validateGraph, type DeviceTables, type Graph, type ModelCard, type OptionsInput, type StageContext } from '@aed/core'
import { planAudio } from './audio/audio-chain.ts'
import { emitAudio } from './audio/emit-audio.ts'
import { emitClip } from './audio/emit-clip.ts'
import { emitCMake } from './emit/emit-cmake.ts'
import { emitHeader } from './emit/emit-header.ts'
import { emitKernels } from './emit/emit-kernels.ts'
import { emitLabel, lowestText } from './emit/emit-label.ts'
import { emitLibrary } from './emit/emit-library.ts'
import { emitSelftest } from './emit/emit-selftest.ts'
import { emitTables, emitTablesHeader } from './emit/emit-tables.ts'
import type { Library } from './emit/library.ts'
import { emitHead } from './head/emit-head.ts'
import { planHead, type HeadPlan } from './head/plan-head.ts'
import { lowerGraph, lowerTaps } from './lower/lower-graph.ts'
import type { Network, NetworkEnd } from './network.ts'
import { checkName, deployOptionsSchema, type DeployOptions } from './options.ts'
import { choosePlan } from './plan/choose-plan.ts'
import type { Planned } from './plan/plan.ts'
import { parsePlanFile, planFromFile } from './plan/plan-file.ts'
import { rowTrace, type RowPiece } from './plan/row-trace.ts'
import { reportOf, type DeployReport } from './report.ts'

/** One input of the network with the output that a trusted engine gives, for `NAME_selftest`. */
export interface SelftestVector {
  /** int8, all values of the graph's int8 input. */
  readonly input: Int8Array
  /** int8, all values of the graph's int8 output (of the logits where those are wanted); with a clip head of statistics float32, the scores of a clip of this patch alone. */
  readonly output: Int8Array | Float32Array
}

export interface GenerateInput {
  /** An int8 graph. */
  readonly graph: Graph
  /** Where class names, licence and clip head come from; null when unknown. */
  readonly card: ModelCard | null
  /** Tables of the model's front end, from `deviceTables` of @aed/dsp-mel. Left out: the network alone, no `NAME_audio_*`. */
  readonly frontEnd?: DeviceTables | undefined
  /** Left out: the library has no self-test. */
  readonly selftest?: SelftestVector | undefined
  /** What the header says of where the model comes from, beside its card: its hash, its accuracy, … */
  readonly provenance?: Readonly<Record<string, string>> | undefined
  /** A {@link PlanFile}, in place of one that the options favour. */
  readonly plan?: unknown
}

export interface GeneratedLibrary {
  /** Text by path: `include/NAME.h`, `src/*.c`, `src/*.h`, `CMakeLists.txt`. */
  readonly files: Readonly<Record<string, string>>
  readonly report: DeployReport
  /** Where every row of every tensor lies when it is made: what `traceOnHost` reads. */
  readonly rows: readonly RowPiece[]
}

/**
 * Turns an int8 graph into a C99 library without allocation or writable globals that computes the bytes of TensorFlow Lite's reference
 * kernels, row by row in as little memory as the schedule needs. Equal input gives equal text.
 * @throws AedError `DEPLOY_UNSUPPORTED` for what cannot become C, with its place; `INVALID_OPTION`; `INVALID_INPUT` for a self-test of
 * another size; `BUDGET_TOO_SMALL` when the smallest plan exceeds `ram` or `flash`; `MODEL_MISMATCH` when the card has another number of classes than the graph outputs; `GRAPH_INVALID`
 */
export function generateC({ graph, card, frontEnd, selftest, provenance = {}, plan: planFile }: GenerateInput, options: OptionsInput<typeof deployOptionsSchema> = {}, context: StageContext = {}): GeneratedLibrary {
  const parsed: DeployOptions = parseOptions(deployOptionsSchema, options, 'generateC')
  const { name } = parsed
  checkName(name)
  validateGraph(graph)
  const classes = card?.classes ?? null
  const head = card && clipHeadOf(graph, card, frontEnd)
  if (head && parsed.logits) throw new AedError('INVALID_OPTION', `logits: model '${card.name}' has a clip head, whose scores are of clips`, { hint: 'leave the option out' })
  const lowered = head ? lowerTaps(graph, head.taps) : lowerGraph(graph, parsed.logits)
  if (classes && lowered.output && classes.length !== lowered.output.size)
    throw new AedError('MODEL_MISMATCH', `graph '${graph.name}' has ${lowered.output.size} outputs, its card ${classes.length} classes`)
  if (selftest) {
    checkLength('input', selftest.input, lowered.input)
    checkLength('output', selftest.output, lowered.output ?? { name: 'the clip head', size: head!.linear.classes })
  }
  throwIfAborted(context.signal)
  const { network, plan } = planned(lowered, parsed, planFile)
  const macs = network.layers.reduce((sum, layer) => sum + layer.macs, 0)
  const { input, output } = network
  const audio = frontEnd ? planAudio(frontEnd, { card, input, output, head, macs, bufferMs: parsed.audioBuffer, clipDuration: parsed.clipDuration }) : null
  const thresholds = card && !parsed.logits ? unknownThresholds(card) : null
  const library: Library = { name, model: graph.name, classes, thresholds, licence: card?.licence ?? null, provenance: { ...scalarsOf(card), ...provenance }, network, plan, audio, head, selftest: selftest ?? null }
  return { files: emitFiles(library), rows: rowTrace({ network, plan }), report: reportOf(library, planFile === undefined ? parsed : { ...parsed, plan: 'own' }, notes(library, card)) }
}

/**
 * The clip head of statistics that a library of a model carries: what {@link generateC} refuses of it is told without planning the network.
 * @returns null for a head of mean scores
 * @throws AedError `DEPLOY_UNSUPPORTED` for blocks and taps that the C library does not carry; `MODEL_MISMATCH`, `MODEL_INVALID` where head, graph and card do not fit together
 */
export function clipHeadOf(graph: Graph, card: ModelCard, frontEnd?: DeviceTables): HeadPlan | null {
  const { name, features, head } = card
  if (head.kind !== 'clip') return null
  if (!features) throw new AedError('MODEL_MISMATCH', `model '${name}': a clip head needs the feature config in its card`)
  return planHead(graph, card, head, frontEnd ? { ...features, mel: frontEnd.options } : features)
}

/** What a card says of a model's making in single words and numbers. */
function scalarsOf(card: ModelCard | null): Record<string, string> {
  return Object.fromEntries(Object.entries(card?.provenance ?? {}).flatMap(([key, value]) => (['string', 'number', 'boolean'].includes(typeof value) ? [[key, String(value)]] : [])))
}

function planned(network: Network, { plan, ram, flash }: DeployOptions, file: unknown): Planned {
  if (file !== undefined) return planFromFile(network, parsePlanFile(file, 'plan'))
  if (plan !== 'low-ram' && plan !== 'fast') throw new AedError('INVALID_OPTION', `generateC: plan '${plan}'`, { hint: 'take low-ram or fast; a plan of your own goes into the input' })
  return choosePlan(network, { favours: plan, ram, flash })
}

function checkLength(what: 'input' | 'output', { length }: Int8Array | Float32Array, { size, name }: Pick<NetworkEnd, 'name' | 'size'>): void {
  if (length !== size) throw new AedError('INVALID_INPUT', `generateC: selftest.${what} has ${length} values, '${name}' has ${size}`)
}

function emitFiles(library: Library): Readonly<Record<string, string>> {
  const { name, network, selftest, head } = library
  const tables = network.layers.some((layer) => layer.tables.length > 0)
  const files: Record<string, string> = {
    [`include/${name}.h`]: emitHeader(library),
    [`src/${name}.c`]: emitLibrary(library),
    ...(tables && { [`src/${name}_tables.h`]: emitTablesHeader(library), [`src/${name}_tables.c`]: emitTables(library) }),
    ...(selftest && { [`src/${name}_selftest.c`]: emitSelftest(library, selftest) }),
    ...emitKernels(library),
    ...emitAudio(library),
    ...(head ? emitHead(library, head) : emitClip(library)),
    ...emitLabel(library),
  }
  const sources = Object.keys(files).filter((path) => path.endsWith('.c'))
  return { ...files, 'CMakeLists.txt': emitCMake(name, sources) }
}

function notes({ name, classes, thresholds, selftest, audio }: Library, card: ModelCard | null): readonly string[] {
  return [
    ...(classes ? [] : ['The model names no classes: the library has no labels.']),
    ...(thresholds ? [`${name}_label calls unknown what scores below ${lowestText(thresholds)}.`] : []),
    ...(card?.unknownBelow !== undefined && classes && !thresholds ? [`Without the last softmax the card's threshold of unknown says nothing: ${name}_label gives the class of the highest output.`] : []),
    ...(audio ? [] : ['No front end was given: the library is the network alone.']),
    ...(selftest ? [] : ['No test vector was given: the library has no self-test.']),
  ]
}
