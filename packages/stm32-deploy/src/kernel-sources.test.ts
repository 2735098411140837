import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from '@jest/globals'
import { CHAIN_SOURCES } from './audio/chain-sources.ts'
import { FIRMWARE_SOURCES } from './firmware/firmware-sources.ts'
import { GENERATOR_VERSION, KERNEL_SOURCES } from './kernel-sources.ts'

const root = new URL('../', import.meta.url)

describe('KERNEL_SOURCES and CHAIN_SOURCES', () => {
  it('are what lies under c/: else run scripts/embed-kernels.mjs', async () => {
    const filesOf = async (...folders: string[]) => {
      const files: Record<string, string> = {}
      for (const folder of folders)
        for (const file of await readdir(new URL(`c/${folder}/`, root))) files[`${folder}/${file}`] = await readFile(new URL(`c/${folder}/${file}`, root), 'utf8')
      return files
    }
    expect(KERNEL_SOURCES).toEqual(await filesOf('include', 'src'))
    expect(CHAIN_SOURCES).toEqual(await filesOf('audio'))
    const firmware = new URL('c/firmware/', root)
    const programs = (await readdir(firmware, { recursive: true })).filter((file) => /\.[chl]d?$/.test(file))
    expect(programs.length).toBeGreaterThan(10)
    expect(Object.keys(FIRMWARE_SOURCES)).toHaveLength(programs.length)
    for (const file of programs) expect(FIRMWARE_SOURCES[file]).toBe(await readFile(new URL(file, firmware), 'utf8'))
  })

  it('names the version of package.json: else run scripts/embed-kernels.mjs', async () => {
    const { version } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as { version: string }
    expect(GENERATOR_VERSION).toBe(version)
  })

  it('holds one public function a file, of its name', () => {
    for (const [path, text] of Object.entries(KERNEL_SOURCES)) {
      if (!path.startsWith('src/')) continue
      const functions = Array.from(text.matchAll(/^(?:void|int\w*) (aed_\w+)\(/gm), ([, name]) => name)
      expect([path, functions]).toEqual([path, [path.slice('src/'.length, -'.c'.length)]])
    }
  })
})
