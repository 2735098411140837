import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import ts from 'typescript'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folders = [...readdirSync(path.join(root, 'packages')).map((name) => `packages/${name}`), 'e2e']
const project = mkdtempSync(path.join(os.tmpdir(), 'aed-packed-'))

/** The first example of a README: the block marked ```ts, or ```sh for a command. */
function example(folder: string): { readonly language: 'ts' | 'sh'; readonly code: string } {
  const readme = readFileSync(path.join(root, folder, 'README.md'), 'utf8')
  const [, language, code] = /```(ts|sh)\n([\s\S]*?)```/.exec(readme) ?? []
  if (!language || !code) throw new Error(`${folder}/README.md has no example`)
  return { language: language as 'ts' | 'sh', code }
}

// The packages as npm would publish them, in a project that has never seen the repository.
beforeAll(() => {
  const tarballs = path.join(project, 'tarballs')
  mkdirSync(tarballs)
  const packed = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', tarballs, ...folders.flatMap((folder) => ['--workspace', folder])], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  ) as unknown
  const files = readdirSync(tarballs).map((name) => path.join(tarballs, name))
  expect(packed).toBeTruthy()
  expect(files).toHaveLength(folders.length)
  writeFileSync(path.join(project, 'package.json'), JSON.stringify({ name: 'reader', private: true, type: 'module' }))
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...files], { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] })
}, 300_000)

afterAll(() => rmSync(project, { recursive: true, force: true }))

describe('packed packages', () => {
  it.each(folders)('%s publishes its build, types and source maps, and no test', (folder) => {
    const { name, exports, bin } = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8')) as { name: string; exports: Record<string, unknown>; bin?: Record<string, string> }
    const installed = path.join(project, 'node_modules', name)
    for (const target of Object.values(exports)) {
      if (typeof target === 'string') continue
      const { types, default: code } = target as { types: string; default: string }
      for (const file of [types, code, `${code}.map`]) expect([file, existsSync(path.join(installed, file))]).toEqual([file, true])
    }
    for (const file of Object.values(bin ?? {})) expect(existsSync(path.join(installed, file))).toBe(true)
    expect(readdirSync(installed, { recursive: true }).filter((file) => /\.test\.[jt]s$/.test(String(file)))).toEqual([])
  })

  it.each(folders)("%s: the README's example runs", (folder) => {
    const { language, code } = example(folder)
    const file = path.join(project, `${path.basename(folder)}.mjs`)
    if (language === 'ts') writeFileSync(file, ts.transpile(code, { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext }))
    const { status, stdout, stderr } =
      language === 'ts'
        ? spawnSync(process.execPath, [file], { cwd: project, encoding: 'utf8', timeout: 120_000 })
        : spawnSync('sh', ['-ec', code], { cwd: project, encoding: 'utf8', timeout: 240_000, env: { ...process.env, AED_CACHE_DIR: path.join(project, 'cache') } })
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.trim()).not.toBe('')
  }, 300_000)

  // Node 20 runs all of the above; the LTS releases after it come from npm.
  it.each(['24', '26'])('load on Node %s, and the examples of the stages run there', (version) => {
    const home = path.join(project, `node-${version}`)
    mkdirSync(home)
    writeFileSync(path.join(home, 'package.json'), '{"private":true}')
    execFileSync('npm', ['install', '--no-audit', '--no-fund', `node@${version}`], { cwd: home, stdio: 'ignore' })
    const node = path.join(home, 'node_modules/node/bin/node')
    const entries = folders.map((folder) => (JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8')) as { name: string }).name)
    const load = `console.log(process.version); for (const name of ${JSON.stringify(entries)}) if (Object.keys(await import(name)).length === 0) throw new Error(name)`
    writeFileSync(path.join(project, 'load.mjs'), load)
    expect(execFileSync(node, [path.join(project, 'load.mjs')], { cwd: project, encoding: 'utf8' })).toMatch(new RegExp(`^v${version}\\.`))
    for (const folder of ['dsp-mel', 'quantize-int8', 'eval-cliplevel', 'stm32-deploy', 'model-miniresnetv2']) {
      const file = path.join(project, `${folder}.mjs`)
      expect([folder, execFileSync(node, [file], { cwd: project, encoding: 'utf8' })]).toEqual([folder, execFileSync(process.execPath, [file], { cwd: project, encoding: 'utf8' })])
    }
  }, 120_000)
})
