// `npm run release`: builds every package and publishes those whose version is new, with changesets (run `npx changeset version` before).
// `npm run release -- --dry-run`: the same up to the registry; prints what each package would hold.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = (command, args) => {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
const unknown = process.argv.slice(2).filter((argument) => argument !== '--dry-run')
if (unknown.length > 0) {
  console.error(`error: USAGE: npm run release takes --dry-run, got ${unknown.join(' ')}`)
  process.exit(2)
}
run('npx', ['nx', 'run-many', '-t', 'build'])
if (process.argv.includes('--dry-run')) {
  const workspaces = ['e2e', ...readdirSync(path.join(root, 'packages')).map((name) => `packages/${name}`)]
  run('npm', ['publish', '--dry-run', '--access', 'public', ...workspaces.flatMap((workspace) => ['--workspace', workspace])])
} else run('npx', ['changeset', 'publish'])
