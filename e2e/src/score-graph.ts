import { tensorOf, type Graph, type Progress, type Tensor } from '@aed/core'
import { dequantizeValues, quantizeValues } from '@aed/quantize-int8'
import { isInt8Graph } from '@aed/model-miniresnetv2'
import type { RunContext } from './run-context.ts'

/** Patches that a worker takes at a time. */
const CHUNK = 32

/**
 * Scores of patches by a network, in the pool: the WebAssembly engine for int8 graphs, the float executor for others.
 * @param patches `[n, mels, frames]`
 * @returns row-major `[n, outputs]` of the first output, dequantized
 */
export async function scoreGraph(graph: Graph, patches: Tensor<'float32'>, { pool, signal }: RunContext, report: (progress: Progress) => void = () => undefined): Promise<Float32Array> {
  const input = tensorOf(graph, graph.inputs[0])
  const output = tensorOf(graph, graph.outputs[0])
  const [n, mels, frames] = patches.shape as [number, number, number]
  const size = mels * frames
  const outputs = output.shape.at(-1)!
  const scores = new Float32Array(n * outputs)
  const int8 = isInt8Graph(graph)
  let done = 0
  const runChunk = async (start: number) => {
    const values = patches.data.slice(start * size, (start + CHUNK) * size)
    const shape = [values.length / size, ...input.shape.slice(1)]
    const data = input.dtype === 'int8' ? quantizeValues(values, input.quantization!) : values
    const item = { dtype: input.dtype, shape, data } as Tensor
    const result = int8 ? await pool.stages.runInt8Wasm({ graph, input: item }, {}, { signal }) : await pool.stages.runFloat({ graph, input: item as Tensor<'float32'> }, {}, { signal })
    scores.set(result.dtype === 'int8' ? dequantizeValues(result.data as Int8Array, output.quantization!) : (result.data as Float32Array), start * outputs)
    report({ done: (done += shape[0]!), total: n, what: 'patches' })
  }
  await Promise.all(Array.from({ length: Math.ceil(n / CHUNK) }, (_, i) => runChunk(i * CHUNK)))
  return scores
}
