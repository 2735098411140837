import * as tf from '@tensorflow/tfjs'
import { AedError, sizeOf, tensorOf, type Graph, type Tensor } from '@aed/core'
import { kerasOfGraph } from '../keras/from-graph.ts'
import { tapGraph } from '../tap-graph.ts'
import { useBackend, type Backend } from './backend.ts'
import { buildLayersModel } from './layers-model.ts'

/** A float network ready to give some of its tensors. */
export interface TapRunner {
  /**
   * @param patches `[n, mels, frames]`
   * @returns the taps in their order, `[n, ...]`
   */
  readonly run: (patches: Tensor<'float32'>) => Promise<readonly Tensor<'float32'>[]>
  readonly dispose: () => void
}

/**
 * Runs a float graph up to some of its tensors by tfjs.
 * @param tensors outputs of layers
 * @throws AedError `MODEL_MISMATCH` for tensors that no layer makes, `MODEL_UNSUPPORTED` for nodes that no layer stands for
 */
export async function createTapRunner(graph: Graph, tensors: readonly string[], { backend = 'wasm', batchSize = 16 }: { readonly backend?: Backend; readonly batchSize?: number } = {}): Promise<TapRunner> {
  const taps = tapGraph(graph, tensors)
  await useBackend(backend)
  const built = buildLayersModel(kerasOfGraph({ ...taps, outputs: [taps.nodes.at(-1)!.outputs[0]!] }))
  const layers = new Map(built.layers.map((layer) => [layer.name, layer]))
  const outputs = tensors.map((name) => {
    const layer = layers.get(name)
    if (!layer) throw new AedError('MODEL_MISMATCH', `graph '${graph.name}': tensor '${name}' is not the output of a layer`, { hint: 'tap what an activation, a convolution or an addition makes' })
    return layer.output as tf.SymbolicTensor
  })
  const model = tf.model({ inputs: built.inputs, outputs })
  const item = tensorOf(taps, taps.inputs[0]).shape.slice(1)
  const size = sizeOf(item)
  const shapes = tensors.map((name) => tensorOf(taps, name).shape.slice(1))
  return {
    async run({ data, shape: [n = 0] }) {
      const results = shapes.map((shape): Tensor<'float32'> => ({ dtype: 'float32', shape: [n, ...shape], data: new Float32Array(n * sizeOf(shape)) }))
      for (let start = 0; start < n; start += batchSize) {
        const count = Math.min(batchSize, n - start)
        const made = tf.tidy(() => [model.predict(tf.tensor(data.slice(start * size, (start + count) * size), [count, ...item], 'float32'), { batchSize: count })].flat())
        try {
          for (const [i, y] of made.entries()) results[i]!.data.set(await y.data<'float32'>(), start * sizeOf(shapes[i]!))
        } finally {
          tf.dispose(made)
        }
      }
      return results
    },
    dispose: () => built.dispose(),
  }
}
