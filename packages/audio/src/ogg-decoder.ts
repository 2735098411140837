import { pow } from '@aed/core'
import { damaged, guarded, type DecodedBlock, type FormatDecoder, type FormatDecoderOptions } from './format-decoder.ts'
import { createOggReader, oggPageCrc, type OggHeader, type OggPage } from './ogg-pages.ts'

/** What the decoders of Vorbis and Opus have in common. */
interface PageDecoder {
  readonly ready: Promise<void>
  decode(pages: Uint8Array): Promise<DecoderOutput>
  flush(): Promise<DecoderOutput>
  free(): void
}
interface DecoderOutput {
  readonly channelData: Float32Array[]
  readonly samplesDecoded: number
  readonly errors: readonly { readonly message: string }[]
}

/** A decoder of Vorbis whose memory is as new, for the next stream. */
let idle: PageDecoder | undefined

/** What `@wasm-audio-decoders/ogg-vorbis` 0.1 keeps inside. */
interface VorbisInternals {
  readonly _decoder?: { readonly _common?: { readonly _wasm?: { readonly HEAP?: ArrayBuffer } }; _firstPage?: boolean; reset?: () => Promise<void> }
}
/** Decoders that {@link keepMemory} could change. */
const renewable = new WeakSet<PageDecoder>()

/** Memory of a new decoder, without the zeros at its end. */
let newMemory: Uint8Array | undefined

function withoutZeros(memory: Uint8Array): Uint8Array {
  const words = new Uint32Array(memory.buffer)
  let used = words.length
  while (used > 0 && words[used - 1] === 0) used--
  return memory.slice(0, 4 * used)
}

/**
 * Makes resetting a decoder, which it does after each stream, bring its WebAssembly memory to what it was at first, to the byte, instead of setting up another one: 16 MiB
 * for each recording take longer to collect than a short one to decode.
 */
async function keepMemory(decoder: PageDecoder): Promise<PageDecoder> {
  await decoder.ready
  const inner = (decoder as VorbisInternals)._decoder
  const heap = inner?._common?._wasm?.HEAP
  if (!inner?.reset || inner._firstPage !== true || !heap) return decoder
  const memory = new Uint8Array(heap)
  const first = (newMemory ??= withoutZeros(memory)) // the same for each decoder
  renewable.add(decoder)
  inner.reset = () => {
    if (memory.length === 0) renewable.delete(decoder) // grown: another buffer
    memory.fill(0)
    if (memory.length > 0) memory.set(first)
    inner._firstPage = true
    return Promise.resolve()
  }
  return decoder
}

/** Loads the decoder that the stream needs, and no other. */
async function loadDecoder(codec: OggHeader['codec']): Promise<PageDecoder> {
  if (codec === 'Vorbis') {
    const { OggVorbisDecoder } = await import('@wasm-audio-decoders/ogg-vorbis')
    return keepMemory(new OggVorbisDecoder())
  }
  const { OggOpusDecoder } = await import('ogg-opus-decoder')
  // Its types say that decode returns at once, its code that it is a promise. It reads one stream: after the last page it would set up another memory for nothing.
  return Object.assign(new OggOpusDecoder(), { reset: () => Promise.resolve() }) as unknown as PageDecoder
}

/** A page that does not say that it is the last: the decoders then leave it to us to cut the end, which they do by a wrong count for some files. */
function unmarked(page: OggPage): Uint8Array {
  if (!page.last) return page.bytes
  const bytes = page.bytes.slice()
  bytes[5]! &= ~4
  new DataView(bytes.buffer).setUint32(22, oggPageCrc(bytes), true)
  return bytes
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

  async function take(step: (decoder: PageDecoder) => Promise<DecoderOutput>, offset: number): Promise<Float32Array[]> {
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
      if (header.codec === 'Vorbis' && idle) {
        decoder = idle
        idle = undefined
      } else decoder = await guarded(name, offset, header.codec, async () => loadDecoder(header.codec))
      await guarded(name, offset, header.codec, async () => decoder!.ready)
    }
    const parts = [await take(async (d) => d.decode(concatBytes(wanted.map(unmarked))), offset)]
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
      // Flushing has reset it.
      if (finished && !idle && renewable.has(decoder)) idle = decoder
      else decoder.free()
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
