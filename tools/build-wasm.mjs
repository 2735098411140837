import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

/**
 * Compiles the AssemblyScript of a package (assembly/) to WebAssembly SIMD and writes it as a TypeScript module with the bytes in base64:
 * browsers and workers have no files, so the kernels travel as text. With `--check` on the command line it writes nothing and ends with status 1
 * where the module is not what the sources give.
 * @param {{ script: string, target: string, what: string, flags?: readonly string[] }} options
 *   `script`: import.meta.url of the caller, in PACKAGE/scripts; `target`: module to write, from the package; `what`: what the kernels are
 */
export async function buildWasm({ script, target, what, flags = [] }) {
  const root = fileURLToPath(new URL('../', script))
  let binary
  const { error, stderr } = await asc.main(
    ['assembly/index.ts', '--optimizeLevel', '3', '--shrinkLevel', '0', '--noAssert', '--runtime', 'stub', '--enable', 'simd', ...flags, '--outFile', 'kernels.wasm', '--baseDir', root],
    { writeFile: (name, contents) => void (name === 'kernels.wasm' && (binary = contents)) },
  )
  if (error) {
    console.error(stderr.toString())
    throw error
  }
  const lines = Buffer.from(binary).toString('base64').match(/.{1,120}/g)
  const module = `// Made by scripts/build-wasm.mjs from assembly/: change that and run it again.

/** ${what}: a WebAssembly module of ${binary.length} bytes in base64. */
export const WASM_BINARY =
${lines.map((line) => `  '${line}'`).join(' +\n')}
`
  if (process.argv.includes('--check')) {
    if ((await readFile(root + target, 'utf8')) !== module) {
      console.error(`${target} is not what assembly/ compiles to: run scripts/build-wasm.mjs`)
      process.exit(1)
    }
  } else await writeFile(root + target, module)
  console.log(`${binary.length} bytes of WebAssembly`)
}
