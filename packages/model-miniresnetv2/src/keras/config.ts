import { AedError, errorIn, type Padding } from '@aed/core'
import { layerShapes, type KerasActivation, type KerasLayer, type KerasNetwork } from './network.ts'

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads the fields of one layer's config; every error names file, layer and field. */
class LayerConfig {
  readonly type: string
  readonly name: string
  private readonly config: Json
  private readonly file: string

  constructor(file: string, type: string, name: string, config: Json) {
    this.file = file
    this.type = type
    this.name = name
    this.config = config
  }

  invalid(what: string): AedError {
    return new AedError('MODEL_INVALID', `${this.file}: ${this.type} '${this.name}': ${what}`)
  }

  unsupported(what: string): AedError {
    return new AedError('MODEL_UNSUPPORTED', `${this.file}: ${this.type} '${this.name}': ${what} is not supported`)
  }

  get(field: string): unknown {
    return Object.hasOwn(this.config, field) ? this.config[field] : undefined
  }

  /** Refuses a field that has another value than one of those which change nothing. */
  only(field: string, ...harmless: readonly unknown[]): void {
    const value = this.get(field)
    if (value !== undefined && value !== null && !harmless.includes(value)) throw this.unsupported(`${field} ${JSON.stringify(value)}`)
  }

  number(field: string, fallback?: number): number {
    const value = this.get(field) ?? fallback
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.invalid(`${field} takes a number, got ${JSON.stringify(value)}`)
    return value
  }

  count(field: string): number {
    const value = this.number(field)
    if (!Number.isInteger(value) || value < 1 || value > 65536) throw this.invalid(`${field} takes a whole number from 1 to 65536, got ${value}`)
    return value
  }

  boolean(field: string, fallback: boolean): boolean {
    const value = this.get(field) ?? fallback
    if (typeof value !== 'boolean') throw this.invalid(`${field} takes true or false, got ${JSON.stringify(value)}`)
    return value
  }

  private isCount(value: unknown, min: number): value is number {
    return Number.isInteger(value) && (value as number) >= min && (value as number) <= 65536
  }

  /** `[height, width]`. */
  pair(field: string, fallback?: readonly [number, number]): readonly [number, number] {
    const value = this.get(field) ?? fallback
    const both = typeof value === 'number' ? [value, value] : value
    if (!Array.isArray(both) || both.length !== 2 || !both.every((item) => this.isCount(item, 1)))
      throw this.invalid(`${field} takes two whole numbers of 1 or more, got ${JSON.stringify(value)}`)
    return [both[0] as number, both[1] as number]
  }

  /** `[[top, bottom], [left, right]]`. */
  border(): readonly [readonly [number, number], readonly [number, number]] {
    const value = this.get('padding')
    const axes: unknown = typeof value === 'number' ? [value, value] : value
    const pairs = Array.isArray(axes) ? axes.map((axis: unknown) => (typeof axis === 'number' ? [axis, axis] : axis)) : []
    if (pairs.length !== 2 || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every((item) => this.isCount(item, 0))))
      throw this.invalid(`padding takes [[top, bottom], [left, right]], got ${JSON.stringify(value)}`)
    return pairs as unknown as readonly [readonly [number, number], readonly [number, number]]
  }

  padding(): Padding {
    const value = this.get('padding')
    if (value !== 'same' && value !== 'valid') throw this.unsupported(`padding ${JSON.stringify(value)}`)
    return value
  }

  activation(): KerasActivation {
    const value = this.get('activation') ?? 'linear'
    if (value !== 'linear' && value !== 'relu' && value !== 'softmax' && value !== 'sigmoid') throw this.unsupported(`activation ${JSON.stringify(value)}`)
    return value
  }
}

