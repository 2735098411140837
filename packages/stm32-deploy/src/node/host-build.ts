import path from 'node:path'
import { AedError } from '@aed/core'
import { hintFor } from './find-tools.ts'
import { readHeader, sourcesOf, unpack, type LibraryFiles, type LibraryHeader } from './library-files.ts'
import { runText } from './run-text.ts'
import { runTool } from './run-tool.ts'

export interface HostBuildOptions {
  /** C compiler, default `cc`. */
  readonly compiler?: string
  /** Stop at the first undefined behaviour or access out of bounds (ASan, UBSan); slower. Default false. */
  readonly sanitize?: boolean
  readonly signal?: AbortSignal | undefined
}

/** A library compiled for this machine, with a runner around it. */
export interface HostBuild extends LibraryHeader {
  /** Path of the runner. */
  readonly binary: string
  /** Removes it. */
  remove(): Promise<void>
}

/** Warnings that generated code is free of. */
export const STRICT_FLAGS = ['-std=c99', '-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Wshadow', '-Werror'] as const

/** A program that runs every input on standard input, in an arena full of the run's number: nothing may depend on what is there. */
export interface Runner {
  /** C before `main`, in which `arena` and `output` are declared; statements of `main`; statements after each run. */
  readonly declarations?: string
  readonly first?: string
  readonly afterRun: string
  readonly flags?: readonly string[]
}

const runnerText = (header: LibraryHeader, { declarations = '', first = '', afterRun }: Runner) => {
  const { name } = header
  const upper = name.toUpperCase()
  return `#include <stdio.h>
#include <string.h>

#include "${name}.h"

${runText(header)}
static int8_t input[${upper}_INPUT_SIZE];
${declarations}
int main(void)
{
    int run = 0;
${first}
    while (fread(input, 1, sizeof input, stdin) == sizeof input) {
        int failed;

        memset(&arena, run++ & 0xff, sizeof arena);
        start_input(input);
        failed = run_input(input);
        take_output();
        if (failed != 0) {
            fprintf(stderr, "error: run %d fails\\n", run - 1);
            return 1;
        }
${afterRun}
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
`
}

/** Compiles a library and a program around it for this machine, in a temporary folder that the caller removes. */
export async function compileForHost(files: LibraryFiles, runner: Runner, { compiler = 'cc', sanitize = false, signal }: HostBuildOptions): Promise<HostBuild> {
  const header = readHeader(files)
  const { dir, remove } = await unpack({ ...files, 'runner/main.c': runnerText(header, runner) })
  const flags = [...(sanitize ? ['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'] : ['-O3']), ...(runner.flags ?? [])]
  try {
    await runTool(compiler, [...STRICT_FLAGS, ...flags, '-Iinclude', ...sourcesOf(files), 'runner/main.c', '-lm', '-o', 'runner/run'], { cwd: dir, hint: hintFor(compiler), signal })
  } catch (error) {
    await remove()
    throw error
  }
  return { ...header, binary: path.join(dir, 'runner', 'run'), remove }
}

/**
 * Compiles a library and a runner for this machine, in a temporary folder that the caller removes with `remove()`.
 * @throws AedError `TOOL_NOT_FOUND` without a compiler, `TOOL_FAILED` when it complains, `INVALID_INPUT`
 */
export async function buildForHost(files: LibraryFiles, options: HostBuildOptions = {}): Promise<HostBuild> {
  const { name, head } = readHeader(files)
  const selftest = `    const int status = ${name}_selftest(&arena${head ? ', &clip' : ''});\n\n    if (status != 0) {\n        fprintf(stderr, "error: ${name}_selftest returns %d\\n", status);\n        return 1;\n    }`
  return compileForHost(files, { first: sourcesOf(files).includes(`src/${name}_selftest.c`) ? selftest : '', afterRun: '        fwrite(output, 1, sizeof output, stdout);' }, options)
}

/**
 * Runs inputs through a library on this machine; its self-test comes first where it has one.
 * @param inputs int8 `[count, inputSize]`
 * @returns bytes `[count, outputSize]`
 * @throws AedError `INVALID_INPUT` for another number of values, `TOOL_FAILED` when the run fails or its self-test does
 */
export async function runOnHost(build: HostBuild, inputs: Int8Array, count: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Int8Array> {
  const { inputSize, outputSize, binary, name } = build
  if (inputs.length !== count * inputSize) throw new AedError('INVALID_INPUT', `runOnHost: ${count} inputs of '${name}' are ${count * inputSize} values, got ${inputs.length}`)
  const { stdout } = await runTool(binary, [], { input: new Uint8Array(inputs.buffer, inputs.byteOffset, inputs.byteLength), signal })
  if (stdout.length !== count * outputSize) throw new AedError('TOOL_FAILED', `runOnHost: '${name}' gave ${stdout.length} bytes for ${count} inputs, expected ${count * outputSize}`)
  return new Int8Array(stdout.buffer, stdout.byteOffset, stdout.length)
}
