import { MPEGDecoder } from 'mpg123-decoder'
import { damaged, guarded, type DecodedBlock, type FormatDecoder, type FormatDecoderOptions } from './format-decoder.ts'
import { createMp3Reader } from './mp3-frames.ts'

/**
 * MP3 (and layers I and II) by mpg123 in WebAssembly, without the samples that encoders pad with where their tag says how many. What of damage can be found
 * is said at {@link createMp3Reader}.
 */
export function createMp3Decoder({ name, maxDuration }: FormatDecoderOptions): FormatDecoder {
  const reader = createMp3Reader(name)
  const decoder = new MPEGDecoder()
  let decoded = 0
  let finished = false
  let healthy = false

  return {
    warnings: reader.warnings,
    async push(bytes) {
      const { offset } = reader
      const frames = reader.push(bytes)
      const { format } = reader
      if (!format || frames.length === 0 || finished) return []
      healthy = false // a decoder that threw is not called again, not even to free it: its memory goes with it
      const { channelData, samplesDecoded, errors } = await guarded(name, offset, 'MP3', async () => {
        await decoder.ready
        return decoder.decode(frames)
      })
      healthy = true
      if (errors[0]) throw damaged(name, offset, `the MP3 decoder fails after this byte: ${errors[0].message}`)
      decoded += samplesDecoded
      finished = maxDuration !== null && decoded >= maxDuration * format.sampleRate
      if (samplesDecoded === 0) return []
      // The decoder gives two channels, which are equal for a file of one.
      return [{ channels: channelData.slice(0, format.channels).map((channel) => channel.slice(0, samplesDecoded)), sampleRate: format.sampleRate } satisfies DecodedBlock]
    },
    async end() {
      reader.end()
      if (!finished && decoded !== reader.samples) throw damaged(name, reader.offset, `the frames make ${reader.samples} samples, the decoder could read ${decoded}`)
      return Promise.resolve([])
    },
    free() {
      if (healthy) decoder.free()
    },
  }
}
