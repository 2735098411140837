import { AedError, formatShape, type Graph } from '@aed/core'
import { describeArchitecture, type Architecture } from '../architecture.ts'
import { kerasGraph } from './graph.ts'
import { weightSpecs, type KerasNetwork, type KerasWeights } from './network.ts'

/** A Keras model: its layers, its weights, and the same as a float graph. Plain data. */
export interface KerasModel {
  readonly network: KerasNetwork
  readonly weights: KerasWeights
  /** The network for inference, in core's operations. */
  readonly graph: Graph
  readonly architecture: Architecture
}

/**
 * Puts network and weights together.
 * @param where how errors call the model
 * @throws AedError `MODEL_MISMATCH` for a weight of another shape than its layer needs (layer, expected, got), `MODEL_INVALID` for one that is
 * missing, not finite, or a variance below zero
 */
export function kerasModel(network: KerasNetwork, weights: KerasWeights, where: string): KerasModel {
  checkWeights(network, weights, where)
  return { network, weights, graph: kerasGraph(network, weights), architecture: describeArchitecture(network) }
}

function checkWeights(network: KerasNetwork, weights: KerasWeights, where: string): void {
  for (const { key, layer, name, shape } of weightSpecs(network)) {
    const found = Object.hasOwn(weights, key) ? weights[key] : undefined
    if (!found) throw new AedError('MODEL_INVALID', `${where}: layer '${layer}' has no weight '${name}'`)
    requireShape(`${where}: layer '${layer}', ${name}`, shape, found.shape)
    if (!found.data.every((value) => Number.isFinite(value) && (name !== 'moving_variance' || value >= 0)))
      throw new AedError('MODEL_INVALID', `${where}: layer '${layer}', ${name}: holds a value that is ${name === 'moving_variance' ? 'negative or ' : ''}not finite`)
  }
}

/** @throws AedError `MODEL_MISMATCH` that says where, expected and got */
export function requireShape(where: string, expected: readonly number[], got: readonly number[]): void {
  if (formatShape(expected) !== formatShape(got))
    throw new AedError('MODEL_MISMATCH', `${where}: expected shape ${formatShape(expected)}, got ${formatShape(got)}`, {
      hint: 'the weights belong to another architecture',
    })
}
