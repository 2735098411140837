// Writes src/kernel-sources.ts, src/audio/chain-sources.ts and src/firmware/firmware-sources.ts from c/: browsers and workers have no files, so the kernels travel as text.
import { readdir, readFile, writeFile } from 'node:fs/promises'

const root = new URL('../', import.meta.url)
const { version } = JSON.parse(await readFile(new URL('package.json', root), 'utf8'))
const escape = (text) => text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')

const sourcesOf = async (...folders) => {
  let out = ''
  for (const folder of folders)
    for (const file of (await readdir(new URL(`c/${folder}/`, root))).sort())
      out += `  '${folder}/${file}': \`${escape(await readFile(new URL(`c/${folder}/${file}`, root), 'utf8'))}\`,\n`
  return out
}
const made = '// Made by scripts/embed-kernels.mjs from c/ and package.json: change those and run it again.\n\n'

await writeFile(
  new URL('src/kernel-sources.ts', root),
  `${made}/** Version of the generator, as generated files name it. */
export const GENERATOR_VERSION = '${version}'

/** The C kernels by their path under c/. */
export const KERNEL_SOURCES: Readonly<Record<string, string>> = {\n${await sourcesOf('include', 'src')}}\n`,
)
await writeFile(new URL('src/audio/chain-sources.ts', root), `${made}/** The C around the network by its path under c/. */\nexport const CHAIN_SOURCES: Readonly<Record<string, string>> = {\n${await sourcesOf('audio')}}\n`)

const firmware = new URL('c/firmware/', root)
const programs = (await readdir(firmware, { recursive: true })).filter((file) => /\.[chl]d?$/.test(file)).sort()
let texts = ''
for (const file of programs) texts += `  '${file}': \`${escape(await readFile(new URL(file, firmware), 'utf8'))}\`,\n`
await writeFile(new URL('src/firmware/firmware-sources.ts', root), `${made}/** Programs around a library and what boards need for them, by their path under c/firmware/. */\nexport const FIRMWARE_SOURCES: Readonly<Record<string, string>> = {\n${texts}}\n`)
