import { AedError, createRandom, isAedError, sizeOf, tensorOf, type FeatureConfig, type Graph, type ModelCard, type Progress, type StageContext } from '@aed/core'
import { readBytes } from '@aed/core/node'
import { decodeAudio, prepareClip } from '@aed/audio'
import type { DatasetClip } from '@aed/datasets'
import { deviceLogMelPatches, toPcm16 } from '@aed/dsp-mel'
import { int8Core, quantizeValues } from '@aed/quantize-int8'
import { createReferenceEngine } from '@aed/quantize-int8/engine'
import { featuresOf, type GeneratedLibrary } from '@aed/stm32-deploy'
import { measureHead, readHeader, runNetwork, runStream, traceOnHost, type Device, type HeadWork, type LibraryFiles } from '@aed/stm32-deploy/node'
import { countEqual } from './deploy-fold.ts'
import { comparerOf } from './compare-chains.ts'
import { withTail } from './device-chain.ts'
import { clipOutputs, hasClipHead } from './device-clip.ts'

/** Inputs of the network with the outputs that the engine gives. */
export interface TestVectors {
  readonly count: number
  /** int8 `[count, inputSize]` */
  readonly inputs: Int8Array
  /** Bytes `[count, outputSize]` */
  readonly outputs: Int8Array
}

/** How a library's network fared on a device against the engine. */
export interface NetworkVerification {
  readonly device: string
  readonly inputs: number
  /** Inputs whose output bytes are all equal. */
  readonly equal: number
  /** Of the run that took most; null where they are not counted. */
  readonly instructions: number | null
  /** Of the run that took longest, in s; null on an emulator, whose clock means nothing. */
  readonly seconds: number | null
  /** Deepest stack, by painting, in bytes; 0 where it cannot be painted. */
  readonly stack: number
  /** High-water mark of the arena, by painting, in bytes. */
  readonly arena: number
}

/** How the tensors that a library makes on this machine fared against the engine's: all equal, or it is an error. */
export interface LayerVerification {
  readonly inputs: number
  /** Of them patches of clips; the others are random. */
  readonly patches: number
  /** Tensors that the C makes: pads and reshapes that their consumers take over are none. */
  readonly layers: number
  /** Bytes compared. */
  readonly values: number
}

/** How the chain from samples to decisions fared on a device against the same chain in TypeScript. */
export interface ChainVerification {
  readonly device: string
  /** Recordings; a synthetic one where no data was given. */
  readonly clips: number
  readonly patches: number
  /** Patches whose network output, smoothed scores and events are all equal; with a clip head of statistics, whose scores of the clip so far are. */
  readonly equalPatches: number
  /** Clips that get the same class, and are unknown or not on both sides. */
  readonly equalLabels: number
  /** Part of the clips that get their own label: of the chain on the device and of that in TypeScript; null without data. */
  readonly accuracy: { readonly device: number; readonly typescript: number } | null
  /** Of a model that says below what score a clip is unknown: clips that are, and the part of all that get their own label all the same (null without data); null of another model. */
  readonly unknown: { readonly device: number; readonly typescript: number; readonly kept: { readonly device: number; readonly typescript: number } | null } | null
  /** With a clip head of statistics and data: the accuracy where a block's features stay at their means, the rest of the head as it is. */
  readonly without: readonly { readonly block: string; readonly accuracy: number }[] | null
  /** Instructions of a call of poll that takes one frame, mean and most, and of one that also runs the network; null where they are not counted. */
  readonly frame: { readonly mean: number; readonly most: number } | null
  readonly poll: number | null
  /** Instructions of the clip's scores, of a head of statistics: part of each call of poll that gives a result. */
  readonly head: number | null
  /** Instructions of what such a head takes of a frame and of a second of samples: part of those of the front end; null without one, or where they are not counted. */
  readonly headWork: HeadWork | null
  /** Deepest stack of poll, by painting, in bytes. */
  readonly stack: number
}

/**
 * Random inputs with what the engine makes of them.
 * @param card with a clip head of statistics: outputs are the bytes of {@link clipOutputs}
 * @param logits without the last softmax
 */
export function randomVectors(graph: Graph, card: ModelCard | null, logits: boolean, count: number): TestVectors {
  const core = int8Core(graph)
  const random = createRandom('test vectors')
  const input = tensorOf(core, core.inputs[0])
  const inputs = Int8Array.from({ length: count * sizeOf(input.shape) }, () => random.integer(256) - 128)
  return { count, inputs, outputs: card && hasClipHead(card) ? new Int8Array(clipOutputs(graph, card, inputs, count).buffer) : engineOutputs(core, logits, inputs, count) }
}

