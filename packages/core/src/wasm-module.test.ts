import { describe, expect, it } from '@jest/globals'
import { wasmModule } from './wasm-module.ts'

/** A module with nothing but a custom section named 'x' of these bytes. */
function moduleWith(payload: Uint8Array): Buffer {
  return Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, payload.length + 2, 1, 0x78, ...payload])
}

describe('wasmModule', () => {
  it('reads base64 of any length, all 256 values of a byte included', () => {
    for (const length of [0, 1, 2, 3, 64, 100])
      for (const first of [0, 100, 200]) {
        const payload = Uint8Array.from({ length }, (_, i) => first + i)
        const module = wasmModule(moduleWith(payload).toString('base64'))
        expect(new Uint8Array(WebAssembly.Module.customSections(module!, 'x')[0]!)).toEqual(payload)
      }
  })

  it('gives null for what the runtime does not compile', () => {
    expect(wasmModule('AGFzbQIAAAA=')).toBeNull()
    expect(wasmModule('')).toBeNull()
  })
})
