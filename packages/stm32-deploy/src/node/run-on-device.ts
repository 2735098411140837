import { AedError, createRandom, LEVEL_LAGS as LAGS } from '@aed/core'
import type { CoreProfile } from '../estimate/estimate-cycles.ts'
import type { Message } from '../firmware/messages.ts'
import type { Device } from './device.ts'
import type { LibraryHeader } from './library-files.ts'

/** What a device makes of inputs of the network. */
export interface NetworkRuns {
  /** Bytes `[count, outputSize]` */
  readonly outputs: Int8Array
  /** Seconds of each run; on an emulator of its clock. */
  readonly seconds: readonly number[]
  /** Executed by each run, on an emulator; else null. */
  readonly instructions: readonly number[] | null
  /** Deepest stack of a run in bytes, found by painting; 0 where it cannot be painted. */
  readonly stack: number
  /** Bytes of the arena up to the last one that a run wrote, found by painting. */
  readonly arena: number
}

/** What a device makes of a recording. */
export interface StreamRun {
  /** int8 `[results, outputSize]`: the network's own outputs; none with a clip head of statistics, as of `events`. */
  readonly outputs: Int8Array
  /** `[results, classes]`: 1 where a class fires. */
  readonly events: Uint8Array
  /** `[results, classes]`: smoothed scores; with a clip head of statistics those of the clip so far. */
  readonly scores: Float32Array
  /** `[classes]`: those of the clip; null for a library without a clip head, or a clip without a result. */
  readonly clip: Float32Array | null
  /** What `NAME_label` says of them: −1 where it is unknown, as of a clip without a result; null for a library without a clip head. */
  readonly label: number | null
  /** Instructions that they took, or null. */
  readonly clipInstructions: number | null
  /** Instructions of each call of poll, or null: `results` it gave, and the frames that its samples made up. */
  readonly calls: readonly { readonly results: number; readonly instructions: number | null; readonly seconds: number }[]
  readonly stack: number
  readonly lost: number
}

/** Samples of a message at most, as c/firmware/verify.c has them; messages of a measurement, of which the last counts. */
const MOST_SAMPLES = 2048
const RUNS = 3

interface Reader {
  u32(): number
  i32(): number
  bytes(n: number): Uint8Array
  floats(n: number): Float32Array
  readonly left: number
}

function reader(payload: Uint8Array): Reader {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  let at = 0
  const next = (n: number) => (at += n) - n
  return {
    u32: () => view.getUint32(next(4), true),
    i32: () => view.getInt32(next(4), true),
    bytes: (n) => payload.slice(next(n), at),
    floats: (n) => Float32Array.from({ length: n }, () => view.getFloat32(next(4), true)),
    get left() {
      return payload.length - at
    },
  }
}

const message = (kind: string, payload: Uint8Array = new Uint8Array(0)): Message => ({ kind, payload })
const asBytes = (data: Int8Array | Int16Array) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** How a device's ticks are read, from its answer to 'i'. @throws AedError `MODEL_MISMATCH` when it runs another library */
function clockOf(payload: Uint8Array, { name, inputSize, outputSize }: LibraryHeader, device: Device) {
  const info = reader(payload)
  const [input, output] = [info.u32(), info.u32()]
  info.u32()
  const perSecond = info.u32()
  if (input !== inputSize || output !== outputSize)
    throw new AedError('MODEL_MISMATCH', `the device runs a network of ${input} inputs and ${output} outputs, '${name}' has ${inputSize} and ${outputSize}`, { hint: 'write the firmware of this library to it' })
  return {
    seconds: (ticks: number) => ticks / perSecond,
    instructions: (ticks: number) => (device.instructionTime === null ? null : Math.round((ticks * 1e9) / perSecond / device.instructionTime)),
  }
}

/**
 * Runs inputs through the network on a device.
 * @param inputs int8 `[count, inputSize]`
 * @throws AedError `INVALID_INPUT`, `MODEL_MISMATCH`, `VERIFY_FAILED`, `TOOL_FAILED`
 */
export async function runNetwork(device: Device, header: LibraryHeader, inputs: Int8Array, count: number): Promise<NetworkRuns> {
  const { inputSize, outputSize, name } = header
  if (inputs.length !== count * inputSize) throw new AedError('INVALID_INPUT', `runNetwork: ${count} inputs of '${name}' are ${count * inputSize} values, got ${inputs.length}`)
  const [info, ...answers] = await device.exchange([message('i'), ...Array.from({ length: count }, (_, i) => message('r', asBytes(inputs.subarray(i * inputSize, (i + 1) * inputSize))))])
  const clock = clockOf(info!, header, device)
  const outputs = new Int8Array(count * outputSize)
  const ticks: number[] = []
  let [stack, arena] = [0, 0]
  for (const [i, answer] of answers.entries()) {
    const read = reader(answer)
    const status = read.i32()
    if (status !== 0) throw new AedError('VERIFY_FAILED', `${name}_run returned ${status} on the device`)
    ticks.push(read.u32())
    stack = Math.max(stack, read.u32())
    arena = Math.max(arena, read.u32())
    outputs.set(new Int8Array(read.bytes(outputSize).buffer), i * outputSize)
  }
  return { outputs, seconds: ticks.map(clock.seconds), instructions: device.instructionTime === null ? null : ticks.map((t) => clock.instructions(t)!), stack, arena }
}