/** What the reference engine makes of int8 inputs. */
export function engineOutputs(graph: Graph, logits: boolean, inputs: Int8Array, count: number): Int8Array {
  const core = int8Core(graph)
  const last = core.nodes.at(-1)
  const output = logits && last?.op === 'softmax' ? last.inputs[0]! : core.outputs[0]!
  const { shape } = tensorOf(core, core.inputs[0])
  return createReferenceEngine({ ...core, outputs: [output] }).run({ dtype: 'int8', shape: [count, ...shape.slice(1)], data: inputs }).data as Int8Array
}

/**
 * Compares every row of every layer, when the compiled C has made it on this machine, with the engine's.
 * @param inputs int8 `[count, inputSize]`
 * @throws AedError `VERIFY_FAILED` at the first byte that differs: input, layer and row; what `traceOnHost` throws
 */
export async function verifyLayers(library: Pick<GeneratedLibrary, 'files' | 'rows'>, graph: Graph, inputs: Int8Array, count: number, { onProgress, signal }: StageContext = {}): Promise<Omit<LayerVerification, 'patches'>> {
  const core = int8Core(graph)
  const engine = createReferenceEngine(core)
  const { shape } = tensorOf(core, core.inputs[0])
  const size = sizeOf(shape)
  const layers = new Set(library.rows.map(({ tensor }) => tensor))
  let values = 0
  await traceOnHost(library, inputs, count, (rows, index) => {
    onProgress?.({ done: index, total: count, what: 'inputs' })
    const seen = new Set<string>()
    engine.trace({ dtype: 'int8', shape: [1, ...shape.slice(1)], data: inputs.slice(index * size, (index + 1) * size) }, (name, expected) => {
      const found = rows.get(name)
      if (!found) return
      seen.add(name)
      values += found.length
      const wrong = found.findIndex((value, i) => value !== expected[i])
      if (wrong >= 0) throw new AedError('VERIFY_FAILED', `this machine: input ${index}, layer '${name}', value ${wrong}: the compiled C makes ${found[wrong]!}, the engine ${Number(expected[wrong])}`, { hint: 'please report this as a bug' })
    })
    const missing = [...layers].find((name) => !seen.has(name))
    if (missing !== undefined) throw new AedError('VERIFY_FAILED', `this machine: the engine makes no '${missing}', which the C library does`, { hint: 'please report this as a bug' })
  }, { signal })
  return { inputs: count, layers: layers.size, values }
}