/** What each supported layer reads from its config: the list of what this package imports. */
const READERS: Readonly<Record<KerasLayer['type'], (config: LayerConfig, base: { name: string; inputs: readonly string[] }) => KerasLayer>> = {
  InputLayer(config, base) {
    const shape = config.get('batch_input_shape') ?? config.get('batch_shape')
    if (!Array.isArray(shape) || shape.length < 2 || !shape.slice(1).every((length) => Number.isInteger(length) && length > 0 && length <= 65536))
      throw config.unsupported(`shape ${JSON.stringify(shape)}`)
    return { ...base, type: 'InputLayer', shape: shape.slice(1) as number[] }
  },
  ZeroPadding2D: (config, base) => ({ ...base, type: 'ZeroPadding2D', padding: config.border() }),
  Conv2D(config, base) {
    config.only('groups', 1)
    return {
      ...base,
      type: 'Conv2D',
      filters: config.count('filters'),
      kernelSize: config.pair('kernel_size'),
      strides: config.pair('strides', [1, 1]),
      padding: config.padding(),
      dilations: config.pair('dilation_rate', [1, 1]),
      useBias: config.boolean('use_bias', true),
      activation: config.activation(),
    }
  },
  MaxPooling2D: (config, base) => pooling('MaxPooling2D', config, base),
  AveragePooling2D: (config, base) => pooling('AveragePooling2D', config, base),
  GlobalAveragePooling2D: (config, base) => ({ ...base, type: 'GlobalAveragePooling2D', keepDims: config.boolean('keepdims', false) }),
  GlobalMaxPooling2D: (config, base) => ({ ...base, type: 'GlobalMaxPooling2D', keepDims: config.boolean('keepdims', false) }),
  BatchNormalization(config, base) {
    return {
      ...base,
      type: 'BatchNormalization',
      epsilon: config.number('epsilon', 1e-3),
      momentum: config.number('momentum', 0.99),
      center: config.boolean('center', true),
      scale: config.boolean('scale', true),
    }
  },
  Activation: (config, base) => ({ ...base, type: 'Activation', activation: config.activation() }),
  ReLU(config, base) {
    config.only('max_value')
    config.only('negative_slope', 0)
    config.only('threshold', 0)
    return { ...base, type: 'ReLU' }
  },
  Add: (_config, base) => ({ ...base, type: 'Add' }),
  Flatten: (_config, base) => ({ ...base, type: 'Flatten' }),
  Dense(config, base) {
    return { ...base, type: 'Dense', units: config.count('units'), useBias: config.boolean('use_bias', true), activation: config.activation() }
  },
  Dropout: (config, base) => ({ ...base, type: 'Dropout', rate: config.number('rate') }),
}

function pooling(type: 'MaxPooling2D' | 'AveragePooling2D', config: LayerConfig, base: { name: string; inputs: readonly string[] }): KerasLayer {
  const poolSize = config.pair('pool_size', [2, 2])
  return { ...base, type, poolSize, strides: config.pair('strides', poolSize), padding: config.padding() }
}

/** Layer names in a Keras 2 `[["name", 0, 0, {}], …]` or Keras 3 `keras_history` call. */
function inboundNames(node: unknown): readonly string[] | undefined {
  const items: readonly unknown[] = Array.isArray(node) ? node : isObject(node) && Array.isArray(node['args']) ? node['args'].flat() : [undefined]
  const names = items.map((item) => {
    if (Array.isArray(item)) return item[1] === 0 && item[2] === 0 && (item[3] === undefined || (isObject(item[3]) && Object.keys(item[3]).length === 0)) ? (item[0] as unknown) : undefined
    const history = isObject(item) && isObject(item['config']) ? item['config']['keras_history'] : undefined
    return Array.isArray(history) && history[1] === 0 && history[2] === 0 ? (history[0] as unknown) : undefined
  })
  return names.every((name) => typeof name === 'string') ? names : undefined
}

/** The one `["name", 0, 0]` among a model's inputs or outputs. */
function single(value: unknown): string | undefined {
  const flat: readonly unknown[] = Array.isArray(value) && value.length === 1 && Array.isArray(value[0]) ? value[0] : Array.isArray(value) ? value : []
  return flat.length === 3 && typeof flat[0] === 'string' && flat[1] === 0 && flat[2] === 0 ? flat[0] : undefined
}

// Keras's own rule for names; it also keeps `__proto__` out of objects whose keys are names.
const LAYER_NAME = /^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$/

/**
 * Reads a Keras model configuration: `model_config` of an `.h5`, `modelTopology` of a tfjs `model.json`. Nothing in it is executed: a
 * layer that is not known, and so any that carries code, is refused by name.
 * @param file how errors call the file
 * @throws AedError `MODEL_INVALID` for what is no such configuration, `MODEL_UNSUPPORTED` for layers or options that are not supported
 */
