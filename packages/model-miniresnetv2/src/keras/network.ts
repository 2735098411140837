import { AedError, formatShape, sizeOf, windowedLength, type Padding, type Tensor } from '@aed/core'

/** Activation functions that a layer can carry. */
export type KerasActivation = 'linear' | 'relu' | 'softmax' | 'sigmoid'

type Pair = readonly [number, number]

interface LayerBase {
  /** Unique in its network. */
  readonly name: string
  /** Names of the layers whose outputs it takes. */
  readonly inputs: readonly string[]
}

/** A layer as Keras describes it, reduced to what decides the result of inference. Channels are last. */
export type KerasLayer =
  | (LayerBase & { readonly type: 'InputLayer'; readonly shape: readonly number[] })
  | (LayerBase & { readonly type: 'ZeroPadding2D'; readonly padding: readonly [Pair, Pair] })
  | (LayerBase & {
      readonly type: 'Conv2D'
      readonly filters: number
      readonly kernelSize: Pair
      readonly strides: Pair
      readonly padding: Padding
      readonly dilations: Pair
      readonly useBias: boolean
      readonly activation: KerasActivation
    })
  | (LayerBase & { readonly type: 'MaxPooling2D' | 'AveragePooling2D'; readonly poolSize: Pair; readonly strides: Pair; readonly padding: Padding })
  | (LayerBase & { readonly type: 'GlobalAveragePooling2D' | 'GlobalMaxPooling2D'; readonly keepDims: boolean })
  | (LayerBase & { readonly type: 'BatchNormalization'; readonly epsilon: number; readonly momentum: number; readonly center: boolean; readonly scale: boolean })
  | (LayerBase & { readonly type: 'Activation'; readonly activation: KerasActivation })
  | (LayerBase & { readonly type: 'ReLU' | 'Add' | 'Flatten' })
  | (LayerBase & { readonly type: 'Dense'; readonly units: number; readonly useBias: boolean; readonly activation: KerasActivation })
  | (LayerBase & { readonly type: 'Dropout'; readonly rate: number })

/** A layer of one type. */
export type KerasLayerOf<T extends KerasLayer['type']> = Extract<KerasLayer, { readonly type: T }>

/** A feed-forward Keras model with one input and one output: layers in an order of execution. */
export interface KerasNetwork {
  readonly name: string
  readonly layers: readonly KerasLayer[]
  /** Name of the layer whose output is the model's. */
  readonly output: string
}

/** Weights by `layer/name` (`conv1_conv/kernel`), in Keras's layouts: convolutions `[kh, kw, cin, cout]`, dense `[cin, cout]`. */
export type KerasWeights = Readonly<Record<string, Tensor<'float32'>>>

/** Shape of a layer's output without the batch axis, from those of its inputs. */
function outputShape(layer: KerasLayer, inputs: readonly (readonly number[])[]): readonly number[] {
  const fail = (what: string) => new AedError('MODEL_INVALID', `${layer.type} '${layer.name}' ${what}`)
  const [shape = []] = inputs
  const image = (): readonly [number, number, number] => {
    if (shape.length !== 3) throw fail(`takes [height, width, channels], got ${formatShape(shape)}`)
    return shape as unknown as readonly [number, number, number]
  }
  const window = (filter: Pair, strides: Pair, padding: Padding, channels: number, dilations: Pair = [1, 1]) => {
    const [h, w] = image()
    const result = [windowedLength(h, filter[0], strides[0], padding, dilations[0]), windowedLength(w, filter[1], strides[1], padding, dilations[1]), channels]
    if (result.some((length) => length < 1)) throw fail(`has a window ${formatShape(filter)} that does not fit into ${formatShape(shape)}`)
    return result
  }
  switch (layer.type) {
    case 'InputLayer':
      return layer.shape
    case 'ZeroPadding2D': {
      const [h, w, c] = image()
      const [rows, columns] = layer.padding
      return [h + rows[0] + rows[1], w + columns[0] + columns[1], c]
    }
    case 'Conv2D':
      return window(layer.kernelSize, layer.strides, layer.padding, layer.filters, layer.dilations)
    case 'MaxPooling2D':
    case 'AveragePooling2D':
      return window(layer.poolSize, layer.strides, layer.padding, image()[2])
    case 'GlobalAveragePooling2D':
    case 'GlobalMaxPooling2D':
      return layer.keepDims ? [1, 1, image()[2]] : [image()[2]]
    case 'Flatten':
      return [sizeOf(shape)]
    case 'Dense':
      if (shape.length !== 1) throw fail(`takes a flat input, got ${formatShape(shape)}`)
      return [layer.units]
    case 'Add':
      for (const other of inputs)
        if (formatShape(other) !== formatShape(shape)) throw fail(`adds shapes that differ: ${formatShape(shape)} and ${formatShape(other)}`)
      return shape
    case 'BatchNormalization':
    case 'Activation':
    case 'ReLU':
    case 'Dropout':
      return shape
  }
}

/**
 * Shapes of all layers' outputs by layer, without the batch axis.
 * @throws AedError `MODEL_INVALID` where layers do not fit together
 */
export function layerShapes({ layers }: KerasNetwork): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>()
  for (const layer of layers) {
    const inputs = layer.inputs.map((name) => {
      const shape = shapes.get(name)
      if (!shape) throw new AedError('MODEL_INVALID', `${layer.type} '${layer.name}' takes '${name}', which no layer before it gives`)
      return shape
    })
    shapes.set(layer.name, outputShape(layer, inputs))
  }
  return shapes
}

/** One weight that a network needs. */
export interface WeightSpec {
  /** `layer/name`: a key of {@link KerasWeights}. */
  readonly key: string
  readonly layer: string
  /** `kernel`, `bias`, `gamma`, `beta`, `moving_mean`, `moving_variance`. */
  readonly name: string
  readonly shape: readonly number[]
}

function weightsOf(layer: KerasLayer, input: readonly number[]): readonly (readonly [name: string, shape: readonly number[]])[] {
  const last = input.at(-1) ?? 0
  switch (layer.type) {
    case 'Conv2D':
      return [['kernel', [...layer.kernelSize, last, layer.filters]], ...(layer.useBias ? ([['bias', [layer.filters]]] as const) : [])]
    case 'Dense':
      return [['kernel', [last, layer.units]], ...(layer.useBias ? ([['bias', [layer.units]]] as const) : [])]
    case 'BatchNormalization': {
      const names = [...(layer.scale ? ['gamma'] : []), ...(layer.center ? ['beta'] : []), 'moving_mean', 'moving_variance']
      return names.map((name) => [name, [last]])
    }
    default:
      return []
  }
}

/** The weights that a network needs, in Keras's order. */
export function weightSpecs(network: KerasNetwork): readonly WeightSpec[] {
  const shapes = layerShapes(network)
  return network.layers.flatMap((layer) =>
    weightsOf(layer, shapes.get(layer.inputs[0] ?? '') ?? []).map(([name, shape]) => ({ key: `${layer.name}/${name}`, layer: layer.name, name, shape })),
  )
}

/** Number of parameters as Keras counts them: four per channel of a batch normalization, two of which are not trained. */
export function networkParameters(network: KerasNetwork): number {
  return weightSpecs(network).reduce((sum, { shape }) => sum + sizeOf(shape), 0)
}