/** What the network gets of clips: the patches of the device's front end. @returns int8 `[patches, inputSize]` */
export async function clipInputs(graph: Graph, features: FeatureConfig, clips: readonly DatasetClip[]): Promise<Int8Array> {
  const core = int8Core(graph)
  const { quantization } = tensorOf(core, core.inputs[0])
  const parts: Int8Array[] = []
  for (const clip of clips) {
    const { samples } = await recordingOf(clip, features)
    parts.push(quantizeValues(deviceLogMelPatches({ samples, sampleRate: features.audio.sampleRate }, features).data, quantization!))
  }
  const whole = new Int8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/**
 * Compares the network on a device with the engine.
 * @throws AedError `VERIFY_FAILED` when a byte differs; what `runNetwork` throws
 */
export async function verifyNetwork(device: Device, files: LibraryFiles, { inputs, outputs, count }: TestVectors): Promise<NetworkVerification> {
  const header = readHeader(files)
  const run = await runNetwork(device, header, inputs, count)
  const equal = countEqual(run.outputs, outputs, header.outputSize)
  if (equal !== count) throw new AedError('VERIFY_FAILED', `${device.board}: the compiled C equals the engine on ${equal} of ${count} inputs`, { hint: 'please report this as a bug' })
  const { instructions, stack, arena, seconds } = run
  return { device: device.board, inputs: count, equal, instructions: instructions && Math.max(...instructions), seconds: device.instructionTime === null ? Math.max(...seconds) : null, stack, arena }
}

/** A recording with its class, null for a synthetic one. */
interface Recording {
  readonly samples: Int16Array
  readonly label: string | null
}

/** Two seconds and a half of bursts of all levels. */
function syntheticRecording({ audio }: FeatureConfig): Recording {
  const random = createRandom('recording')
  const level = (i: number) => 10 ** (0.5 + 4 * Math.abs(((2 * i) / audio.sampleRate) % 2 - 1))
  return { label: null, samples: Int16Array.from({ length: 2.5 * audio.sampleRate }, (_, i) => level(i) * random.between(-1, 1)) }
}

/** The samples of a clip as the device gets them: decoded, resampled and cut as its features ask, 16 bits. */
async function recordingOf({ path, label, segment }: DatasetClip, { audio }: FeatureConfig): Promise<Recording> {
  if (segment) throw new AedError('DEPLOY_UNSUPPORTED', `${path}: is a part of a recording, which verification does not cut`, { hint: 'give data with a file a clip' })
  const decoded = await decodeAudio(await readBytes(path), { name: path, maxDuration: audio.maxDuration })
  return { label, samples: toPcm16(prepareClip(decoded, audio).samples) }
}

export interface ChainInput {
  readonly files: LibraryFiles
  readonly graph: Graph
  readonly card: ModelCard
  /** With the `dbRef` of the library. */
  readonly features: FeatureConfig
  /** Left out or empty: a synthetic recording. */
  readonly clips?: readonly DatasetClip[]
  /** Frames of the longest clip of a stream, of a library with a clip head of statistics: `report.head.clipFrames`. */
  readonly clipFrames?: number | null | undefined
}

/**
 * Streams recordings through the whole chain on a device, and compares every output, score, event and label with the chain in TypeScript.
 * @throws AedError `VERIFY_FAILED` when something differs; `INVALID_INPUT` for a library without its front end
 */
export async function verifyChain(device: Device, input: ChainInput, report: (progress: Progress) => void = () => undefined): Promise<ChainVerification> {
  const { files, card, features, clips = [] } = input
  const { audio, name } = featuresOf(files)
  if (!audio) throw new AedError('INVALID_INPUT', `verifyChain: '${name}' has no front end`)
  const compare = comparerOf(input)
  const sums = { patches: 0, equalPatches: 0, equalLabels: 0, rightDevice: 0, rightHere: 0, unknownDevice: 0, unknownHere: 0, keptDevice: 0, keptHere: 0 }
  const blocks = card.head.kind === 'clip' ? card.head.blocks : []
  const rightWithout = blocks.map(() => 0)
  const [frames, polls, heads]: [number[], number[], number[]] = [[], [], []]
  let stack = 0
  const count = Math.max(1, clips.length)
  for (let i = 0; i < count; i++) {
    report({ done: i, total: count, what: 'clips' })
    const { samples, label } = clips.length === 0 ? syntheticRecording(features) : await recordingOf(clips[i]!, features)
    const run = await runStream(device, readHeader(files), compare.classes, withTail(samples, features), Math.min(2048, features.mel.hopLength), featuresOf(files).clip)
    const { patches, equalPatches, here, there, labelHere, labelThere, equalClip, without } = compare.run(samples, run)
    const isRight = (found: number) => label !== null && card.classes?.[found] === label
    sums.patches += patches
    sums.equalPatches += equalPatches
    if (here === there && labelHere === labelThere && equalClip) sums.equalLabels++
    if (isRight(there)) sums.rightDevice++
    if (isRight(here)) sums.rightHere++
    if (labelThere < 0) sums.unknownDevice++
    if (labelHere < 0) sums.unknownHere++
    if (isRight(labelThere)) sums.keptDevice++
    if (isRight(labelHere)) sums.keptHere++
    without.forEach((found, block) => (rightWithout[block]! += isRight(found) ? 1 : 0))
    for (const { results, instructions } of run.calls) if (instructions !== null && instructions > 1000) (results === 0 ? frames : polls).push(instructions)
    if (run.clipInstructions !== null && blocks.length > 0) heads.push(run.clipInstructions)
    stack = Math.max(stack, run.stack)
  }
  const { patches, equalPatches, equalLabels } = sums
  if (equalPatches !== patches || equalLabels !== count)
    throw new AedError('VERIFY_FAILED', `${device.board}: the chain equals the one in TypeScript on ${equalPatches} of ${patches} patches and ${equalLabels} of ${count} labels`, { hint: 'please report this as a bug' })
  return {
    device: device.board,
    clips: count,
    patches,
    equalPatches,
    equalLabels,
    accuracy: clips.length === 0 ? null : { device: sums.rightDevice / count, typescript: sums.rightHere / count },
    unknown: card.unknownBelow === undefined ? null : { device: sums.unknownDevice, typescript: sums.unknownHere, kept: clips.length === 0 ? null : { device: sums.keptDevice / count, typescript: sums.keptHere / count } },
    without: clips.length === 0 || blocks.length === 0 ? null : blocks.map(({ name: block }, i) => ({ block, accuracy: rightWithout[i]! / count })),
    frame: frames.length === 0 ? null : { mean: Math.round(frames.reduce((a, b) => a + b) / frames.length), most: Math.max(...frames) },
    poll: polls.length === 0 ? null : Math.max(...polls),
    head: heads.length === 0 ? null : Math.max(...heads),
    headWork: await measureHead(device, readHeader(files), features.audio.sampleRate),
    stack,
  }
}

/** What a step gives, or null with a remark where a tool is missing. */
export async function orRemark<T>(work: () => Promise<T>, remark: (text: string) => void): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (!isAedError(error, 'TOOL_NOT_FOUND')) throw error
    remark(`${error.message}${error.hint === undefined ? '' : `: ${error.hint}`}`)
    return null
  }
}
