import { buildWasm } from '../../../tools/build-wasm.mjs'

await buildWasm({ script: import.meta.url, target: 'src/wasm/resample-binary.ts', what: 'The loops of the resampler', flags: ['--importMemory'] })
