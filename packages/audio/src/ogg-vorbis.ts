import { AedError, isAedError } from '@aed/core'
import { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis'
import type { DecodedAudio } from './decode.ts'
import { readOggVorbisPages, type OggVorbisStream } from './ogg-pages.ts'

/** Bytes of the stream's pages one after another, as far as the first page that completes sample `enough`. */
function streamBytes(bytes: Uint8Array, { pages }: OggVorbisStream, enough: number): Uint8Array {
  const covering = pages.findIndex(({ granule }) => granule >= enough)
  const wanted = covering < 0 ? pages : pages.slice(0, covering + 1)
  const joined = new Uint8Array(wanted.reduce((sum, { start, end }) => sum + end - start, 0))
  let at = 0
  for (const { start, end } of wanted) {
    joined.set(bytes.subarray(start, end), at)
    at += end - start
  }
  return joined
}

/**
 * Decodes an Ogg Vorbis file by libvorbis in WebAssembly. Damage is looked for first, by {@link readOggVorbisPages}: the decoder plays on over it.
 * @param maxDuration no page beyond so many seconds is decoded; null: all
 */
export async function decodeOggVorbis(bytes: Uint8Array, name: string, maxDuration: number | null): Promise<DecodedAudio> {
  const stream = readOggVorbisPages(bytes, name)
  const enough = maxDuration === null ? Infinity : Math.ceil(maxDuration * stream.sampleRate)
  const decoder = new OggVorbisDecoder()
  try {
    await decoder.ready
    const { channelData, sampleRate, errors } = await decoder.decodeFile(streamBytes(bytes, stream, enough))
    const [error] = errors
    if (error) throw new AedError('AUDIO_DAMAGED', `${name}: the Vorbis decoder stops at byte ${error.inputBytes} of the stream: ${error.message}`)
    return { channels: channelData, sampleRate: sampleRate || stream.sampleRate, warnings: stream.warnings }
  } catch (error) {
    if (isAedError(error)) throw error
    throw new AedError('AUDIO_DAMAGED', `${name}: the Vorbis decoder fails: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  } finally {
    decoder.free()
  }
}
