import { spawnSync } from 'node:child_process'
import { describe } from '@jest/globals'

const present = (command: string) => spawnSync(command, ['--version']).status === 0

/** `describe` where programs are installed or must be (AED_REQUIRE=arm,qemu); else a skipped one that says why. */
export function describeWith(commands: readonly string[], name: string, tests: () => void): void {
  const required = (process.env['AED_REQUIRE'] ?? '').split(',')
  const missing = commands.filter((command) => !present(command) && !required.some((word) => word !== '' && command.includes(word)))
  if (missing.length === 0) describe(name, tests)
  else describe.skip(`${name} (skipped: ${missing.join(', ')} not installed)`, tests)
}
