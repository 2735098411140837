import { AedError, sha256 } from '@aed/core'

/** Version of {@link Checkpoint} as bytes; a reader refuses one that it does not know. */
export const CHECKPOINT_SCHEMA = 'aed-checkpoint/1'

/** One epoch of training: a line of the metrics. */
export interface EpochRecord {
  /** From 1, those of the probe included. */
  readonly epoch: number
  /** Steps since the beginning. */
  readonly step: number
  /** Mean loss while the epoch ran: cross-entropy in nats, or the distance from a teacher. */
  readonly loss: number
  /** Of the patches as drawn, 0 to 1; null without classes. */
  readonly accuracy: number | null
  /** Step size of the last step. */
  readonly learningRate: number
  /** Of the weights (or their moving average) at the end of the epoch; null without validation. */
  readonly valLoss: number | null
  readonly valAccuracy: number | null
}

/** What a run is: equal to the letter, or it cannot be gone on with. */
export type RunDescription = Readonly<Record<string, unknown>>

/**
 * All that a run needs to go on after an epoch. The order of the data and every random number derive from seed, epoch and place, so that the
 * generator's state is the seed and the number of the next epoch.
 */
export interface Checkpoint {
  readonly run: RunDescription
  /** Epochs done. */
  readonly epoch: number
  /** Steps of all epochs done, and those that the optimizer's memory holds. */
  readonly step: number
  readonly optimizerStep: number
  /** What plateaus have multiplied the step size by, and epochs since the last better loss or such factor. */
  readonly plateau: { readonly factor: number; readonly waited: number }
  readonly best: { readonly epoch: number; readonly loss: number | null }
  readonly history: readonly EpochRecord[]
  readonly arrays: CheckpointArrays
}

/** Arrays of a checkpoint: weights and what follows them, in the network's layout; empty where a run has none. */
export type CheckpointArrays = Readonly<Record<'weights' | 'first' | 'second' | 'average' | 'best', Float32Array<ArrayBuffer>>>

const NAMES = ['weights', 'first', 'second', 'average', 'best'] as const
const MAGIC = [0x41, 0x45, 0x44, 0x43, 0x4b, 0x50, 0x54, 0x0a] // "AEDCKPT\n"
/** Magic, length of the header, SHA-256 of all that follows as hex. */
const HEADER_AT = MAGIC.length + 4 + 64

/** A checkpoint as bytes: equal checkpoints give equal bytes. */
export async function encodeCheckpoint({ arrays, ...state }: Checkpoint): Promise<Uint8Array<ArrayBuffer>> {
  const header = new TextEncoder().encode(JSON.stringify({ schema: CHECKPOINT_SCHEMA, ...state, lengths: NAMES.map((name) => arrays[name].length) }))
  const body = new Uint8Array(header.length + 4 * NAMES.reduce((sum, name) => sum + arrays[name].length, 0))
  body.set(header)
  const view = new DataView(body.buffer)
  let at = header.length
  for (const name of NAMES) for (const value of arrays[name]) view.setFloat32((at += 4) - 4, value, true)
  const bytes = new Uint8Array(HEADER_AT + body.length)
  bytes.set(MAGIC)
  new DataView(bytes.buffer).setUint32(MAGIC.length, header.length, true)
  bytes.set(new TextEncoder().encode(await sha256(body)), MAGIC.length + 4)
  bytes.set(body, HEADER_AT)
  return bytes
}

/**
 * Reads a checkpoint.
 * @param where how errors call it: the file's name
 * @throws AedError `MODEL_INVALID` for what is none, is cut off or damaged
 */
export async function decodeCheckpoint(bytes: Uint8Array, where: string): Promise<Checkpoint> {
  const invalid = (what: string) => new AedError('MODEL_INVALID', `${where}: ${what}`, { hint: 'delete it and begin anew' })
  if (bytes.length < HEADER_AT || MAGIC.some((byte, i) => bytes[i] !== byte)) throw invalid('is not a checkpoint')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const headerLength = view.getUint32(MAGIC.length, true)
  const text = (from: number, to: number) => new TextDecoder().decode(bytes.subarray(from, to))
  if ((await sha256(bytes.slice(HEADER_AT))) !== text(MAGIC.length + 4, HEADER_AT)) throw invalid('the checkpoint is cut off or damaged')
  const { schema, lengths, ...state } = JSON.parse(text(HEADER_AT, HEADER_AT + headerLength)) as Omit<Checkpoint, 'arrays'> & { schema: string; lengths: number[] }
  if (schema !== CHECKPOINT_SCHEMA) throw invalid(`expected schema ${CHECKPOINT_SCHEMA}, got ${schema}`)
  let at = HEADER_AT + headerLength
  const arrays = NAMES.map((name, i) => {
    const values = new Float32Array(lengths[i]!)
    for (let k = 0; k < values.length; k++, at += 4) values[k] = view.getFloat32(at, true)
    return [name, values] as const
  })
  return { ...state, arrays: Object.fromEntries(arrays) as CheckpointArrays }
}

/**
 * Makes sure that a checkpoint is of this very run.
 * @throws AedError `MODEL_MISMATCH` with the first thing that differs
 */
export function requireSameRun(found: RunDescription, wanted: RunDescription, where: string): void {
  for (const key of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
    const [theirs, ours] = [JSON.stringify(found[key]), JSON.stringify(wanted[key])]
    if (theirs !== ours) throw new AedError('MODEL_MISMATCH', `${where}: is of another run: ${key} is ${shorten(theirs)} there, ${shorten(ours)} here`, { hint: 'run with the same data and options, or begin anew in another folder' })
  }
}

const shorten = (json: string | undefined) => (json === undefined ? 'absent' : json.length > 60 ? `${json.slice(0, 57)}...` : json)
