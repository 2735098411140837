// Compiles assembly/ and writes src/wasm/spectrum-binary.ts: browsers and workers have no files, so the kernels travel as text.
// With --check it writes nothing and fails where that file is not what the sources give.
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const root = fileURLToPath(new URL('../', import.meta.url))
const target = `${root}src/wasm/spectrum-binary.ts`

let binary
const { error, stderr } = await asc.main(
  ['assembly/index.ts', '--optimizeLevel', '3', '--shrinkLevel', '0', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--importMemory', '--outFile', 'spectrum.wasm', '--baseDir', root],
  { writeFile: (name, contents) => void (name === 'spectrum.wasm' && (binary = contents)) },
)
if (error) {
  console.error(stderr.toString())
  throw error
}
const text = Buffer.from(binary).toString('base64').replace(/.{120}/g, '$&\n  ').trim().replaceAll('\n', "' +\n").replaceAll(/^ {2}(?=.)/gm, "  '")
const module = `// Made by scripts/build-wasm.mjs from assembly/: change that and run it again.

/** The passes of the FFT: a WebAssembly module of ${binary.length} bytes in base64. */
export const WASM_BINARY =
  '${text}'
`
if (process.argv.includes('--check')) {
  if ((await readFile(target, 'utf8')) !== module) {
    console.error('src/wasm/spectrum-binary.ts is not what assembly/ compiles to: run scripts/build-wasm.mjs')
    process.exit(1)
  }
} else await writeFile(target, module)
console.log(`${binary.length} bytes of WebAssembly`)
