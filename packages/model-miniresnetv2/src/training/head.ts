import { AedError, option, parseOptions, type OptionsInput } from '@aed/core'
import * as v from 'valibot'
import { kerasModel, type KerasModel } from '../keras/model.ts'
import { layerShapes, type KerasLayer, type KerasNetwork } from '../keras/network.ts'
import { initialWeights } from '../miniresnetv2.ts'

/** Options of {@link withHead}. */
export const headOptionsSchema = v.strictObject({
  classes: option.integer(2, 'outputs', { min: 1, max: 65536 }),
  multiLabel: option.boolean(false, 'one probability a class (sigmoid) instead of one distribution (softmax)'),
  dropout: option.number(0, 'part of the embedding that training drops before the head', { min: 0, max: 0.99 }),
  seed: v.optional(v.pipe(v.union([v.number(), v.string()]), v.metadata({ description: 'seed of the initial values' })), 0),
})

/**
 * A backbone with a new dense head `head`, to be trained.
 * @throws AedError `MODEL_MISMATCH` for a network that has a layer `head` or `dropout`, or does not end flat
 */
export function withHead(backbone: Pick<KerasModel, 'network' | 'weights'>, options: OptionsInput<typeof headOptionsSchema>): KerasModel {
  const { classes, multiLabel, dropout, seed } = parseOptions(headOptionsSchema, options, 'withHead')
  const { network } = backbone
  const shape = layerShapes(network).get(network.output)!
  if (shape.length !== 1) throw new AedError('MODEL_MISMATCH', `${network.name}: a head takes a flat embedding, got [${shape.join(', ')}]`)
  const added: KerasLayer[] = [
    ...(dropout > 0 ? [{ type: 'Dropout', name: 'dropout', inputs: [network.output], rate: dropout } as const] : []),
    { type: 'Dense', name: 'head', inputs: [dropout > 0 ? 'dropout' : network.output], units: classes, useBias: true, activation: multiLabel ? 'sigmoid' : 'softmax' },
  ]
  const taken = network.layers.find(({ name }) => name === 'head' || name === 'dropout')
  if (taken) throw new AedError('MODEL_MISMATCH', `${network.name}: expected a backbone, but it has a layer '${taken.name}'`)
  const whole: KerasNetwork = { ...network, layers: [...network.layers, ...added], output: 'head' }
  const fresh = Object.fromEntries(Object.entries(initialWeights(whole, seed)).filter(([key]) => key.startsWith('head/')))
  return kerasModel(whole, { ...backbone.weights, ...fresh }, network.name)
}
