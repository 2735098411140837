import type { FormatDecoder, FormatDecoderOptions } from './format-decoder.ts'
import type { AudioFormat } from './sniff.ts'
import { createWavDecoder } from './wav-decoder.ts'

/** The decoder of a format, loaded when it is needed: who reads WAV loads no other. */
export async function openDecoder(format: AudioFormat, options: FormatDecoderOptions): Promise<FormatDecoder> {
  switch (format) {
    case 'wav':
      return createWavDecoder(options)
    case 'ogg':
      return (await import('./ogg-decoder.ts')).createOggDecoder(options)
    case 'flac':
      return (await import('./flac-decoder.ts')).createFlacDecoder(options)
    case 'mp3':
      return (await import('./mp3-decoder.ts')).createMp3Decoder(options)
  }
}

/**
 * Looks for damage in a whole file, without decoding.
 * @throws AedError as the decoder of the format
 */
export async function checkFile(format: Exclude<AudioFormat, 'wav'>, bytes: Uint8Array, name: string): Promise<void> {
  const reader =
    format === 'ogg'
      ? (await import('./ogg-pages.ts')).createOggReader(name)
      : format === 'flac'
        ? (await import('./flac-frames.ts')).createFlacReader(name)
        : (await import('./mp3-frames.ts')).createMp3Reader(name)
  reader.push(bytes)
  reader.end()
}
