// Runs jest with native ES modules in a package: `node tools/jest/run.mjs --project=packages/core [jest options]`, or without
// --project in the current folder.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'

const project = process.argv.find((argument) => argument.startsWith('--project='))
const jest = createRequire(import.meta.url).resolve('jest/bin/jest')
const args = ['--experimental-vm-modules', '--no-warnings', jest, ...process.argv.slice(2).filter((argument) => argument !== project)]
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', cwd: project?.slice('--project='.length) ?? process.cwd() })
process.exit(status ?? 1)
