import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { AedError } from '@aed/core'
import type { Instruction } from '../estimate/core-timings.ts'
import type { CoreProfile } from '../estimate/estimate-cycles.ts'
import type { CacheGeometry } from '../targets.ts'
import { hintFor } from './find-tools.ts'
import { runTool } from './run-tool.ts'

const PLUGIN = fileURLToPath(new URL('../../c/tools/core_profile.c', import.meta.url))

/** Compiles the emulator's plugin into a folder and returns the emulator's option that loads it. @param counts path of what it will write @throws AedError `TOOL_NOT_FOUND` without a host compiler */
export async function profilePlugin(dir: string, program: string, counts: string, { bytes, ways, lineBytes }: CacheGeometry, signal?: AbortSignal): Promise<string> {
  const plugin = path.join(dir, 'core_profile.so')
  await runTool('cc', ['-std=c99', '-O2', '-shared', '-fPIC', PLUGIN, '-o', plugin], { hint: hintFor('cc'), signal })
  const [, marker] = await find('arm-none-eabi-nm', [program], /^(\w+) T board_ticks$/m, program, signal)
  const [, size, flash] = await find('arm-none-eabi-objdump', ['-h', program], /\.text\s+(\w+)\s+(\w+)/, program, signal)
  return `${plugin},marker=0x${marker!},flash=0x${flash!},size=0x${size!},cache=${bytes},ways=${ways},line=${lineBytes},out=${counts}`
}

async function find(tool: string, args: readonly string[], pattern: RegExp, program: string, signal: AbortSignal | undefined): Promise<readonly string[]> {
  const found = pattern.exec(new TextDecoder().decode((await runTool(tool, args, { hint: hintFor('arm-none-eabi-gcc'), signal })).stdout))
  if (!found) throw new AedError('TOOL_FAILED', `${tool} ${program}: found no ${pattern.source}`)
  return found
}

/** Joins the plugin's counts with the program's instructions. @param counts path of what the plugin wrote */
export async function readProfile(program: string, counts: string, signal?: AbortSignal): Promise<CoreProfile> {
  const { stdout } = await runTool('arm-none-eabi-objdump', ['-d', program], { hint: hintFor('arm-none-eabi-gcc'), signal })
  const lines = new TextDecoder().decode(stdout).split('\n').flatMap((line) => {
    const [, address, code = '', mnemonic, operands = ''] = /^\s*([0-9a-f]+):\t([0-9a-f ]+?)\s*\t(\S+)(?:\t([^;@]*))?/.exec(line) ?? []
    return address === undefined ? [] : [{ address: parseInt(address, 16), instruction: { mnemonic: mnemonic!, operands: operands.trim(), size: code.length > 4 ? 4 : 2 } satisfies Instruction }]
  })
  const at = new Map(lines.map(({ address }, index) => [address, index]))
  const [heading, ...rows] = (await readFile(counts, 'utf8')).trim().split('\n')
  const [ofInstructions, ofConstants, inSequence] = heading!.split(' ').slice(1).map(Number)
  const blocks = rows.map((row) => {
    const [address, count, runs, jumps, words] = row.split(' ')
    const index = at.get(parseInt(address!, 16))
    if (index === undefined) throw new AedError('TOOL_FAILED', `the emulator ran code at 0x${address!}, where the program has none`)
    return { instructions: lines.slice(index, index + Number(count)).map(({ instruction }) => instruction), runs: Number(runs), jumps: Number(jumps), words: Number(words) }
  })
  return { blocks, lines: { ofInstructions: ofInstructions!, ofConstants: ofConstants!, inSequence: inSequence! } }
}
