import { AedError, formatShape, tensorOf, type Graph, type Tensor } from '@aed/core'
import { createFloatExecutor, dequantizeValues, quantizeValues } from '@aed/quantize-int8'
import { createWasmEngine } from '@aed/quantize-int8/engine'

/** What a network makes of float32 patches, whatever its own types are. */
export interface PatchScorer {
  /**
   * @param patches `[n, mels, frames]`
   * @returns the first output of each patch, row-major `[n, outputs]`
   * @throws AedError `MODEL_MISMATCH` for patches of another shape
   */
  readonly run: (patches: Tensor<'float32'>) => Float32Array
}

/** True when the layers of a graph are int8: what the int8 engines and the C generator take. */
export function isInt8Graph(graph: Graph): boolean {
  return graph.nodes.some((node) => (node.op === 'conv2d' || node.op === 'depthwiseConv2d' || node.op === 'dense') && tensorOf(graph, node.outputs[0]).dtype === 'int8')
}

/**
 * Prepares a graph: int8 ones run on WebAssembly SIMD, quantized and dequantized at int8 borders as the operators QUANTIZE and DEQUANTIZE do;
 * float32 ones on the float executor.
 * @throws AedError (rejects) `GRAPH_INVALID`, `MODEL_UNSUPPORTED`, `INVALID_STATE` where WebAssembly is missing
 */
export async function createPatchScorer(graph: Graph): Promise<PatchScorer> {
  const { executor, load } = await prepare(graph)
  const output = tensorOf(graph, graph.outputs[0])
  return {
    run(patches) {
      const { data } = executor.run(load(patches))
      return output.dtype === 'int8' ? dequantizeValues(data as Int8Array, output.quantization!) : (data as Float32Array)
    },
  }
}

/**
 * Prepares a graph whose outputs are the taps of a clip head.
 * @returns all outputs of float32 patches `[n, mels, frames]`, as the graph types them
 * @throws AedError as {@link createPatchScorer}
 */
export async function createTapRun(graph: Graph): Promise<(patches: Tensor<'float32'>) => readonly Tensor[]> {
  const { executor, load } = await prepare(graph)
  return (patches) => executor.runAll(load(patches))
}

/** The executor of a graph, and what makes its input of patches. */
async function prepare(graph: Graph) {
  const executor = (isInt8Graph(graph) ? await createWasmEngine(graph) : createFloatExecutor(graph)) as Executor
  const input = tensorOf(graph, graph.inputs[0])
  const load = (patches: Tensor<'float32'>): Tensor => {
    const shape = [patches.shape[0]!, ...input.shape.slice(1)]
    if (formatShape(shape.slice(1, 3)) !== formatShape(patches.shape.slice(1, 3)) || (shape[3] ?? 1) !== 1)
      throw new AedError('MODEL_MISMATCH', `graph '${graph.name}' takes [n, ${input.shape.slice(1).join(', ')}], the patches are ${formatShape(patches.shape)}`, { hint: 'set --n-mels and --patch-length' })
    return { dtype: input.dtype, shape, data: input.dtype === 'int8' ? quantizeValues(patches.data, input.quantization!) : patches.data }
  }
  return { executor, load }
}

/** What the executors of both kinds have in common. */
interface Executor {
  readonly run: (input: Tensor) => Tensor
  readonly runAll: (input: Tensor) => readonly Tensor[]
}
