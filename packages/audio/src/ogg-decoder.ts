import { pow } from '@aed/core'
import { damaged, guarded, type DecodedBlock, type FormatDecoder, type FormatDecoderOptions } from './format-decoder.ts'
import { createOggReader, oggPageCrc, type OggPage } from './ogg-pages.ts'
import { openVorbisDecoder, type DecoderOutput, type PageDecoder } from './vorbis-decoder.ts'

/** A page that does not say that it is the last: the decoders then leave it to us to cut the end, which they do by a wrong count for some files. */
function unmarked(page: OggPage): Uint8Array {
  if (!page.last) return page.bytes
  const bytes = page.bytes.slice()
  bytes[5]! &= ~4
  new DataView(bytes.buffer).setUint32(22, oggPageCrc(bytes), true)
  return bytes
}

/** libopus. */
async function openOpusDecoder(): Promise<PageDecoder> {
  const { OggOpusDecoder } = await import('ogg-opus-decoder')
  const decoder = new OggOpusDecoder()
  await decoder.ready
  // It reads one stream: after the last page it would set up another memory for nothing.
  decoder.reset = () => Promise.resolve()
  return {
    decode: (pages) => decoder.decode(concatBytes(pages.map(unmarked))),
    flush: () => decoder.flush(),
    free: () => decoder.free(),
  }
}

/**
 * Ogg Vorbis by libvorbis and Ogg Opus by libopus, in WebAssembly. Damage is looked for first, by {@link createOggReader}: the decoders play on over it.
 * Opus comes out at 48 kHz, whatever the encoder was given.
 */
export function createOggDecoder({ name, maxDuration }: FormatDecoderOptions): FormatDecoder {
  const reader = createOggReader(name)
  const warnings: string[] = []
  let decoder: PageDecoder | undefined
  let decoded = 0
  let finished = false
  let healthy = true

  async function take(step: (decoder: PageDecoder) => DecoderOutput | Promise<DecoderOutput>, offset: number): Promise<Float32Array[]> {
    healthy = false // a decoder that threw is not called again, not even to free it: its memory goes with it
    const { channelData, samplesDecoded, errors } = await guarded(name, offset, reader.header!.codec, async () => step(decoder!))
    healthy = true
    if (errors[0]) throw damaged(name, offset, `the ${reader.header!.codec} decoder fails near here: ${errors[0].message}`)
    decoded += samplesDecoded
    return channelData.map((channel) => channel.subarray(0, samplesDecoded))
  }

  async function decodePages(pages: readonly OggPage[]): Promise<DecodedBlock[]> {
    const header = reader.header
    if (!header || finished || pages.length === 0) return []
    const enough = maxDuration === null ? Infinity : Math.ceil(maxDuration * header.sampleRate) + header.preSkip
    const covering = pages.findIndex(({ granule, last }) => granule >= enough || last)
    const wanted = covering < 0 ? pages : pages.slice(0, covering + 1)
    const offset = wanted[0]!.start
    if (!decoder) {
      if (header.channels === 0) throw damaged(name, offset, `the ${header.codec} header says 0 channels`)
      decoder = await guarded(name, offset, header.codec, header.codec === 'Vorbis' ? openVorbisDecoder : openOpusDecoder)
    }
    const parts = [await take(async (d) => d.decode(wanted), offset)]
    if (covering >= 0) {
      finished = true
      parts.push(await take(async (d) => d.flush(), offset))
      const last = wanted.at(-1)!
      // The position of the last page says where the sound ends; the samples that the decoder makes beyond are padding.
      if (last.last && last.granule >= 0) trim(parts, decoded - (last.granule - header.preSkip), last.start)
    }
    const gain = header.outputGain === 0 ? 1 : pow(10, header.outputGain / 5120)
    return parts
      .filter((channels) => (channels[0]?.length ?? 0) > 0)
      .map((channels) => ({ channels: channels.map((channel) => (gain === 1 ? channel : channel.map((x) => x * gain))), sampleRate: header.sampleRate }))
  }

  /** Takes `excess` samples off the end of some parts. */
  function trim(parts: Float32Array[][], excess: number, offset: number): void {
    if (excess < 0) warnings.push(`the stream says that it ends ${-excess} samples after its last packet`)
    for (let i = parts.length - 1; i >= 0 && excess > 0; i--) {
      const present = parts[i]![0]?.length ?? 0
      const cut = Math.min(present, excess)
      parts[i] = parts[i]!.map((channel) => channel.subarray(0, present - cut))
      excess -= cut
    }
    if (excess > 0) throw damaged(name, offset, 'the position of the last Ogg page lies before its packets')
  }

  return {
    get warnings() {
      return [...reader.warnings, ...warnings]
    },
    push: async (bytes) => decodePages(reader.push(bytes)),
    async end() {
      reader.end()
      return Promise.resolve([])
    },
    free() {
      if (!decoder || !healthy) return
      decoder.free()
      decoder = undefined
    },
  }
}

/** Byte arrays one after another. */
function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
