import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, inflateRawSync } from 'node:zlib'
import { decodeNpy, type Tensor } from '@aed/core'
import { describe } from '@jest/globals'

/** Runs a suite on the golden files where AED_GOLDENS says where they are, and reports it as skipped elsewhere. */
export const withGoldens = process.env['AED_GOLDENS'] === undefined ? describe.skip : describe

export const golden = (name: string): Uint8Array => new Uint8Array(readFileSync(join(process.env['AED_GOLDENS'] ?? '', 'int8', name)))

/** A `.npy` or `.npy.gz` of the int8 golden files. */
export const goldenArray = (name: string): Tensor => decodeNpy(name.endsWith('.gz') ? new Uint8Array(gunzipSync(golden(name))) : golden(name), name)

/** The arrays of an `.npz`, which is a zip of `.npy` files: read from its central directory. */
export function readNpz(bytes: Uint8Array): Map<string, Tensor> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let end = bytes.length - 22
  while (view.getUint32(end, true) !== 0x06054b50) end--
  const arrays = new Map<string, Tensor>()
  for (let entry = view.getUint32(end + 16, true), left = view.getUint16(end + 10, true); left > 0; left--) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((at) => view.getUint16(entry + at, true)) as [number, number, number]
    const name = new TextDecoder().decode(bytes.subarray(entry + 46, entry + 46 + nameLength))
    const local = view.getUint32(entry + 42, true)
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true)
    const packed = bytes.subarray(start, start + view.getUint32(entry + 20, true))
    arrays.set(name.replace(/\.npy$/, ''), decodeNpy(view.getUint16(entry + 10, true) === 8 ? new Uint8Array(inflateRawSync(packed)) : packed.slice(), name))
    entry += 46 + nameLength + extraLength + commentLength
  }
  return arrays
}
