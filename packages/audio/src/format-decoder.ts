import { AedError, isAedError } from '@aed/core'

/** Samples that a part of a file gave. */
export interface DecodedBlock {
  /** One array per channel, all of one length. */
  readonly channels: readonly Float32Array[]
  /** In Hz. */
  readonly sampleRate: number
}

/** Reads one format from bytes that come in parts of any size. */
export interface FormatDecoder {
  /** What is odd but does no harm; grows as bytes come in. */
  readonly warnings: readonly string[]
  /** The samples that these bytes complete; none while not enough is known. The bytes are not kept. */
  push(bytes: Uint8Array): Promise<readonly DecodedBlock[]>
  /** No more bytes come: the last samples, and an error when something is missing. */
  end(): Promise<readonly DecodedBlock[]>
  /** Lets go of the decoder's memory. */
  free(): void
}

/** What every format's decoder is made with. */
export interface FormatDecoderOptions {
  /** How errors call the recording. */
  readonly name: string
  /** Not more than about so much is decoded, in s; what follows is only checked. null: all. */
  readonly maxDuration: number | null
}

export function damaged(name: string, offset: number, what: string, cause?: unknown): AedError {
  return new AedError('AUDIO_DAMAGED', `${name}: byte ${offset}: ${what}`, { hint: 'get the recording again; this copy is damaged or incomplete', cause })
}

export function unsupported(name: string, what: string): AedError {
  return new AedError('AUDIO_UNSUPPORTED', `${name}: ${what}`, { hint: 'convert the recording to WAV, FLAC or Ogg Vorbis with one stream' })
}

/** Runs a step of a foreign decoder; whatever it throws is told as damage near a byte. */
export async function guarded<T>(name: string, offset: number, codec: string, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (isAedError(error)) throw error
    throw damaged(name, offset, `the ${codec} decoder fails: ${error instanceof Error ? error.message : String(error)}`, error)
  }
}

/** Two parts one after another; no copy when one of them is empty. */
export function joinBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  if (b.length === 0) return a
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}

/** Blocks one after another, as one; a buffer of its own for each channel. */
export function joinBlocks(blocks: readonly DecodedBlock[]): DecodedBlock {
  const [first] = blocks
  if (!first) return { channels: [], sampleRate: 0 }
  const length = blocks.reduce((sum, { channels }) => sum + (channels[0]?.length ?? 0), 0)
  const channels = first.channels.map((only, channel) => {
    if (blocks.length === 1) return only
    const joined = new Float32Array(length)
    let at = 0
    for (const block of blocks) {
      joined.set(block.channels[channel]!, at)
      at += block.channels[channel]!.length
    }
    return joined
  })
  return { channels, sampleRate: first.sampleRate }
}
