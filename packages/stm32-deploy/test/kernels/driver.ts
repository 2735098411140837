import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { STRICT_FLAGS } from '../../src/node/host-build.ts'
import { runTool } from '../../src/node/run-tool.ts'

type Data = Int8Array | Uint16Array | Int16Array | Int32Array | Float32Array

/** Calls of one kernel on one set of arrays, and what the array `out` must hold after each of them. */
export interface KernelCase {
  /** Arrays that the call names `b[0]`, `b[1]`, …; each is allocated by itself, so that reading or writing beyond it is found. An empty one is NULL. */
  readonly arrays: readonly Data[]
  /** Numbers that the call names `n[0]`, … */
  readonly numbers?: readonly number[]
  /** Which array is the output. */
  readonly out: number
  /** The last argument of each call, `index`. */
  readonly indices: readonly number[]
  /** Checks the output after call `k`; an error or a difference fails the test. */
  readonly check: (out: Data, k: number) => void
}

export interface Kernel {
  /** File of c/src or c/audio. */
  readonly file: string
  /** C expression. */
  readonly call: string
  readonly cases: readonly KernelCase[]
}

const C = fileURLToPath(new URL('../../c', import.meta.url))

const program = (kernels: readonly Kernel[]) => `#include <stdio.h>
#include <stdlib.h>

#include "aed_front_end.h"
#include "aed_kernels.h"

static void call(int32_t kernel, void *const *b, const int32_t *n, int32_t index)
{
    (void)n;
    switch (kernel) {
${kernels.map(({ call }, i) => `    case ${i}:\n        ${call};\n        break;\n`).join('')}    default:
        exit(3);
    }
}

static int32_t get(void)
{
    int32_t value;

    if (fread(&value, sizeof value, 1, stdin) != 1) {
        exit(0);
    }
    return value;
}

static void *take(size_t bytes)
{
    void *const at = bytes == 0 ? NULL : malloc(bytes);

    if (bytes > 0 && (at == NULL || fread(at, 1, bytes, stdin) != bytes)) {
        exit(2);
    }
    return at;
}

int main(void)
{
    for (;;) {
        const int32_t kernel = get();
        const int32_t out = get(), arrays = get(), numbers = get(), calls = get();
        void *b[16];
        size_t bytes[16];

        for (int32_t i = 0; i < arrays; ++i) {
            bytes[i] = (size_t)get();
            b[i] = take(bytes[i]);
        }
        int32_t *const n = take((size_t)numbers * sizeof *n);
        int32_t *const indices = take((size_t)calls * sizeof *indices);

        for (int32_t k = 0; k < calls; ++k) {
            call(kernel, b, n, indices[k]);
            fwrite(b[out], 1, bytes[out], stdout);
        }
        for (int32_t i = 0; i < arrays; ++i) {
            free(b[i]);
        }
        free(n);
        free(indices);
    }
}
`

/** Compiles kernels with a driver, under the sanitizers, and runs all their cases in one process. @throws what a check throws, the kernel's file before it */
export async function runKernels(kernels: readonly Kernel[], compiler: string): Promise<void> {
  const dir = await mkdtemp(path.join(tmpdir(), 'aed-kernels-'))
  try {
    await writeFile(path.join(dir, 'main.c'), program(kernels))
    const files = Array.from(new Set(kernels.map(({ file }) => path.join(C, file))))
    const flags = [...STRICT_FLAGS, '-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', `-I${C}/include`, `-I${C}/audio`]
    await runTool(compiler, [...flags, 'main.c', ...files, '-lm', '-o', 'kernels'], { cwd: dir })
    const input = Buffer.concat(kernels.flatMap(({ cases }, kernel) => cases.map((one) => encode(kernel, one))))
    const { stdout } = await runTool(path.join(dir, 'kernels'), [], { input })
    let at = 0
    for (const { file, cases } of kernels)
      for (const [number, { arrays, out, indices, check }] of cases.entries())
        for (let k = 0; k < indices.length; k++) {
          const like = arrays[out]!
          const bytes = stdout.slice(at, (at += like.byteLength))
          try {
            check(new (like.constructor as new (buffer: ArrayBuffer) => Data)(bytes.buffer), k)
          } catch (error) {
            throw new Error(`${file}, case ${number}, call ${k} (index ${indices[k]!}): ${(error as Error).message}`, { cause: error })
          }
        }
    if (at !== stdout.length) throw new Error(`the driver wrote ${stdout.length} bytes, expected ${at}`)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

function encode(kernel: number, { arrays, numbers = [], out, indices }: KernelCase): Buffer {
  const bytes = (data: Data) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const word = (...values: readonly number[]) => bytes(Int32Array.from(values))
  return Buffer.concat([word(kernel, out, arrays.length, numbers.length, indices.length), ...arrays.flatMap((data) => [word(data.byteLength), bytes(data)]), word(...numbers), word(...indices)])
}

/** The kernels' files: all of c/src, and of c/audio those of the front end. */
export async function kernelFiles(): Promise<readonly string[]> {
  const list = async (folder: string) => (await readdir(path.join(C, folder))).map((file) => `${folder}/${file}`)
  return [...(await list('src')), ...(await list('audio')).filter((file) => /aed_fe_\w+\.c$/.test(file))].toSorted()
}

/** A field of a C struct: int16 where nothing else is said. */
export type Field = number | { readonly int32: number } | { readonly float32: number }

/** A C struct, padded as compilers do: `struct(1, 2, int32(3))`. */
export function struct(...fields: readonly Field[]): Int8Array {
  const view = new DataView(new ArrayBuffer(256))
  let [at, align] = [0, 2]
  for (const field of fields) {
    if (typeof field === 'number') {
      view.setInt16(at, field, true)
      at += 2
      continue
    }
    align = 4
    at = Math.ceil(at / 4) * 4
    if ('int32' in field) view.setInt32(at, field.int32, true)
    else view.setFloat32(at, field.float32, true)
    at += 4
  }
  return new Int8Array(view.buffer.slice(0, Math.ceil(at / align) * align))
}

export const int32 = (value: number) => ({ int32: value })
export const float32 = (value: number) => ({ float32: value })
