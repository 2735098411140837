import { AedError, formatShape, sizeOf } from '@aed/core'
import { layerShapes, networkParameters, type KerasLayer, type KerasNetwork } from './keras/network.ts'
import { miniResNetV2Network } from './miniresnetv2-network.ts'

/** What a Keras network is, in the terms of MiniResNetV2 where it is one. */
export interface Architecture {
  /** `other`: a network that is not MiniResNetV2, whose stacks are null. */
  readonly kind: 'miniresnetv2' | 'other'
  readonly stacks: number | null
  readonly pooling: 'none' | 'avg' | 'max'
  /** Outputs of the dense layer at the end; null for a backbone. */
  readonly classes: number | null
  /** True when each class has a probability of its own (sigmoid). */
  readonly multiLabel: boolean
  /** `[height, width, channels]`. */
  readonly inputShape: readonly number[]
  /** Values of the embedding: what the head reads, or the backbone gives. */
  readonly features: number
  /** As Keras counts them. */
  readonly parameters: number
}

const POOLING: Readonly<Partial<Record<KerasLayer['type'], 'avg' | 'max'>>> = { GlobalAveragePooling2D: 'avg', GlobalMaxPooling2D: 'max' }

/** A layer without names: what decides whether two networks compute the same, and which earlier layers it reads. */
function signature(layer: KerasLayer, index: ReadonlyMap<string, number>): string {
  const inputs = layer.inputs.map((name) => index.get(name))
  const fields = Object.entries({ ...layer, name: '', inputs, ...(layer.type === 'BatchNormalization' && { momentum: 0 }) })
  return JSON.stringify(fields.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function signatures({ layers }: KerasNetwork): readonly string[] {
  const index = new Map(layers.map(({ name }, i) => [name, i]))
  return layers.map((layer) => signature(layer, index))
}

/** The dense layer at a network's end, if any, and whether sigmoid follows: an activation may be a layer of its own. */
function headOf({ layers, output }: KerasNetwork) {
  const byName = new Map(layers.map((layer) => [layer.name, layer]))
  let layer = byName.get(output)!
  let multiLabel = false
  if (layer.type === 'Activation') {
    multiLabel = layer.activation === 'sigmoid'
    layer = byName.get(layer.inputs[0]!)!
  }
  return layer.type === 'Dense' ? { layer, multiLabel: multiLabel || layer.activation === 'sigmoid' } : undefined
}

/** Recognises MiniResNetV2 by its layers, whatever they are called, and says of any other network what is common to all. */
export function describeArchitecture(network: KerasNetwork): Architecture {
  const { layers, output } = network
  const shapes = layerShapes(network)
  const head = headOf(network)
  const pooling: Architecture['pooling'] = layers.map(({ type }) => POOLING[type]).find((kind) => kind !== undefined) ?? 'none'
  const inputShape = layers.find((layer) => layer.type === 'InputLayer')!.shape
  const found = {
    pooling,
    classes: head?.layer.units ?? null,
    multiLabel: head?.multiLabel ?? false,
    inputShape,
    features: sizeOf(shapes.get(head?.layer.inputs[0] ?? output)!),
    parameters: networkParameters(network),
  }
  const stacks = layers.filter(({ type }) => type === 'Add').length / 2
  if (![1, 2, 3, 4].includes(stacks) || inputShape.length !== 3) return { kind: 'other', stacks: null, ...found }
  const dropout = layers.find((layer) => layer.type === 'Dropout')?.rate ?? 0
  const conv2Bias = layers.some((layer) => layer.type === 'Conv2D' && layer.kernelSize[0] === 3 && layer.useBias)
  const { classes, multiLabel } = found
  const expected = miniResNetV2Network({ stacks, pooling, classes, multiLabel, dropout, conv2Bias, inputShape })
  const equal = signatures(expected).join() === signatures(network).join()
  return equal ? { kind: 'miniresnetv2', stacks, ...found } : { kind: 'other', stacks: null, ...found }
}

/** What a caller can demand of a network. */
export interface ArchitectureDemand {
  readonly stacks?: number
  readonly inputShape?: readonly number[]
  /** True: no dense layer at the end. */
  readonly backbone?: boolean
}

/**
 * Makes sure that a network is the one that a caller needs.
 * @param where how errors call it: the file's name
 * @throws AedError `MODEL_MISMATCH` that says what was expected and what was found
 */
export function requireArchitecture(found: Architecture, demand: ArchitectureDemand, where: string): void {
  const fail = (expected: string, got: string) => new AedError('MODEL_MISMATCH', `${where}: expected ${expected}, got ${got}`)
  const { stacks, inputShape, backbone } = demand
  if (stacks !== undefined && found.stacks !== stacks)
    throw fail(`MiniResNetV2 of ${stacks} stacks`, found.stacks === null ? 'another network' : `MiniResNetV2 of ${found.stacks} stacks`)
  if (inputShape && formatShape(inputShape) !== formatShape(found.inputShape)) throw fail(`an input of shape ${formatShape(inputShape)}`, formatShape(found.inputShape))
  if (backbone === true && found.classes !== null) throw fail('a backbone', `a model with a head of ${found.classes} classes`)
}
