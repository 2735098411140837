import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { AedError } from '@aed/core'
import type { Instruction } from '../estimate/core-timings.ts'
import type { Block } from '../estimate/estimate-cycles.ts'
import { hintFor } from './find-tools.ts'
import { runTool } from './run-tool.ts'

const PLUGIN = fileURLToPath(new URL('../../c/tools/instruction_mix.c', import.meta.url))

/** Compiles the emulator's plugin into a folder. @throws AedError `TOOL_NOT_FOUND` without a host compiler */
export async function buildPlugin(dir: string, signal?: AbortSignal): Promise<string> {
  const plugin = path.join(dir, 'instruction_mix.so')
  await runTool('cc', ['-std=c99', '-O2', '-shared', '-fPIC', PLUGIN, '-o', plugin], { hint: hintFor('cc'), signal })
  return plugin
}

/** Address of the function between whose calls the plugin counts. */
export async function markerOf(program: string, signal?: AbortSignal): Promise<string> {
  const { stdout } = await runTool('arm-none-eabi-nm', [program], { hint: hintFor('arm-none-eabi-gcc'), signal })
  const address = /^(\w+) T board_ticks$/m.exec(new TextDecoder().decode(stdout))?.[1]
  if (address === undefined) throw new AedError('TOOL_FAILED', `${program}: has no board_ticks`)
  return `0x${address}`
}

/** Joins the plugin's counts with the program's instructions. @param counts path of what the plugin wrote */
export async function readBlocks(program: string, counts: string, signal?: AbortSignal): Promise<readonly Block[]> {
  const { stdout } = await runTool('arm-none-eabi-objdump', ['-d', '--no-show-raw-insn', program], { hint: hintFor('arm-none-eabi-gcc'), signal })
  const lines = new TextDecoder().decode(stdout).split('\n').flatMap((line) => {
    const [, address, mnemonic, operands = ''] = /^\s*([0-9a-f]+):\t(\S+)(?:\t([^;@]*))?/.exec(line) ?? []
    return address === undefined ? [] : [{ address: parseInt(address, 16), instruction: { mnemonic: mnemonic!, operands: operands.trim() } satisfies Instruction }]
  })
  const at = new Map(lines.map(({ address }, index) => [address, index]))
  return (await readFile(counts, 'utf8')).trim().split('\n').map((line) => {
    const [address, count, runs] = line.split(' ')
    const index = at.get(parseInt(address!, 16))
    if (index === undefined) throw new AedError('TOOL_FAILED', `the emulator ran code at 0x${address!}, where the program has none`)
    return { instructions: lines.slice(index, index + Number(count)).map(({ instruction }) => instruction), runs: Number(runs) }
  })
}
