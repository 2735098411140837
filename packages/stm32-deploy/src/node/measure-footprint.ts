import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { AedError } from '@aed/core'
import type { Footprint } from '../report.ts'
import { TARGETS, type TargetName } from '../targets.ts'
import { hintFor, versionOf } from './find-tools.ts'
import { isChainSource, readHeader, sourcesOf, unpack, type LibraryFiles } from './library-files.ts'
import { runTool } from './run-tool.ts'
import { deepestStack, parseCallGraph, type StackFrame } from './stack.ts'

export interface FootprintOptions {
  /** Default `stm32u585`. */
  readonly target?: TargetName
  /** Optimisation flag, default `-O2`. */
  readonly optimization?: '-O1' | '-O2' | '-O3' | '-Os'
  readonly signal?: AbortSignal | undefined
}

/**
 * Compiles the network of a library for a target and measures it (the chain around it: `measureChain`): code by function, constants, writable data, deepest stack. Without the Arm compiler the
 * host's stands in, and the result says so (`forTarget`). C library functions (memcpy, memset) are not counted.
 * @throws AedError `TOOL_NOT_FOUND` without any compiler, `TOOL_FAILED`, `INVALID_INPUT`
 */
export async function measureFootprint(files: LibraryFiles, { target = 'stm32u585', optimization = '-O2', signal }: FootprintOptions = {}): Promise<Footprint> {
  const { name, head } = readHeader(files)
  const cross = target === 'host' ? null : await versionOf('arm-none-eabi-gcc')
  const [compiler, sizeTool] = cross === null ? ['cc', 'size'] : ['arm-none-eabi-gcc', 'arm-none-eabi-size']
  const version = cross ?? (await versionOf(compiler)) ?? ''
  if (version.includes('clang')) throw new AedError('TOOL_NOT_FOUND', `measureFootprint: ${compiler} is clang, which gives no call graph; GCC does`, { hint: hintFor('arm-none-eabi-gcc') })
  const flags = [...(cross === null ? [] : TARGETS[target].flags), optimization, '-std=c99', '-ffunction-sections', '-fdata-sections']
  const sources = sourcesOf(files).filter((file) => file !== `src/${name}_selftest.c` && !isChainSource(file, name))
  const { dir, remove } = await unpack(files)
  try {
    const run = (command: string, args: readonly string[]) => runTool(command, args, { cwd: dir, hint: hintFor(command), signal })
    await run(compiler, [...flags, '-fcallgraph-info=su', '-Iinclude', '-c', ...sources])
    const objects = sources.map((file) => `${path.basename(file, '.c')}.o`)
    const sections = parseSections(new TextDecoder().decode((await run(sizeTool, ['-A', ...objects])).stdout))
    const frames: StackFrame[] = []
    for (const object of objects) frames.push(...parseCallGraph(await readFile(path.join(dir, object.replace(/\.o$/, '.ci')), 'utf8')))
    const bytes = (pattern: RegExp) => sections.reduce((sum, section) => (pattern.test(section.name) ? sum + section.bytes : sum), 0)
    return {
      compiler: `${version} ${optimization}`,
      target,
      forTarget: cross !== null || target === 'host',
      code: bytes(/^\.text/),
      constants: bytes(/^\.rodata/),
      data: bytes(/^\.(data|bss|tdata|tbss)/),
      stack: deepestStack(frames, `${name}_${head ? 'clip_add' : 'run'}`),
      functions: sections.flatMap((section) => (section.name.startsWith('.text.') ? [{ name: section.name.slice('.text.'.length), bytes: section.bytes }] : [])),
    }
  } finally {
    await remove()
  }
}

/** Sections with their sizes as `size -A` prints them; empty ones left out. */
export function parseSections(text: string): readonly { readonly name: string; readonly bytes: number }[] {
  return text.split('\n').flatMap((line) => {
    const [, name, bytes] = /^(\.\S+)\s+(\d+)\s+\d+/.exec(line) ?? []
    return name !== undefined && Number(bytes) > 0 ? [{ name, bytes: Number(bytes) }] : []
  })
}
