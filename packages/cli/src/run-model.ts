import { AedError, tensorOf, type Tensor } from '@aed/core'
import { createFloatExecutor, dequantizeValues, quantizeValues } from '@aed/quantize-int8'
import { createReferenceEngine, createWasmEngine } from '@aed/quantize-int8/engine'
import { isInt8, type ModelFile } from './model-file.ts'

/** What can run a model; for the first of a model's list it is the default. */
export type EngineName = 'tfjs' | 'wasm' | 'reference'

/** The engines that can run a model, its default first. */
export function enginesOf({ keras, graph }: ModelFile): readonly EngineName[] {
  if (keras) return ['tfjs', 'reference']
  return isInt8(graph) ? ['wasm', 'reference'] : ['reference']
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
      return (await createWasmEngine(model.graph)).run(input)
    case 'reference':
      return isInt8(model.graph) ? createReferenceEngine(model.graph).run(input) : createFloatExecutor(model.graph).run(input as Tensor<'float32'>)
    case undefined:
      throw new AedError('INVALID_OPTION', `${model.path}: --engine takes ${engines.join(' or ')} for this model, got '${engine}'`)
  }
}

/** Scores `[n, classes]` of float patches `[n, mels, frames]`, quantized and dequantized where the model's tensors are int8. */
export async function scorePatches(model: ModelFile, patches: Tensor<'float32'>): Promise<Float32Array> {
  const { graph } = model
  const input = tensorOf(graph, graph.inputs[0])
  const output = tensorOf(graph, graph.outputs[0])
  const shape = [patches.shape[0]!, ...input.shape.slice(1)]
  if (shape[1] !== patches.shape[1] || shape[2] !== patches.shape[2])
    throw new AedError('MODEL_MISMATCH', `${model.path} takes [n, ${input.shape.slice(1).join(', ')}], the feature config makes [n, ${patches.shape.slice(1).join(', ')}]`)
  const data = input.dtype === 'int8' ? quantizeValues(patches.data, input.quantization!) : patches.data
  const result = await runModel(model, { dtype: input.dtype, shape, data }, isInt8(graph) ? 'wasm' : 'reference')
  return output.dtype === 'int8' ? dequantizeValues(result.data as Int8Array, output.quantization!) : (result.data as Float32Array)
}
