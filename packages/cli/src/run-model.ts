import { AedError, type Tensor } from '@aed/core'
import { isInt8Graph } from '@aed/model-miniresnetv2'
import { createFloatExecutor } from '@aed/quantize-int8'
import { createReferenceEngine, createWasmEngine } from '@aed/quantize-int8/engine'
import type { ModelFile } from './model-file.ts'

/** What can run a model; for the first of a model's list it is the default. */
export type EngineName = 'tfjs' | 'wasm' | 'reference'

/** The engines that can run a model, its default first. */
export function enginesOf({ keras }: ModelFile): readonly EngineName[] {
  if (keras) return ['tfjs', 'reference']
  return ['wasm', 'reference']
}

/**
 * Runs a model on tensors of its own types.
 * @throws AedError `INVALID_OPTION` for an engine that cannot run it
 */
export async function runModel(model: ModelFile, input: Tensor, engine: string, signal?: AbortSignal): Promise<Tensor> {
  const engines = enginesOf(model)
  switch (engines.find((name) => name === engine)) {
    case 'tfjs': {
      const { predict } = await import('@aed/model-miniresnetv2/train')
      return predict(model.keras!, input as Tensor<'float32'>, { signal })
    }
    case 'wasm':
      return isInt8Graph(model.graph) ? (await createWasmEngine(model.graph)).run(input) : createFloatExecutor(model.graph).run(input as Tensor<'float32'>)
    case 'reference':
      return isInt8Graph(model.graph) ? createReferenceEngine(model.graph).run(input) : createFloatExecutor(model.graph, 'typescript').run(input as Tensor<'float32'>)
    case undefined:
      throw new AedError('INVALID_OPTION', `${model.path}: --engine takes ${engines.join(' or ')} for this model, got '${engine}'`)
  }
}
