// Runs jest in the current package with native ES modules: `node ../../tools/jest/run.mjs [jest options]`.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'

const jest = createRequire(import.meta.url).resolve('jest/bin/jest')
const { status } = spawnSync(process.execPath, ['--experimental-vm-modules', '--no-warnings', jest, ...process.argv.slice(2)], { stdio: 'inherit' })
process.exit(status ?? 1)