/**
 * Streams a recording through the whole chain on a device, from a fresh start.
 * @param samples 16 bits, at the library's sample rate
 * @param chunk samples of a push, at most 2048: a hop, to see what a frame costs
 * @throws AedError `MODEL_MISMATCH`, `VERIFY_FAILED` when samples are lost, `TOOL_FAILED`
 */
export async function runStream(device: Device, header: LibraryHeader, classes: number, samples: Int16Array, chunk: number, hasClip = true): Promise<StreamRun> {
  const { outputSize, name, head } = header
  const pushes = Array.from({ length: Math.ceil(samples.length / chunk) }, (_, i) => message('p', asBytes(samples.subarray(i * chunk, (i + 1) * chunk))))
  const [info, start, ...answers] = await device.exchange([message('i'), message('a'), ...pushes, ...(hasClip ? [message('c')] : [])])
  const clock = clockOf(info!, header, device)
  if (reader(start!).i32() !== 0) throw new AedError('VERIFY_FAILED', `${name}_audio_init fails on the device`)
  const clip = hasClip ? reader(answers.pop()!) : null
  const hasScores = clip !== null && clip.i32() === 1
  const clipInstructions = clip && clock.instructions(clip.u32())
  const label = clip && clip.i32()
  const clipScores = hasScores ? clip.floats(classes) : null
  const [outputs, events, scores]: [number[], number[], number[]] = [[], [], []]
  const calls: StreamRun['calls'][number][] = []
  let [stack, lost] = [0, 0]
  for (const answer of answers) {
    const read = reader(answer)
    const status = read.i32()
    const ticks = read.u32()
    stack = Math.max(stack, read.u32())
    lost = read.u32()
    if (status !== 0) throw new AedError('VERIFY_FAILED', `${name}_audio_poll returned ${status} on the device, ${lost} samples lost`)
    let results = 0
    for (; read.left > 0; results++) {
      if (!head) outputs.push(...new Int8Array(read.bytes(outputSize).buffer))
      if (!head) events.push(...read.bytes(classes))
      scores.push(...read.floats(classes))
    }
    calls.push({ results, instructions: clock.instructions(ticks), seconds: clock.seconds(ticks) })
  }
  return { outputs: Int8Array.from(outputs), events: Uint8Array.from(events), scores: Float32Array.from(scores), clip: clipScores, label, clipInstructions, calls, stack, lost }
}

/** Instructions of what a clip head of statistics takes in beside the network: of a frame, when all its lags are full, and of a second of samples; null where it takes none. */
export interface HeadWork {
  readonly frame: number | null
  readonly second: number | null
}

/**
 * Counts what a clip head takes of frames and samples, of noise.
 * @returns null for a library without a clip head of statistics or without its front end, and for a device that is no emulator
 * @throws AedError as {@link runNetwork}
 */
export async function measureHead(device: Device, header: LibraryHeader, sampleRate: number): Promise<HeadWork | null> {
  const { name, head, clipBands, clipSamples } = header
  if (!head || device.instructionTime === null) return null
  const random = createRandom('head work')
  const frames = clipBands === 0 ? 0 : Math.min(LAGS, Math.floor((2 * MOST_SAMPLES) / clipBands))
  const runs = (kind: string, bytes: Uint8Array) => [message(kind), ...Array.from({ length: bytes.length === 0 ? 0 : RUNS }, () => message(kind, bytes))]
  const parts = [
    ...(frames === 0 ? [] : [{ count: frames, messages: runs('f', asBytes(Int8Array.from({ length: frames * clipBands }, () => random.integer(256) - 128))) }]),
    ...(clipSamples ? [{ count: MOST_SAMPLES, messages: runs('w', asBytes(Int16Array.from({ length: MOST_SAMPLES }, () => 3000 * random.normal()))) }] : []),
  ]
  const [info, ...answers] = await device.exchange([message('i'), ...parts.flatMap(({ messages }) => messages)])
  const clock = clockOf(info!, header, device)
  const each = parts.map(({ count }, i) => {
    const read = reader(answers[(i + 1) * (1 + RUNS) - 1]!)
    const status = read.i32()
    if (status !== 0) throw new AedError('VERIFY_FAILED', `${name}_clip_add_${i === 0 && frames > 0 ? 'frame' : 'samples'} returned ${status} on the device`)
    return clock.instructions(read.u32())! / count
  })
  return { frame: frames === 0 ? null : Math.round(each[0]!), second: clipSamples ? Math.round(sampleRate * each.at(-1)!) : null }
}

/** What the core does in one run of the network; null for a device that is no emulator. */
export async function profileNetwork(device: Device, input: Int8Array): Promise<CoreProfile | null> {
  return device.profile && device.profile([message('r', asBytes(input))])
}

/** What the core does in the calls of poll while it hears samples, from a fresh start; null for a device that is no emulator. */
export async function profileStream(device: Device, samples: Int16Array, chunk: number): Promise<CoreProfile | null> {
  const pushes = Array.from({ length: Math.ceil(samples.length / chunk) }, (_, i) => message('p', asBytes(samples.subarray(i * chunk, (i + 1) * chunk))))
  return device.profile && device.profile([message('a'), ...pushes])
}
