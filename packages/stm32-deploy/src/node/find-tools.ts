import { isAedError } from '@aed/core'
import { runTool } from './run-tool.ts'

/** A program that this package can use, and whether it is there. */
export interface Tool {
  readonly command: string
  /** What it is used for. */
  readonly purpose: string
  /** First line of what it says of its version; null when it is not installed. */
  readonly version: string | null
  /** How to get it. */
  readonly hint: string
}

/** How to get the programs that are called. */
export const TOOL_HINTS = {
  cc: 'install a C compiler: apt install gcc, or Xcode command line tools',
  'arm-none-eabi-gcc': 'install the Arm compiler: apt install gcc-arm-none-eabi',
  'qemu-system-arm': 'install the emulator: apt install qemu-system-arm',
} as const

const PURPOSES: Readonly<Record<keyof typeof TOOL_HINTS, string>> = {
  cc: 'runs generated libraries on this machine',
  'arm-none-eabi-gcc': 'measures code, constants and stack for the microcontroller',
  'qemu-system-arm': 'runs generated libraries on an emulated Cortex-M33',
}

/** Looks for the programs that deployment can use. Those that are missing have no version. */
export function findTools(): Promise<readonly Tool[]> {
  return Promise.all(
    (Object.keys(TOOL_HINTS) as (keyof typeof TOOL_HINTS)[]).map(async (command) => ({
      command,
      purpose: PURPOSES[command],
      version: await versionOf(command),
      hint: TOOL_HINTS[command],
    })),
  )
}

/** First line of `COMMAND --version`, or null when there is no such program. */
export async function versionOf(command: string): Promise<string | null> {
  try {
    const { stdout } = await runTool(command, ['--version'])
    return new TextDecoder().decode(stdout).split('\n')[0]!.trim()
  } catch (error) {
    if (isAedError(error, 'TOOL_NOT_FOUND')) return null
    throw error
  }
}

/** The hint for a compiler, whatever its path. */
export function hintFor(command: string): string {
  return Object.entries(TOOL_HINTS).find(([name]) => name === command)?.[1] ?? `install ${command}, or name another compiler`
}
