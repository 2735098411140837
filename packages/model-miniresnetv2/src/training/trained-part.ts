import { AedError } from '@aed/core'
import type { KerasLayer, KerasNetwork } from '../keras/network.ts'
import type { WeightLayout, WeightPlace } from './weight-layout.ts'

/** A classifier as training sees it: the network up to the logits. */
export interface LogitNetwork {
  readonly network: KerasNetwork
  /** Name of the dense layer at the end. */
  readonly head: string
  readonly classes: number
  /** True where sigmoid follows the logits. */
  readonly multiLabel: boolean
}

/**
 * A classifier without its last activation, which the loss includes.
 * @throws AedError `MODEL_MISMATCH` for a network that does not end in a dense layer with softmax or sigmoid
 */
export function logitNetwork(network: KerasNetwork): LogitNetwork {
  const last = network.layers.find(({ name }) => name === network.output)!
  const before = network.layers.find(({ name }) => name === last.inputs[0])
  const head = last.type === 'Activation' ? before : last
  const activation = last.type === 'Activation' || last.type === 'Dense' ? last.activation : 'linear'
  if (head?.type !== 'Dense' || (activation !== 'softmax' && activation !== 'sigmoid'))
    throw new AedError('MODEL_MISMATCH', `${network.name}: expected a classifier that ends in a dense layer with softmax or sigmoid, got ${last.type} '${last.name}' at its end`, { hint: 'give the backbone a head: withHead' })
  const layers = network.layers.filter((layer) => layer === head || layer !== last).map((layer): KerasLayer => (layer === head ? { ...head, activation: 'linear' } : layer))
  return { network: { ...network, layers, output: head.name }, head: head.name, classes: head.units, multiLabel: activation === 'sigmoid' }
}

/** Names of the layers that some outputs depend on, themselves included. */
export function layersBehind({ layers }: KerasNetwork, outputs: readonly string[]): ReadonlySet<string> {
  const behind = new Set(outputs)
  for (const { name, inputs } of layers.toReversed()) if (behind.has(name)) for (const input of inputs) behind.add(input)
  return behind
}

/** What moves in a phase of training. */
export interface TrainedPart {
  /** Weights that gradients move. */
  readonly places: readonly WeightPlace[]
  /** Batch normalizations that use the statistics of the batch and learn from them. */
  readonly batchNorms: ReadonlySet<string>
}

/**
 * The layers from one on, in the network's order, as far as the loss depends on them.
 * @param outputs layers that the loss is made of
 * @param from `all`, `head`, or the first layer that is trained
 * @param head the head's name, where there is one
 * @throws AedError `INVALID_OPTION` for a layer that is not there, or nothing to train from it on
 */
export function trainedPart(network: KerasNetwork, { places }: WeightLayout, outputs: readonly string[], from: string, head: string | null, batchNorm: 'train' | 'freeze'): TrainedPart {
  const { name, layers } = network
  const behind = layersBehind(network, outputs)
  const first = from === 'all' ? 0 : layers.findIndex((layer) => layer.name === (from === 'head' ? head : from))
  const trained = new Map(first < 0 ? [] : layers.slice(first).filter((layer) => behind.has(layer.name)).map((layer) => [layer.name, layer]))
  const moved = places.filter(({ layer, isStatistic }) => !isStatistic && trained.has(layer))
  if (moved.length === 0)
    throw new AedError('INVALID_OPTION', `trainModel: trainFrom takes all, head, or a layer of ${name} with weights at or after it, got '${from}'`, {
      hint: `layers are ${[...new Set(places.map(({ layer }) => layer))].join(', ')}`,
    })
  const normalizing = batchNorm === 'freeze' ? [] : [...trained.values()].filter(({ type }) => type === 'BatchNormalization')
  return { places: moved, batchNorms: new Set(normalizing.map((layer) => layer.name)) }
}
