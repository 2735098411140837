import { tensorOf, type Graph, type ModelCard, type Tensor } from '@aed/core'
import { dequantizeValues, quantizeValues, readTflite, writeTflite } from '@aed/quantize-int8'
import { bytesCodec, npyCodec } from './cache.ts'
import { take, type PatchSet } from './patches.ts'
import type { RunContext } from './run-context.ts'
import { runAll } from './steps.ts'

/** An int8 network as its file holds it. */
export interface QuantizedModel {
  readonly tflite: Uint8Array<ArrayBuffer>
  /** As read back from the file: what is evaluated is what is shipped. */
  readonly graph: Graph
  readonly card: ModelCard
}

/**
 * Quantizes a float network with int8 input and output, in the pool, and writes it as `.tflite`; kept in the cache.
 * @param key everything that the float network depends on
 */
export async function quantizeModel(graph: Graph, card: ModelCard, key: unknown, set: PatchSet, calibration: Int32Array, { cache, pool, signal }: RunContext): Promise<QuantizedModel> {
  const tflite = await cache.get('int8-2', { key, card, calibration: [...calibration] }, bytesCodec, async () => {
    const quantized = await pool.stages.quantize({ graph, calibration: take(set.patches, calibration) }, {}, { signal })
    return writeTflite({ graph: quantized.graph, card })
  })
  return { tflite, graph: readTflite(tflite, `${card.name}.tflite`).graph, card }
}

/** What the int8 network says of some patches. */
export interface Int8Scores {
  /** As fed: `[n, mels, frames]`. */
  readonly inputs: Int8Array
  /** As computed: `[n, classes]`. */
  readonly outputs: Int8Array
  /** Dequantized. */
  readonly scores: Float32Array
}

const CHUNK = 32

/** Runs the int8 reference engine over patches, in the pool, kept in the cache. */
export async function scoreInt8({ graph }: QuantizedModel, key: unknown, set: PatchSet, patches: Int32Array, { cache, pool, signal }: RunContext): Promise<Int8Scores> {
  const input = tensorOf(graph, graph.inputs[0])
  const output = tensorOf(graph, graph.outputs[0])
  const chosen = take(set.patches, patches)
  const inputs = quantizeValues(chosen.data, input.quantization!)
  const size = inputs.length / Math.max(patches.length, 1)
  const classes = output.shape.at(-1)!
  const { data } = await cache.get('int8-outputs-1', { key, patches: [...patches] }, npyCodec, async (): Promise<Tensor> => {
    const starts = Array.from({ length: Math.ceil(patches.length / CHUNK) }, (_, i) => i * CHUNK)
    const parts = await runAll(
      starts.map((start) => () => {
        const part = inputs.slice(start * size, (start + CHUNK) * size)
        const tensor: Tensor<'int8'> = { dtype: 'int8', shape: [part.length / size, ...input.shape.slice(1)], data: part }
        return pool.stages.runInt8({ graph, input: tensor }, {}, { signal })
      }),
      'patches',
      () => undefined,
      pool.size,
    )
    const all = new Int8Array(patches.length * classes)
    parts.forEach((part, i) => all.set(part.data as Int8Array, starts[i]! * classes))
    return { dtype: 'int8', shape: [patches.length, classes], data: all }
  })
  const outputs = data as Int8Array
  return { inputs, outputs, scores: dequantizeValues(outputs, output.quantization!) }
}
