import { spawnSync } from 'node:child_process'
import { describe } from '@jest/globals'

/** What some tests need beside Node; `AED_REQUIRE=arm,qemu,browser,python` makes a missing one an error instead of a skip. */
export type Need = 'arm' | 'qemu' | 'browser' | 'python' | 'cc'

const COMMANDS: Record<Need, () => readonly [command: string, args: readonly string[]]> = {
  arm: () => ['arm-none-eabi-gcc', ['--version']],
  qemu: () => ['qemu-system-arm', ['--version']],
  browser: () => [process.env['AED_CHROMIUM'] ?? 'chromium', ['--version']],
  python: () => [process.env['AED_PYTHON'] ?? 'no AED_PYTHON', ['--version']],
  cc: () => ['cc', ['--version']],
}

/** True when the tool runs; an error when it does not although `AED_REQUIRE` names it. */
export function has(need: Need): boolean {
  const [command, args] = COMMANDS[need]()
  const found = spawnSync(command, args, { stdio: 'ignore' }).status === 0
  if (!found && (process.env['AED_REQUIRE'] ?? '').split(',').includes(need)) throw new Error(`AED_REQUIRE names ${need}, but '${command}' does not run`)
  return found
}

/** `describe`, or a skip that says what is missing. */
export function describeWith(need: Need, name: string, body: () => void): void {
  if (has(need)) describe(name, body)
  else describe.skip(`${name} (skipped: ${need} is not installed)`, body)
}

/** `describe` with a folder from the environment, or a skip that names the variable. */
export function describeWithDir(variable: 'AED_GOLDENS' | 'AED_ESC10_DIR' | 'AED_BACKBONES', name: string, body: (dir: string) => void): void {
  const dir = process.env[variable]
  if (dir) describe(name, () => body(dir))
  else describe.skip(`${name} (skipped: ${variable} is not set)`, () => body(''))
}
