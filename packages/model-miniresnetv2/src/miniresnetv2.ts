import { AedError, createRandom, sizeOf, type Graph, type Tensor } from '@aed/core'
import { kerasModel, type KerasModel } from './keras/model.ts'
import { weightSpecs, type KerasNetwork, type KerasWeights, type WeightSpec } from './keras/network.ts'
import { miniResNetV2Network, type MiniResNetV2Input } from './miniresnetv2-network.ts'

/** Keras's initial value of a weight: Glorot's uniform distribution for kernels, ones for gamma and variance, zeros otherwise. */
function initialValue({ key, name, shape }: WeightSpec, seed: number | string): Tensor<'float32'> {
  const data = new Float32Array(sizeOf(shape))
  if (name === 'gamma' || name === 'moving_variance') data.fill(1)
  if (name === 'kernel') {
    const area = sizeOf(shape.slice(0, -2))
    const limit = Math.sqrt(6 / (area * (shape.at(-2)! + shape.at(-1)!)))
    const random = createRandom(seed).fork(key)
    for (let i = 0; i < data.length; i++) data[i] = random.between(-limit, limit)
  }
  return { dtype: 'float32', shape, data }
}

/** Keras's initial values for all weights of a network; each layer's depend on seed and name alone. */
export function initialWeights(network: KerasNetwork, seed: number | string): KerasWeights {
  return Object.fromEntries(weightSpecs(network).map((spec) => [spec.key, initialValue(spec, seed)]))
}

/**
 * MiniResNetV2 with seeded initial values, as Keras initialises it.
 * @throws AedError `INVALID_OPTION`, also for an input too small for the stacks
 */
export function createMiniResNetV2(input: MiniResNetV2Input = {}): KerasModel {
  const network = miniResNetV2Network(input)
  try {
    return kerasModel(network, initialWeights(network, input.seed ?? 0), network.name)
  } catch (cause) {
    throw new AedError('INVALID_OPTION', `miniResNetV2: inputShape [${(input.inputShape ?? []).join(', ')}] is too small for ${input.stacks ?? 1} stacks`, { cause })
  }
}

/**
 * {@link createMiniResNetV2} as a float graph alone.
 * @example miniResNetV2Graph({ stacks: 1, pooling: 'none', classes: 10, inputShape: [64, 50, 1], seed: 1 }).outputs // ['head/softmax']
 */
export function miniResNetV2Graph(input: MiniResNetV2Input = {}): Graph {
  return createMiniResNetV2(input).graph
}
