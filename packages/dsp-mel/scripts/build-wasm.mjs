import { buildWasm } from '../../../tools/build-wasm.mjs'

await buildWasm({ script: import.meta.url, target: 'src/wasm/spectrum-binary.ts', what: 'The passes of the FFT', flags: ['--importMemory'] })
