// `npm run bench [-- PACKAGE...]`: the benchmarks of all packages or of those named, one after another; each prints ratios, ours beside a peer.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const all = ['e2e', ...readdirSync(path.join(root, 'packages')).map((name) => `packages/${name}`)].filter((dir) => existsSync(path.join(root, dir, 'bench/index.mjs')))
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !all.some((dir) => path.basename(dir) === name))
if (unknown.length > 0) {
  console.error(`error: USAGE: no benchmark ${unknown.join(', ')}; there are ${all.map((dir) => path.basename(dir)).join(', ')}`)
  process.exit(2)
}
const chosen = all.map((dir) => path.basename(dir)).filter((name) => wanted.length === 0 || wanted.includes(name))
// One at a time and never from the cache: a time measured beside other work, or yesterday, says nothing.
const { status } = spawnSync('npx', ['nx', 'run-many', '-t', 'bench', '--parallel=1', '--output-style=stream', '-p', ...chosen.map((name) => `@aed/${name}`)], { cwd: root, stdio: 'inherit' })
process.exit(status ?? 1)
