import { createPacketReader } from './ogg-packets.ts'
import type { OggPage } from './ogg-pages.ts'

/** What the decoders of Vorbis and Opus have in common. */
export interface PageDecoder {
  decode(pages: readonly OggPage[]): DecoderOutput | Promise<DecoderOutput>
  /** What the decoder has not given out yet, after the last page. */
  flush(): DecoderOutput | Promise<DecoderOutput>
  free(): void
}
export interface DecoderOutput {
  readonly channelData: Float32Array[]
  readonly samplesDecoded: number
  readonly errors: readonly { readonly message: string }[]
}

/** What `@wasm-audio-decoders/ogg-vorbis` 0.1 keeps inside: libvorbis, which takes packets. */
interface Libvorbis {
  readonly _common: { readonly _wasm: { readonly HEAP: ArrayBuffer } }
  _firstPage: boolean
  sendSetupHeader(packet: Uint8Array): void
  initDsp(): void
  decodePackets(packets: readonly Uint8Array[]): DecoderOutput
  free(): void
}

/** First bytes of the three packets that come before those of sound: Vorbis I, section 4.2.1. */
const [IDENTIFICATION, COMMENT, SETUP] = [1, 3, 5] as const

/** Memory of a new decoder, without the zeros at its end; the same for each. */
let newMemory: Uint8Array | undefined
/** A decoder whose memory is as new, for the next stream. */
let idle: Libvorbis | undefined

function withoutZeros(memory: Uint8Array): Uint8Array {
  const words = new Uint32Array(memory.buffer)
  let used = words.length
  while (used > 0 && words[used - 1] === 0) used--
  return memory.slice(0, 4 * used)
}

async function openLibvorbis(): Promise<Libvorbis> {
  if (idle) {
    const decoder = idle
    idle = undefined
    return decoder
  }
  const { OggVorbisDecoder } = await import('@wasm-audio-decoders/ogg-vorbis')
  const decoder = new OggVorbisDecoder()
  await decoder.ready
  const inner = (decoder as unknown as { readonly _decoder: Libvorbis })._decoder
  newMemory ??= withoutZeros(new Uint8Array(inner._common._wasm.HEAP))
  return inner
}

/** Brings the memory to what it was at first, to the byte, instead of setting up another one: 16 MiB for each recording take longer to collect than a short one to decode. */
function renew(decoder: Libvorbis, memory: Uint8Array): boolean {
  if (idle || memory.length === 0) return false // grown: another buffer
  memory.fill(0)
  memory.set(newMemory!)
  decoder._firstPage = true
  idle = decoder
  return true
}

/**
 * libvorbis, given its packets by {@link createPacketReader}: the library reads pages by another one, whose objects for each packet take a fourth of the time of decoding.
 * The pages are checked already.
 */
export async function openVorbisDecoder(): Promise<PageDecoder> {
  const libvorbis = await openLibvorbis()
  const memory = new Uint8Array(libvorbis._common._wasm.HEAP)
  const packetsOf = createPacketReader()
  /** Kinds of the header packets that are still to come, in this order. */
  const headers = [IDENTIFICATION, COMMENT, SETUP]
  let flushed = false

  function takeHeader(packet: Uint8Array): void {
    const kind = headers.shift()!
    if (packet[0] !== kind) throw new Error(`a header packet of type ${kind} should stand here, found ${packet[0]}`)
    if (kind !== COMMENT) libvorbis.sendSetupHeader(packet)
    if (kind === SETUP) libvorbis.initDsp()
  }

  return {
    decode(pages) {
      const sound: Uint8Array[] = []
      for (const packet of pages.flatMap(packetsOf)) {
        if (headers.length > 0) takeHeader(packet)
        else if (packet.length > 0) sound.push(packet)
      }
      return libvorbis.decodePackets(sound)
    },
    flush() {
      flushed = true
      return { channelData: [], samplesDecoded: 0, errors: [] }
    },
    free() {
      if (!flushed || !renew(libvorbis, memory)) libvorbis.free()
    },
  }
}
