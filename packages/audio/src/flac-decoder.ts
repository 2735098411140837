import { FLACDecoder } from '@wasm-audio-decoders/flac'
import { createFlacReader, type FlacFrame, type FlacStreamInfo } from './flac-frames.ts'
import { damaged, guarded, type DecodedBlock, type FormatDecoder, type FormatDecoderOptions } from './format-decoder.ts'
import { createMd5 } from './md5.ts'

/** Frames that are decoded at a time. */
const BATCH = 64

/** Interleaves whole numbers as the MD5 of FLAC wants them: little-endian, as few bytes each as their bits need. */
function interleave(channels: readonly Int32Array[], bitsPerSample: number): Uint8Array {
  const width = Math.ceil(bitsPerSample / 8)
  const bytes = new Uint8Array((channels[0]?.length ?? 0) * channels.length * width)
  channels.forEach((channel, c) => {
    for (let i = 0, at = c * width; i < channel.length; i++, at += channels.length * width)
      for (let byte = 0; byte < width; byte++) bytes[at + byte] = channel[i]! >> (8 * byte)
  })
  return bytes
}

/**
 * FLAC by libFLAC in WebAssembly, 4 to 24 bits: every sample as the file holds it. Checked are the CRCs of all headers and frames, their order, the count of
 * samples and, when all is decoded, the MD5 of the samples.
 */
export function createFlacDecoder({ name, maxDuration }: FormatDecoderOptions): FormatDecoder {
  const reader = createFlacReader(name)
  const decoder = new FLACDecoder()
  const md5 = createMd5()
  let decoded = 0
  let healthy = false

  async function decodeBatch(frames: readonly FlacFrame[], info: FlacStreamInfo): Promise<DecodedBlock> {
    const { start } = frames[0]!
    const expected = frames.reduce((sum, { blockSize }) => sum + blockSize, 0)
    healthy = false // a decoder that threw is not called again, not even to free it: its memory goes with it
    const { channelData, samplesDecoded, errors } = await guarded(name, start, 'FLAC', async () => {
      await decoder.ready
      return decoder.decodeFrames(frames.map(({ bytes }) => bytes))
    })
    healthy = true
    if (errors[0] || samplesDecoded !== expected || channelData.length !== info.channels)
      throw damaged(name, start, `the FLAC decoder gives ${samplesDecoded} samples where the frames say ${expected}${errors[0] ? ` (${errors[0].message})` : ''}`)
    // The decoder divides by 2^(bits − 1) − 1; the whole numbers come back exactly, and full scale is 2^(bits − 1) as everywhere else.
    const scale = 2 ** (info.bitsPerSample - 1)
    const integers = channelData.map((channel) => Int32Array.from(channel, (x) => Math.round(x * (scale - 1))))
    md5.update(interleave(integers, info.bitsPerSample))
    decoded += samplesDecoded
    return { channels: integers.map((channel) => Float32Array.from(channel, (x) => x / scale)), sampleRate: info.sampleRate }
  }

  async function decode(frames: readonly FlacFrame[]): Promise<DecodedBlock[]> {
    const { info } = reader
    const blocks: DecodedBlock[] = []
    for (let i = 0; info && i < frames.length; i += BATCH) {
      if (maxDuration !== null && decoded >= maxDuration * info.sampleRate) break
      blocks.push(await decodeBatch(frames.slice(i, i + BATCH), info))
    }
    return blocks
  }

  return {
    warnings: reader.warnings,
    push: async (bytes) => decode(reader.push(bytes)),
    async end() {
      const blocks = await decode(reader.end())
      const { md5: stated, totalSamples } = reader.info!
      const all = totalSamples === 0 ? maxDuration === null : decoded === totalSamples
      if (all && decoded > 0 && !/^0+$/.test(stated)) {
        const found = md5.digest()
        if (found !== stated) throw damaged(name, 26, `the MD5 of the samples is ${found}, the file says ${stated}`)
      }
      return blocks
    },
    free() {
      if (healthy) decoder.free()
    },
  }
}
