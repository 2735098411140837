import { isAedError, sizeOf, tensorOf } from '@aed/core'
import { completeReport, type DeployReport } from '@aed/stm32-deploy'
import { buildForHost, measureFootprint, runOnHost } from '@aed/stm32-deploy/node'
import type { MemoryReport } from './esc10-report.ts'
import type { RunContext } from './run-context.ts'
import type { Int8Scores, QuantizedModel } from './quantize-fold.ts'

/** The C library of a network and how it fared against the engine. */
export interface DeployedModel {
  /** Path → text. */
  readonly files: Readonly<Record<string, string>>
  readonly report: DeployReport
  /** Patches whose output bytes equal the engine's, of how many; null without a compiler. */
  readonly equal: { readonly patches: number; readonly of: number } | null
  /** Why nothing was compiled, where so. */
  readonly skipped: string | null
}

/** Generates the C library, compiles it with the host's compiler and compares its output on every test patch with the engine's. */
export async function deployModel({ graph, card }: QuantizedModel, { inputs, outputs }: Int8Scores, name: string, { pool, signal }: RunContext): Promise<DeployedModel> {
  const inputSize = sizeOf(tensorOf(graph, graph.inputs[0]).shape)
  const outputSize = sizeOf(tensorOf(graph, graph.outputs[0]).shape)
  const count = inputs.length / inputSize
  const selftest = count > 0 ? { input: inputs.slice(0, inputSize), output: outputs.slice(0, outputSize) } : undefined
  const { files, report } = await pool.stages.generateC({ graph, card, selftest }, { name }, { signal })
  try {
    const built = await buildForHost(files, { signal })
    try {
      const found = await runOnHost(built, inputs, count, { signal })
      return { files, report, equal: { patches: countEqual(found, outputs, outputSize), of: count }, skipped: null }
    } finally {
      await built.remove()
    }
  } catch (error) {
    if (!isAedError(error, 'TOOL_NOT_FOUND')) throw error
    return { files, report, equal: null, skipped: error.message }
  }
}

/** Items of `size` values that are equal in both. */
export function countEqual(a: Int8Array, b: Int8Array, size: number): number {
  let equal = 0
  for (let start = 0; start < b.length; start += size) if (b.subarray(start, start + size).every((value, i) => value === a[start + i])) equal++
  return equal
}

/** What the library needs, with code and stack of the compiler that is there: the Arm one for the target, else the host's, else none. */
export async function measureMemory({ files, report }: DeployedModel, signal: AbortSignal | undefined): Promise<MemoryReport> {
  const footprint = await measureWithAnyCompiler(files, signal)
  const { memory, flash } = footprint ? completeReport(report, footprint) : report
  const constants = footprint?.constants ?? flash.weights + flash.tables
  return {
    ram: {
      activations: memory.arena - memory.scratch,
      scratch: memory.scratch,
      input: memory.input,
      output: memory.output,
      stack: memory.stack,
      total: memory.arena + memory.input + memory.output + (memory.stack ?? 0),
    },
    flash: { weights: flash.weights, tables: constants - flash.weights, code: flash.code, total: constants + (flash.code ?? 0) },
    compiler: footprint ? `${footprint.compiler}${footprint.forTarget ? '' : ' (this machine, not the target)'}` : null,
  }
}

async function measureWithAnyCompiler(files: Readonly<Record<string, string>>, signal: AbortSignal | undefined) {
  for (const target of ['stm32u585', 'host'] as const) {
    try {
      return await measureFootprint(files, { target, signal })
    } catch (error) {
      if (!isAedError(error, 'TOOL_NOT_FOUND')) throw error
    }
  }
  return null
}
