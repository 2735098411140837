import { AedError, tensorOf, type Tensor } from '@aed/core'
import { createFloatExecutor, dequantizeValues, quantizeValues } from '@aed/quantize-int8'
import { createReferenceEngine } from '@aed/quantize-int8/engine'
import { isInt8, type ModelFile } from './model-file.ts'

/** Runs a model on tensors of its own types. */
export function runReference({ graph }: ModelFile, input: Tensor): Tensor {
  return isInt8(graph) ? createReferenceEngine(graph).run(input) : createFloatExecutor(graph).run(input as Tensor<'float32'>)
}

/** Scores `[n, classes]` of float patches `[n, mels, frames]`, quantized and dequantized where the model's tensors are int8. */
export function scorePatches(model: ModelFile, patches: Tensor<'float32'>): Float32Array {
  const { graph } = model
  const input = tensorOf(graph, graph.inputs[0])
  const output = tensorOf(graph, graph.outputs[0])
  const shape = [patches.shape[0]!, ...input.shape.slice(1)]
  if (shape[1] !== patches.shape[1] || shape[2] !== patches.shape[2])
    throw new AedError('MODEL_MISMATCH', `${model.path} takes [n, ${input.shape.slice(1).join(', ')}], the feature config makes [n, ${patches.shape.slice(1).join(', ')}]`)
  const data = input.dtype === 'int8' ? quantizeValues(patches.data, input.quantization!) : patches.data
  const result = runReference(model, { dtype: input.dtype, shape, data })
  return output.dtype === 'int8' ? dequantizeValues(result.data as Int8Array, output.quantization!) : (result.data as Float32Array)
}
