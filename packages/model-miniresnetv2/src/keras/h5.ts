/// <reference types="./jsfive.d.ts" />
import { AedError, isAedError, sizeOf, type Tensor } from '@aed/core'
import { File, Group, type Dataset } from 'jsfive'
import { parseKerasConfig } from './config.ts'
import { kerasModel, requireShape, type KerasModel } from './model.ts'
import { weightSpecs, type KerasWeights, type WeightSpec } from './network.ts'

/** Every HDF5 file starts with this, at 0 when Keras wrote it. */
const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

/**
 * Reads a Keras model saved as HDF5 (`model.save('x.h5')`, Keras 2 and 3): a functional model with one input and one output made of
 * {@link KerasLayer}s. Nothing in the file is executed.
 * @param name how errors call the file
 * @throws AedError `MODEL_INVALID` for what is not such a file or is cut off, `MODEL_UNSUPPORTED` for other layers, by name,
 * `MODEL_MISMATCH` for weights whose shape is not what the configuration says
 */
export function readKerasH5(bytes: Uint8Array, name: string): KerasModel {
  const invalid = (what: string, options: { cause?: unknown; hint?: string } = {}) => new AedError('MODEL_INVALID', `${name}: ${what}`, options)
  if (bytes.length < 96 || SIGNATURE.some((byte, i) => bytes[i] !== byte)) throw invalid('not an HDF5 file', { hint: 'give a model that Keras saved as .h5' })
  const stated = endOfFile(bytes)
  if (stated > bytes.length) throw invalid(`the file is cut off: ${bytes.length} of ${stated} bytes`)
  try {
    return silently(() => readModel(new File(new Uint8Array(bytes).buffer, name), name))
  } catch (error) {
    if (isAedError(error)) throw error
    // jsfive throws plain strings, range errors and type errors for what it cannot follow.
    throw invalid(`the HDF5 structure is damaged: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** jsfive warns on the console of attributes that it cannot read; what they lack is said by an error here. */
function silently<T>(read: () => T): T {
  const { warn, log } = console
  console.warn = console.log = () => undefined
  try {
    return read()
  } finally {
    Object.assign(console, { warn, log })
  }
}

function readModel(file: File, name: string): KerasModel {
  const config = file.attrs['model_config']
  if (typeof config !== 'string') throw new AedError('MODEL_INVALID', `${name}: holds no model_config`, { hint: 'save the whole model, not its weights alone' })
  let json: unknown
  try {
    json = JSON.parse(config)
  } catch (cause) {
    throw new AedError('MODEL_INVALID', `${name}: model_config is not JSON`, { cause })
  }
  const network = parseKerasConfig(json, name)
  const group = file.keys.includes('model_weights') ? file.get('model_weights') : file
  const read = weightReader(group, name)
  const weights: KerasWeights = Object.fromEntries(weightSpecs(network).map((spec) => [spec.key, read(spec)]))
  return kerasModel(network, weights, name)
}

const isGroup = (value: Group | Dataset | null | undefined): value is Group => value instanceof Group

/** Finds a layer's weights by the names in its group: `conv1_conv/kernel:0` is `kernel`. */
function weightReader(weights: Group | Dataset | null, name: string): (spec: WeightSpec) => Tensor<'float32'> {
  return ({ layer, name: weight, shape }) => {
    const where = `${name}: layer '${layer}', ${weight}`
    const group = isGroup(weights) && weights.keys.includes(layer) ? weights.get(layer) : undefined
    const names = isGroup(group) ? group.attrs['weight_names'] : undefined
    if (!isGroup(group) || !Array.isArray(names)) throw new AedError('MODEL_INVALID', `${name}: layer '${layer}' has no weights in the file`)
    const path = names.find((item): item is string => typeof item === 'string' && item.split('/').at(-1)!.split(':')[0] === weight)
    const dataset = path === undefined ? undefined : group.get(path)
    if (!dataset || isGroup(dataset)) throw new AedError('MODEL_INVALID', `${where}: not in the file`)
    requireShape(where, shape, dataset.shape)
    if (dataset.dtype !== '<f4') throw new AedError('MODEL_UNSUPPORTED', `${where}: holds ${JSON.stringify(dataset.dtype)}, expected little-endian float32`)
    const data = Float32Array.from(dataset.value)
    if (data.length !== sizeOf(shape)) throw new AedError('MODEL_INVALID', `${where}: holds ${data.length} values, expected ${sizeOf(shape)}`)
    return { dtype: 'float32', shape, data }
  }
}

/** The length that the superblock states, in bytes; 0 where its version is not known. */
function endOfFile(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = bytes[8]!
  // Version 0 and 1: base, free space, end of file after 24 and 28 bytes; 2 and 3: base, extension, end of file after 12. Addresses of 8 bytes.
  const at = { 0: 40, 1: 44, 2: 28, 3: 28 }[version]
  const addressSize = bytes[version < 2 ? 13 : 9]
  return at === undefined || addressSize !== 8 ? 0 : Number(view.getBigUint64(at, true))
}
