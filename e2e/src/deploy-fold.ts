import { isAedError } from '@aed/core'
import { buildForHost, measureFootprint, runOnHost, writeProject, type Footprint } from '@aed/stm32-deploy/node'
import type { DeployReport } from '@aed/stm32-deploy'
import type { RunContext } from './patches.ts'
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
export async function deployModel(model: QuantizedModel, scores: Int8Scores, name: string, { pool, signal }: RunContext): Promise<DeployedModel> {
  const count = scores.outputs.length === 0 ? 0 : scores.inputs.length / inputSize(model)
  const classes = count === 0 ? 0 : scores.outputs.length / count
  const selftest = count > 0 ? { input: scores.inputs.slice(0, inputSize(model)), output: scores.outputs.slice(0, classes) } : null
  const { files, report } = await pool.stages.generateC({ graph: model.graph, card: model.card, selftest }, { name }, { signal })
  try {
    const built = await buildForHost(files, { name })
    try {
      const outputs = await runOnHost(built, scores.inputs, count)
      let equal = 0
      for (let i = 0; i < count; i++) {
        let same = true
        for (let j = i * classes; j < (i + 1) * classes; j++) same &&= outputs[j] === scores.outputs[j]
        if (same) equal++
      }
      return { files, report, equal: { patches: equal, of: count }, skipped: null }
    } finally {
      await built.dispose()
    }
  } catch (error) {
    if (!isAedError(error, 'TOOL_NOT_FOUND')) throw error
    return { files, report, equal: null, skipped: error.message }
  }
}

function inputSize({ graph }: QuantizedModel): number {
  return graph.tensors[graph.inputs[0]!]!.shape.reduce((a, b) => a * b, 1)
}

export { measureFootprint, writeProject, type Footprint }
