import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { featuresOf } from '../firmware/emit-firmware.ts'
import { TARGETS, type TargetName } from '../targets.ts'
import { hintFor } from './find-tools.ts'
import { isChainSource, readHeader, sourcesOf, unpack, type LibraryFiles } from './library-files.ts'
import { parseSections, type FootprintOptions } from './measure-footprint.ts'
import { runTool } from './run-tool.ts'
import { deepestStack, parseCallGraph } from './stack.ts'

/** What the chain around the network takes, in bytes: front end, ring buffer, decisions, clip head. The network's own is not in it. */
export interface ChainFootprint {
  readonly target: TargetName
  /** Machine code. */
  readonly code: number
  /** Window, sine, mel weights, indices, thresholds. */
  readonly tables: number
  /** Deepest stack of a call of poll, the network's within it. */
  readonly stack: number
  /** `sizeof(NAME_audio_state)`. */
  readonly state: number
  /** Of it: the ring buffer; the patch; the arena, which the front end's scratch shares (the larger of both counts); the clip of a head of statistics, 0 without one. */
  readonly parts: { readonly buffer: number; readonly patch: number; readonly work: number; readonly clip: number; readonly rest: number }
  /** `sizeof(NAME_clip_state)`; 0 without a clip head. Within `state` where the head takes statistics, else the caller's. */
  readonly clipState: number
  /** Machine code and constants of a clip head of statistics, not in those above; null without one. */
  readonly head: { readonly code: number; readonly tables: number } | null
}

/**
 * Compiles the chain of a library for a target and measures it.
 * @returns null for a library without its front end, or a target that is this machine
 * @throws AedError `TOOL_NOT_FOUND` without the Arm compiler, `TOOL_FAILED`, `INVALID_INPUT`
 */
export async function measureChain(files: LibraryFiles, { target = 'stm32u585', optimization = '-O2', signal }: FootprintOptions = {}): Promise<ChainFootprint | null> {
  const { name, audio, clip } = featuresOf(files)
  const { head } = readHeader(files)
  if (!audio || target === 'host') return null
  const sizes = { state: `sizeof(${name}_audio_state)`, buffer: `sizeof(((${name}_audio_state *)0)->samples)`, patch: `sizeof(((${name}_audio_state *)0)->patch)`, work: `sizeof(((${name}_audio_state *)0)->work)`, ...(clip && { clipState: `sizeof(${name}_clip_state)` }) }
  const probe = `#include "${name}.h"\n${Object.entries(sizes).map(([what, size]) => `const char size_${what}[${size}] = {1};\n`).join('')}`
  const { dir, remove } = await unpack({ ...files, 'probe.c': probe })
  try {
    const run = async (command: string, args: readonly string[]) => new TextDecoder().decode((await runTool(command, args, { cwd: dir, hint: hintFor('arm-none-eabi-gcc'), signal })).stdout)
    const sources = sourcesOf(files).filter((file) => file !== `src/${name}_selftest.c`)
    await run('arm-none-eabi-gcc', [...TARGETS[target].flags, optimization, '-std=c99', '-ffunction-sections', '-fdata-sections', '-fcallgraph-info=su', '-Iinclude', '-c', ...sources, 'probe.c'])
    const objectOf = (file: string) => `${path.basename(file, '.c')}.o`
    const ofHead = (file: string) => head && new RegExp(`^src/${name}_clip(_\\w+)?\\.c$`).test(file)
    const bytesOf = async (files: readonly string[]) => {
      const sections = files.length === 0 ? [] : parseSections(await run('arm-none-eabi-size', ['-A', ...files.map(objectOf)]))
      const bytes = (pattern: RegExp) => sections.reduce((sum, section) => (pattern.test(section.name) ? sum + section.bytes : sum), 0)
      return { code: bytes(/^\.text/), tables: bytes(/^\.rodata/) }
    }
    const chain = sources.filter((file) => isChainSource(file, name))
    const frames = await Promise.all(sources.map(async (file) => parseCallGraph(await readFile(path.join(dir, `${path.basename(file, '.c')}.ci`), 'utf8'))))
    const symbols = await run('arm-none-eabi-nm', ['-S', 'probe.o'])
    const sizeOf = (what: string) => parseInt(new RegExp(`^\\w+ (\\w+) \\w size_${what}$`, 'm').exec(symbols)?.[1] ?? '0', 16)
    const [state, buffer, patch, work, clipState] = [sizeOf('state'), sizeOf('buffer'), sizeOf('patch'), sizeOf('work'), sizeOf('clipState')]
    const within = head ? clipState : 0
    return { target, ...(await bytesOf(chain.filter((file) => !ofHead(file)))), stack: deepestStack(frames.flat(), `${name}_audio_poll`), state, parts: { buffer, patch, work, clip: within, rest: state - buffer - patch - work - within }, clipState, head: head ? await bytesOf(chain.filter(ofHead)) : null }
  } finally {
    await remove()
  }
}
