import { AedError } from '@aed/core'
import type { GeneratedLibrary } from '../generate-c.ts'
import type { RowPiece } from '../plan/row-trace.ts'
import { compileForHost, type HostBuildOptions, type Runner } from './host-build.ts'
import { readHeader } from './library-files.ts'
import { runTool } from './run-tool.ts'

/** Inputs of one run of the program: what they give is in memory at once. */
const BATCH = 32

/** Rows of one input: of each tensor that the library makes, int8 from its first row to the last one that something reads. */
export type TracedRows = ReadonlyMap<string, Int8Array>

/** A program that writes each row when it is whole: `NAME_ON_CALL`, which the library has for profilers, tells that the step before has ended. */
function tracer(name: string, rows: readonly RowPiece[]): Runner {
  const pieces = rows.map(({ step, place, offset, bytes }) => `    {${step}, ${place === 'arena' ? 1 : 0}, ${offset}, ${bytes}},`).join('\n')
  return {
    declarations: `
static const struct {
    int32_t step;
    int32_t in_arena;
    int32_t offset;
    int32_t bytes;
} pieces[] = {
${pieces}
};
static size_t next;
static int32_t step;

void on_call(int32_t layer);

static void write_before(int32_t end)
{
    for (; next < sizeof pieces / sizeof *pieces && pieces[next].step < end; ++next) {
        const void *const from = pieces[next].in_arena ? (const void *)(arena.bytes + pieces[next].offset) : (const void *)(output + pieces[next].offset);

        fwrite(from, 1, (size_t)pieces[next].bytes, stdout);
    }
}

void on_call(int32_t layer)
{
    (void)layer;
    write_before(step++);
}
`,
    afterRun: '        write_before(step);\n        next = 0;\n        step = 0;',
    flags: [`-D${name.toUpperCase()}_ON_CALL=on_call`, '-include', 'runner/hook.h'],
  }
}

/**
 * Runs inputs through a library on this machine and shows every row of every tensor that it makes, when it is made. The library's own files are compiled as they are.
 * @param inputs int8 `[count, inputSize]`
 * @param onInput called for each input in turn
 * @throws AedError `INVALID_INPUT` for another number of values, `TOOL_NOT_FOUND`, `TOOL_FAILED`
 */
export async function traceOnHost({ files, rows }: Pick<GeneratedLibrary, 'files' | 'rows'>, inputs: Int8Array, count: number, onInput: (rows: TracedRows, index: number) => void, options: HostBuildOptions = {}): Promise<void> {
  const { name, inputSize } = readHeader(files)
  if (inputs.length !== count * inputSize) throw new AedError('INVALID_INPUT', `traceOnHost: ${count} inputs of '${name}' are ${count * inputSize} values, got ${inputs.length}`)
  const build = await compileForHost({ ...files, 'runner/hook.h': '#include <stdint.h>\nvoid on_call(int32_t layer);\n' }, tracer(name, rows), options)
  const each = rows.reduce((sum, { bytes }) => sum + bytes, 0)
  try {
    for (let first = 0; first < count; first += BATCH) {
      const batch = inputs.subarray(first * inputSize, Math.min(count, first + BATCH) * inputSize)
      const { stdout } = await runTool(build.binary, [], { input: new Uint8Array(batch.buffer, batch.byteOffset, batch.byteLength), signal: options.signal })
      const items = batch.length / inputSize
      if (stdout.length !== items * each) throw new AedError('TOOL_FAILED', `traceOnHost: '${name}' gave ${stdout.length} bytes for ${items} inputs, expected ${items * each}`)
      for (let item = 0; item < items; item++) onInput(split(rows, new Int8Array(stdout.buffer, stdout.byteOffset + item * each, each)), first + item)
    }
  } finally {
    await build.remove()
  }
}

/** Rows as they were written, joined by tensor. */
function split(rows: readonly RowPiece[], written: Int8Array): TracedRows {
  const sizes = new Map<string, number>()
  for (const { tensor, bytes } of rows) sizes.set(tensor, (sizes.get(tensor) ?? 0) + bytes)
  const found = new Map(Array.from(sizes, ([tensor, size]) => [tensor, { data: new Int8Array(size), at: 0 }]))
  let from = 0
  for (const { tensor, bytes } of rows) {
    const to = found.get(tensor)!
    to.data.set(written.subarray(from, from + bytes), to.at)
    to.at += bytes
    from += bytes
  }
  return new Map(Array.from(found, ([tensor, { data }]) => [tensor, data]))
}
