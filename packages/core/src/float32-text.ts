import { AedError } from './errors.ts'

/** Bytes a call of `String.fromCharCode` takes at once: arguments live on the stack. */
const PART = 4096

/** float32 values as text: base64 of their little-endian bytes, a third of the length of decimal numbers and exact. */
export function encodeFloat32(values: Float32Array): string {
  const bytes = new Uint8Array(4 * values.length)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i]!, true)
  let text = ''
  for (let at = 0; at < bytes.length; at += PART) text += String.fromCharCode(...bytes.subarray(at, at + PART))
  return btoa(text)
}

/**
 * The values of {@link encodeFloat32}.
 * @param length how many are expected
 * @param where how errors call the text
 * @throws AedError `MODEL_INVALID` for another length, text that is not base64, or a value that is not finite
 */
export function decodeFloat32(text: string, length: number, where: string): Float32Array {
  let bytes: string
  try {
    bytes = atob(text)
  } catch (cause) {
    throw new AedError('MODEL_INVALID', `${where} is not base64`, { cause })
  }
  if (bytes.length !== 4 * length) throw new AedError('MODEL_INVALID', `${where}: expected ${length} float32 values in ${4 * length} bytes, got ${bytes.length} bytes`)
  const view = new DataView(Uint8Array.from(bytes, (char) => char.charCodeAt(0)).buffer)
  const values = Float32Array.from({ length }, (_, i) => view.getFloat32(4 * i, true))
  const bad = values.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0) throw new AedError('MODEL_INVALID', `${where}: value ${bad} is ${values[bad]}`)
  return values
}
