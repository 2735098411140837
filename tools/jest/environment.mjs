import { TestEnvironment } from 'jest-environment-node'

// Jest runs tests in a realm of its own, where `x instanceof Float32Array` is false for arrays that come from
// Node itself (worker messages, file reads). One set of constructors for both removes that difference.
const SHARED = [
  'ArrayBuffer', 'SharedArrayBuffer', 'DataView', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array',
  'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array', 'Error', 'WebAssembly',
]

export default class extends TestEnvironment {
  constructor(...args) {
    super(...args)
    for (const name of SHARED) this.global[name] = globalThis[name]
  }
}
