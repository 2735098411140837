import { AedError } from '@aed/core'
import type { KerasLayer, KerasLayerOf, KerasNetwork } from '../keras/network.ts'

type Pads = KerasLayerOf<'ZeroPadding2D'>['padding']
const NO_PADS: Pads = [[0, 0], [0, 0]] // prettier-ignore

/** A layer as it is run: activations are layers of their own, but for a ReLU right after a batch normalization; padding goes into what takes it. */
export interface PlannedLayer {
  /** Whose weights it uses. */
  readonly layer: Exclude<KerasLayer, { type: 'InputLayer' }>
  /** Names of what it takes and gives. */
  readonly inputs: readonly string[]
  readonly output: string
  readonly pads: Pads
  readonly relu: boolean
}

export interface Plan {
  readonly input: KerasLayerOf<'InputLayer'>
  readonly layers: readonly PlannedLayer[]
  /** What the loss is taken of: the taps, or the head's values before its activation. */
  readonly outputs: readonly string[]
  /** The head's; null with taps. */
  readonly activation: 'softmax' | 'sigmoid' | null
}

/** Layers with their activations split off: `name` is then that of the activation's output, and `name/linear` what it takes. */
function split(layers: readonly KerasLayer[]): KerasLayer[] {
  return layers.flatMap((layer): KerasLayer[] => {
    if ((layer.type !== 'Conv2D' && layer.type !== 'Dense') || layer.activation === 'linear') return [layer]
    const { name, activation } = layer
    return [{ ...layer, activation: 'linear' }, { type: 'Activation', name: `${name}/${activation}`, inputs: [name], activation }]
  })
}

/**
 * The order in which a network is trained.
 * @param taps layers whose outputs the loss is taken of; none: the network's output
 * @throws AedError `MODEL_MISMATCH` for a network without head, or without a tap; `MODEL_UNSUPPORTED` for an activation inside that is no ReLU
 */
export function planLayers(network: KerasNetwork, taps: readonly string[]): Plan {
  const fail = (what: string) => new AedError('MODEL_MISMATCH', `${network.name}: ${what}`)
  // Where an activation was split off, what others take is the activation's output.
  const renamed = new Map(network.layers.flatMap((layer) => ((layer.type === 'Conv2D' || layer.type === 'Dense') && layer.activation !== 'linear' ? [[layer.name, `${layer.name}/${layer.activation}`]] : [])))
  const nameOf = (name: string) => renamed.get(name) ?? name
  const all = split(network.layers).map((layer) => (layer.type === 'Activation' && layer.name.startsWith(`${layer.inputs[0]}/`) ? layer : { ...layer, inputs: layer.inputs.map(nameOf) }))
  const byName = new Map(all.map((layer) => [layer.name, layer]))
  for (const tap of taps) if (!byName.has(tap)) throw fail(`has no layer '${tap}'`)

  let outputs = taps.map(nameOf)
  let activation: Plan['activation'] = null
  if (taps.length === 0) {
    const last = byName.get(nameOf(network.output))!
    if (last.type !== 'Activation' || (last.activation !== 'softmax' && last.activation !== 'sigmoid'))
      throw new AedError('MODEL_MISMATCH', `${network.name}: expected a head with softmax or sigmoid, got ${last.type} '${last.name}'`, { hint: 'a backbone needs a dense head (classes) to be trained' })
    activation = last.activation
    outputs = [last.inputs[0]!]
  }
  const needed = new Set(outputs)
  for (const layer of all.toReversed()) if (needed.has(layer.name)) for (const input of layer.inputs) needed.add(input)
  const used = all.filter(({ name }) => needed.has(name))
  const input = used.find((layer) => layer.type === 'InputLayer')
  if (!input) throw fail('has no input')

  const uses = new Map<string, number>(outputs.map((name) => [name, 1]))
  for (const layer of used) for (const name of layer.inputs) uses.set(name, (uses.get(name) ?? 0) + 1)
  const planned: PlannedLayer[] = []
  const at = (name: string) => planned.findIndex(({ output }) => output === name)
  for (const layer of used) {
    if (layer.type === 'InputLayer') continue
    const before = uses.get(layer.inputs[0]!) === 1 ? planned[at(layer.inputs[0]!)] : undefined
    const isRelu = layer.type === 'ReLU' || (layer.type === 'Activation' && layer.activation === 'relu')
    if (layer.type === 'Activation' && layer.activation !== 'relu' && layer.activation !== 'linear')
      throw new AedError('MODEL_UNSUPPORTED', `${network.name}: ${layer.activation} '${layer.name}' inside the network: only its head may have one`)
    if (isRelu && before?.layer.type === 'BatchNormalization') planned[at(layer.inputs[0]!)] = { ...before, output: layer.name, relu: true }
    else if ((layer.type === 'Conv2D' || layer.type === 'MaxPooling2D') && layer.padding === 'valid' && before?.layer.type === 'ZeroPadding2D') {
      planned.splice(at(layer.inputs[0]!), 1)
      planned.push({ layer, inputs: before.inputs, output: layer.name, pads: before.layer.padding, relu: false })
    } else planned.push({ layer, inputs: layer.inputs, output: layer.name, pads: NO_PADS, relu: false })
  }
  return { input, layers: planned, outputs, activation }
}
