/** A WAV file built by hand, every part of which can be made wrong. */
export interface WavParts {
  readonly tag?: number
  readonly channels?: number
  readonly sampleRate?: number
  readonly bits?: number
  readonly blockAlign?: number
  /** Length that the RIFF header states; default: the right one. */
  readonly riffLength?: number
  /** Length that the data chunk states; default: the right one. */
  readonly dataLength?: number
  readonly data: Uint8Array
  /** Chunks before the data, as they are. */
  readonly before?: Uint8Array
  readonly after?: Uint8Array
}

export function wavBytes({ tag = 1, channels = 1, sampleRate = 16000, bits = 16, blockAlign, riffLength, dataLength, data, before = new Uint8Array(0), after = new Uint8Array(0) }: WavParts): Uint8Array {
  const dataAt = 36 + before.length
  const bytes = new Uint8Array(dataAt + 8 + data.length + after.length)
  const view = new DataView(bytes.buffer)
  const text = (at: number, value: string) => bytes.set(new TextEncoder().encode(value), at)
  text(0, 'RIFF')
  view.setUint32(4, riffLength ?? bytes.length - 8, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, tag, true)
  view.setUint16(22, channels, true)
  view.setUint32(24, sampleRate, true)
  const frame = blockAlign ?? channels * Math.ceil(bits / 8)
  view.setUint32(28, sampleRate * frame, true)
  view.setUint16(32, frame, true)
  view.setUint16(34, bits, true)
  bytes.set(before, 36)
  text(dataAt, 'data')
  view.setUint32(dataAt + 4, dataLength ?? data.length, true)
  bytes.set(data, dataAt + 8)
  bytes.set(after, dataAt + 8 + data.length)
  return bytes
}

/** 16-bit samples as bytes. */
export function int16Bytes(...samples: number[]): Uint8Array {
  return new Uint8Array(Int16Array.from(samples).buffer)
}