export function parseKerasConfig(json: unknown, file: string): KerasNetwork {
  const invalid = (what: string) => new AedError('MODEL_INVALID', `${file}: ${what}`)
  const outer = isObject(json) && isObject(json['model_config']) ? json['model_config'] : json
  if (!isObject(outer) || typeof outer['class_name'] !== 'string' || !isObject(outer['config'])) throw invalid('holds no Keras model configuration')
  const { class_name: kind, config } = outer
  if (kind !== 'Functional' && kind !== 'Model')
    throw new AedError('MODEL_UNSUPPORTED', `${file}: a model of class '${kind}' is not supported`, { hint: 'save it as a functional model: keras.Model(model.inputs, model.outputs)' })
  if (!Array.isArray(config['layers']) || config['layers'].length === 0) throw invalid('the model has no layers')

  const names = new Set<string>()
  const normalized: LayerConfig[] = []
  const layers = config['layers'].map((item: unknown): KerasLayer => {
    const inner = isObject(item) ? item['config'] : undefined
    if (!isObject(item) || typeof item['class_name'] !== 'string' || !isObject(inner)) throw invalid('a layer has no class or no configuration')
    const type = item['class_name']
    const name = item['name'] ?? inner['name']
    if (typeof name !== 'string' || !LAYER_NAME.test(name)) throw invalid(`a ${type} layer has the name ${JSON.stringify(name)}`)
    const read = Object.hasOwn(READERS, type) ? READERS[type as KerasLayer['type']] : undefined
    if (!read)
      throw new AedError('MODEL_UNSUPPORTED', `${file}: layer '${name}' is of class '${type}', which is not supported`, { hint: `supported are ${Object.keys(READERS).join(', ')}` })
    if (names.has(name)) throw invalid(`two layers are called '${name}'`)
    names.add(name)
    const reader = new LayerConfig(file, type, name, inner)
    reader.only('data_format', 'channels_last')
    if (type === 'BatchNormalization') normalized.push(reader)
    const nodes = item['inbound_nodes']
    if (!Array.isArray(nodes) || nodes.length > 1) throw reader.unsupported(`being called ${Array.isArray(nodes) ? nodes.length : 'an unknown number of'} times`)
    const inputs = nodes.length === 0 ? [] : inboundNames(nodes[0])
    if (!inputs) throw reader.unsupported('the way it is called')
    const arity = type === 'InputLayer' ? inputs.length === 0 : type === 'Add' ? inputs.length >= 2 : inputs.length === 1
    if (!arity) throw reader.invalid(`takes ${type === 'InputLayer' ? 'no input' : type === 'Add' ? 'two inputs or more' : 'one input'}, got ${inputs.length}`)
    return read(reader, { name, inputs })
  })
  const inputLayers = layers.filter((layer) => layer.type === 'InputLayer')
  const output = single(config['output_layers'])
  if (inputLayers.length !== 1 || single(config['input_layers']) !== inputLayers[0]!.name || output === undefined)
    throw new AedError('MODEL_UNSUPPORTED', `${file}: a model must have one input and one output`)
  if (!names.has(output)) throw invalid(`the output layer '${output}' does not exist`)
  const network: KerasNetwork = { name: typeof config['name'] === 'string' ? config['name'] : 'model', layers: inOrder(layers, invalid), output }
  const shapes = shapesOf(network, file)
  for (const config of normalized) checkAxis(config, shapes.get(config.name)!.length)
  return network
}

/** {@link layerShapes} whose errors name the file. */
function shapesOf(network: KerasNetwork, file: string): ReadonlyMap<string, readonly number[]> {
  try {
    return layerShapes(network)
  } catch (error) {
    throw errorIn(file, error)
  }
}

/** A batch normalization must work on the last axis, which the configuration counts with the batch: 3 for an image. */
function checkAxis(config: LayerConfig, rank: number): void {
  const axis = config.get('axis') ?? -1
  const [value] = Array.isArray(axis) && axis.length === 1 ? (axis as unknown[]) : [axis]
  if (value !== -1 && value !== rank) throw config.unsupported(`axis ${JSON.stringify(axis)}`)
}

/** The layers with every one after those that it takes, otherwise as they stood. */
function inOrder(layers: readonly KerasLayer[], invalid: (what: string) => AedError): readonly KerasLayer[] {
  const ready = new Set<string>()
  const sorted: KerasLayer[] = []
  let waiting = [...layers]
  while (waiting.length) {
    const left: KerasLayer[] = []
    for (const layer of waiting)
      if (layer.inputs.every((name) => ready.has(name))) {
        ready.add(layer.name)
        sorted.push(layer)
      } else left.push(layer)
    if (left.length === waiting.length) throw invalid(`layer '${left[0]!.name}' takes '${left[0]!.inputs.find((name) => !ready.has(name))!}', which no layer gives`)
    waiting = left
  }
  return sorted
}
