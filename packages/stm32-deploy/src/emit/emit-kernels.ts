import { GENERATOR_VERSION, KERNEL_SOURCES } from '../kernel-sources.ts'
import type { KernelName } from '../network.ts'
import { GENERATED_BY } from './emit-header.ts'
import { macroName, type Library } from './library.ts'

/** Kernels that others call. */
const NEEDS: Readonly<Partial<Record<KernelName, readonly string[]>>> = {
  conv_s8: ['matmul_s8'],
  conv_1x1_s8: ['matmul_s8'],
  conv_packed_s8: ['matmul_packed_s8'],
}

/**
 * The kernels that a library calls, under its own prefix in place of `aed_`, so that two libraries can be linked together. Their headers
 * lie beside them: they are no part of the interface.
 */
export function emitKernels(library: Library): Readonly<Record<string, string>> {
  const used = new Set(library.network.layers.flatMap(({ kernel }) => [kernel, ...(NEEDS[kernel] ?? [])]))
  const paths = ['include/aed_types.h', 'include/aed_dsp.h', 'include/aed_kernels.h', ...[...used].toSorted().map((kernel) => `src/aed_${kernel}.c`)]
  return Object.fromEntries(paths.map((path) => [renamed(library, path).replace('include/', 'src/'), renamed(library, KERNEL_SOURCES[path]!, true)]))
}

/** Text or a path with the library's prefix; the text of a file under a mark that tells where it comes from. */
export function renamed(library: Library, text: string, mark = false): string {
  const own = text.replace(/\baed(?=_|\.h\b)/g, library.name).replace(/\bAED_/g, `${macroName(library)}_`)
  return mark ? `/* ${GENERATED_BY} ${GENERATOR_VERSION}: a kernel of '${library.name}'. */\n${own}` : own
}
