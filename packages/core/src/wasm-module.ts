const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Bytes of base64 without spaces. Not `atob`, which an AudioWorklet does not have. */
function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const length = (text.length / 4) * 3 - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0)
  const bytes = new Uint8Array(length)
  for (let i = 0, at = 0; i < text.length; i += 4) {
    let word = 0
    for (let j = i; j < i + 4; j++) word = (word << 6) | Math.max(0, ALPHABET.indexOf(text[j]!)) // '=' is 0
    for (let shift = 16; shift >= 0 && at < length; shift -= 8) bytes[at++] = word >> shift
  }
  return bytes
}

/**
 * Compiles a small WebAssembly module at once, in place: kernels travel as text in their package, since browsers and workers have no files.
 * @param base64 the module's bytes, at most 4 KiB or so: Chromium compiles no more in place on the main thread
 * @returns null where the runtime has no WebAssembly or not the instructions of the module (SIMD), or forbids it
 */
export function wasmModule(base64: string): WebAssembly.Module | null {
  try {
    return new WebAssembly.Module(decodeBase64(base64))
  } catch {
    return null
  }
}
