import { AedError, sizeOf } from '@aed/core'
import { requireShape } from '../keras/model.ts'
import { weightSpecs, type KerasNetwork, type KerasWeights, type WeightSpec } from '../keras/network.ts'

/** One weight within the flat array of all. */
export interface WeightPlace extends WeightSpec {
  /** First value. */
  readonly offset: number
  /** Values. */
  readonly size: number
  /** Moving mean or variance of a batch normalization: set from batches, not trained. */
  readonly isStatistic: boolean
}

/**
 * Where each weight of a network lies in one flat array, in Keras's order: what optimizer, moving averages, gradients and checkpoints work on,
 * without any backend.
 */
export interface WeightLayout {
  readonly places: readonly WeightPlace[]
  /** Values in all. */
  readonly size: number
}

export function weightLayout(network: KerasNetwork): WeightLayout {
  let size = 0
  const places = weightSpecs(network).map((spec): WeightPlace => {
    const place = { ...spec, offset: size, size: sizeOf(spec.shape), isStatistic: spec.name.startsWith('moving_') }
    size += place.size
    return place
  })
  return { places, size }
}

/** @throws AedError `MODEL_MISMATCH` for a weight that is missing or of another shape */
export function flattenWeights({ places, size }: WeightLayout, weights: KerasWeights, where: string): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(size)
  for (const { key, layer, name, shape, offset } of places) {
    const found = Object.hasOwn(weights, key) ? weights[key] : undefined
    if (!found) throw new AedError('MODEL_MISMATCH', `${where}: layer '${layer}' has no weight '${name}'`)
    requireShape(`${where}: layer '${layer}', ${name}`, shape, found.shape)
    flat.set(found.data, offset)
  }
  return flat
}

/** Weights by name, copied out of the flat array. */
export function namedWeights({ places }: WeightLayout, flat: Float32Array): KerasWeights {
  return Object.fromEntries(places.map(({ key, shape, offset, size }) => [key, { dtype: 'float32', shape, data: flat.slice(offset, offset + size) }]))
}
