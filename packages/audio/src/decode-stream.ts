import { AedError } from '@aed/core'
import { checkSampleRate, checkSamples, type DecodedAudio } from './decode.ts'
import { joinBytes, type DecodedBlock, type FormatDecoder } from './format-decoder.ts'
import { openDecoder } from './open-decoder.ts'
import { sniff, SNIFF_LENGTH } from './sniff.ts'

/** Options of {@link decodeStream}. */
export interface DecodeStreamOptions {
  /** How errors call the recording, usually its file name. */
  readonly name?: string
}

/** Bytes that a decoder is given at a time: what a large part becomes would not fit. */
const PART = 65536

/**
 * Decodes a recording that comes in parts, of any of the formats of {@link decodeAudio}, in memory that does not grow with its length. The parts of the result,
 * whose lengths follow from those of the input, make the samples of `decodeAudio` when put together; `mixDown` makes an `AudioClip` of each. A part's
 * warnings are those that are new; a last part without samples brings those that only the end could tell.
 *
 * Damage is found when its place in the file is reached, a file that is cut off at its end: what came before has been given by then.
 * @param chunks bytes in order: a Node stream, a web `ReadableStream` (where it can be iterated), or any other source
 * @throws AedError as `decodeAudio`
 */
export async function* decodeStream(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, { name = 'the recording' }: DecodeStreamOptions = {}): AsyncGenerator<DecodedAudio, void, undefined> {
  let decoder: FormatDecoder | undefined
  let first: Uint8Array = new Uint8Array(0)
  let warned = 0
  let given = 0
  let sampleRate = 0
  let count = 0

  /** Checks blocks as the whole file's samples are checked. */
  function* parts(blocks: readonly DecodedBlock[]): Generator<DecodedAudio, void, undefined> {
    for (const block of blocks) {
      checkSampleRate(block.sampleRate, name)
      checkSamples(block, given, name)
      given += block.channels[0]!.length
      ;({ sampleRate } = block)
      count = block.channels.length
      yield { ...block, warnings: news() }
    }
  }
  const news = () => {
    const warnings = decoder!.warnings.slice(warned)
    warned += warnings.length
    return warnings
  }
  const open = async () => openDecoder(sniff(first, name), { name, maxDuration: null })
  async function* feed(bytes: Uint8Array): AsyncGenerator<DecodedAudio, void, undefined> {
    for (let at = 0; at < bytes.length; at += PART) yield* parts(await decoder!.push(bytes.subarray(at, at + PART)))
  }

  try {
    for await (const chunk of chunks) {
      if (decoder) yield* feed(chunk)
      else {
        first = joinBytes(first, chunk)
        if (first.length < SNIFF_LENGTH) {
          first = first.slice()
          continue
        }
        decoder = await open()
        yield* feed(first)
      }
    }
    if (!decoder) {
      if (first.length === 0) throw new AedError('AUDIO_EMPTY', `${name}: the file is empty`)
      decoder = await open()
      yield* feed(first)
    }
    yield* parts(await decoder.end())
    if (given === 0) throw new AedError('AUDIO_EMPTY', `${name}: the recording holds no samples`)
    const warnings = news()
    if (warnings.length > 0) yield { channels: Array.from({ length: count }, () => new Float32Array(0)), sampleRate, warnings }
  } finally {
    decoder?.free()
  }
}
