import type { BatchStatistics } from '../gradient-engine.ts'
import type { KerasLayerOf } from '../keras/network.ts'
import { createConvolution } from '../wasm/winograd.ts'
import { Dense } from '../wasm/dense.ts'
import type { Kernels, Pointer } from '../wasm/kernels.ts'
import { batchNormStep } from './batch-norm.ts'
import type { MemoryPlan } from './memory.ts'
import type { PlannedLayer } from './plan.ts'

/** What a layer gives, and its gradient. */
export interface Value {
  readonly name: string
  /** Of one patch. */
  readonly shape: readonly number[]
  readonly size: number
  readonly at: Pointer
  /** 0 until it has a place. */
  gradient: Pointer
  /** Whether anything trained lies before it. */
  needed: boolean
  uses: number
  /** Whether something is in the gradient already when, on the way back, the next one comes to add its own. */
  written: boolean
}

/** A weight: where it lies, and its gradient where it is trained, else 0. */
interface WeightPlace {
  readonly at: Pointer
  readonly gradient: Pointer
  readonly length: number
}

/** A layer with the places of all that it works on. */
export interface LayerPlace extends Omit<PlannedLayer, 'inputs' | 'output'> {
  readonly inputs: readonly Value[]
  readonly output: Value
  readonly weight: (name: string) => WeightPlace | null
  /** Of a batch normalization that uses those of the batch. */
  readonly statistics: BatchStatistics | null
  readonly meansAt: Pointer
  readonly variancesAt: Pointer
  readonly batchSize: number
}

/** What steps run with. */
export interface Runtime {
  readonly kernels: Kernels
  readonly scratch: Pointer
  readonly view: (at: Pointer, length: number) => Float32Array
  /** Writes the mask of a dropout layer. */
  readonly mask: (layer: string, rate: number, size: number, at: Pointer) => void
}

type Pass = (runtime: Runtime, count: number) => void

/** A layer as it is run. */
export interface Step {
  readonly forward: Pass
  /** Absent where nothing before or in the layer is trained. */
  readonly backward?: Pass
}

/** Where the gradient of an input goes, and whether on top of what is there; null where nobody needs it. */
export interface Target {
  readonly at: Pointer
  readonly add: boolean
}

export function targetOf(value: Value, memory: MemoryPlan, batchSize: number): Target | null {
  if (!value.needed) return null
  const add = value.written
  value.written = true
  value.gradient ||= memory.floats(batchSize * value.size)
  return { at: value.gradient, add }
}

const nothing: Pass = () => undefined

/** Passes a gradient on unchanged: the place is shared where the input has no other use. */
function passOn(value: Value, { output, batchSize }: LayerPlace, memory: MemoryPlan): Pass {
  if (!value.needed) return nothing
  if (value.uses === 1) {
    value.gradient = output.gradient
    value.written = true
    return nothing
  }
  const target = targetOf(value, memory, batchSize)!
  return ({ kernels, view }, count) => {
    if (target.add) kernels.add(target.at, output.gradient, target.at, count * value.size)
    else view(target.at, count * value.size).set(view(output.gradient, count * value.size))
  }
}

const image = ({ shape }: Value): readonly [number, number, number] => shape as unknown as readonly [number, number, number]

/** Zeros before an input whose windows are as TensorFlow lays them for `same`. */
function sameBefore(length: number, out: number, window: number, stride: number): number {
  return Math.floor(Math.max(0, (out - 1) * stride + window - length) / 2)
}

/** Where the first window begins. */
function padsBefore(place: LayerPlace, layer: { padding: 'valid' | 'same'; strides: readonly [number, number] }, window: readonly [number, number]): readonly [number, number] {
  const [h, w] = image(place.inputs[0]!)
  const [outHeight, outWidth] = image(place.output)
  if (layer.padding === 'valid') return [place.pads[0][0], place.pads[1][0]]
  return [sameBefore(h, outHeight, window[0], layer.strides[0]), sameBefore(w, outWidth, window[1], layer.strides[1])]
}

function convStep(place: LayerPlace, layer: KerasLayerOf<'Conv2D'>, memory: MemoryPlan): Step {
  const { inputs, output, batchSize } = place
  const x = inputs[0]!
  const [inHeight, inWidth, inChannels] = image(x)
  const [outHeight, outWidth, outChannels] = image(output)
  const [filterHeight, filterWidth] = layer.kernelSize
  const [strideHeight, strideWidth] = layer.strides
  const [dilationHeight, dilationWidth] = layer.dilations
  const [padTop, padLeft] = padsBefore(place, layer, [(filterHeight - 1) * dilationHeight + 1, (filterWidth - 1) * dilationWidth + 1])
  const conv = createConvolution({
    inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth,
    strideHeight, strideWidth, dilationHeight, dilationWidth, padTop, padLeft,
  })
  const kernel = place.weight('kernel')!
  const bias = place.weight('bias')
  memory.needScratch(Math.max(conv.scratchBytes, 8 * outChannels))
  const target = targetOf(x, memory, batchSize)
  return {
    forward: ({ kernels, scratch }, count) => conv.forward(kernels, count, x.at, kernel.at, bias?.at ?? 0, output.at, scratch),
    backward: ({ kernels, scratch, view }, count) => {
      if (kernel.gradient) conv.filterGradient(kernels, count, x.at, output.gradient, kernel.gradient, scratch)
      if (bias?.gradient) {
        kernels.sumRows(output.gradient, count * outHeight * outWidth, outChannels, scratch)
        view(bias.gradient, outChannels).set(view(scratch, outChannels))
      }
      if (target) conv.inputGradient(kernels, count, output.gradient, kernel.at, target.at, scratch, target.add)
    },
  }
}

function denseStep(place: LayerPlace, memory: MemoryPlan): Step {
  const { inputs, output, batchSize } = place
  const x = inputs[0]!
  const dense = new Dense(batchSize, x.size, output.size)
  const kernel = place.weight('kernel')!
  const bias = place.weight('bias')
  memory.needScratch(Math.max(dense.scratchBytes, 8 * output.size))
  const target = targetOf(x, memory, batchSize)
  return {
    forward: ({ kernels, scratch }, count) => dense.forward(kernels, count, x.at, kernel.at, bias?.at ?? 0, output.at, scratch),
    backward: ({ kernels, scratch, view }, count) => {
      if (kernel.gradient) dense.filterGradient(kernels, count, x.at, output.gradient, kernel.gradient, scratch)
      if (bias?.gradient) {
        kernels.sumRows(output.gradient, count, output.size, scratch)
        view(bias.gradient, output.size).set(view(scratch, output.size))
      }
      if (target) dense.inputGradient(kernels, count, output.gradient, kernel.at, target.at, scratch, target.add)
    },
  }
}

/** Pooling of windows, or of the whole area. */
function poolStep(place: LayerPlace, max: boolean, memory: MemoryPlan): Step {
  const { layer, inputs, output, batchSize } = place
  const x = inputs[0]!
  const [height, width, channels] = image(x)
  const windowed = layer.type === 'MaxPooling2D' || layer.type === 'AveragePooling2D'
  const [outHeight, outWidth] = windowed ? image(output) : [1, 1]
  const [filterHeight, filterWidth] = windowed ? layer.poolSize : [height, width]
  const [strideHeight, strideWidth] = windowed ? layer.strides : [1, 1]
  const [padTop, padLeft] = windowed ? padsBefore(place, layer, layer.poolSize) : [0, 0]
  const zeros = Number(place.pads.flat().some((pad) => pad > 0))
  const target = targetOf(x, memory, batchSize)
  const shape = [height, width, channels, outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth] as const
  return {
    forward: ({ kernels }, count) => {
      if (max) kernels.maxPool(x.at, output.at, count, ...shape, 1, 1, padTop, padLeft, zeros)
      else kernels.averagePool(x.at, output.at, count, ...shape, padTop, padLeft, 0)
    },
    backward: ({ kernels }, count) => {
      if (!target) return
      if (!target.add) kernels.clear(target.at, 4 * count * x.size)
      if (max) kernels.maxPoolGradient(x.at, output.gradient, target.at, count, ...shape, 1, 1, padTop, padLeft, zeros)
      else kernels.averagePool(target.at, output.gradient, count, ...shape, padTop, padLeft, 1)
    },
  }
}

function padStep({ inputs, output, batchSize }: LayerPlace, { padding }: KerasLayerOf<'ZeroPadding2D'>, memory: MemoryPlan): Step {
  const x = inputs[0]!
  const [height, width, channels] = image(x)
  const [[top, bottom], [left, right]] = padding
  const rowBytes = 4 * width * channels
  const wideBytes = 4 * (left + width + right) * channels
  const target = targetOf(x, memory, batchSize)
  return {
    forward: ({ kernels }, count) => {
      for (let i = 0; i < count; i++) kernels.pad(x.at + 4 * i * x.size, output.at + 4 * i * output.size, height, rowBytes, top, bottom, 4 * left * channels, 4 * right * channels)
    },
    backward: ({ kernels }, count) => {
      const first = output.gradient + top * wideBytes + 4 * left * channels
      if (target) for (let i = 0; i < count; i++) kernels.crop(first + 4 * i * output.size, target.at + 4 * i * x.size, height, rowBytes, wideBytes, Number(target.add))
    },
  }
}

function dropoutStep({ inputs, output, batchSize }: LayerPlace, { name, rate }: KerasLayerOf<'Dropout'>, memory: MemoryPlan): Step {
  const x = inputs[0]!
  const mask = memory.floats(batchSize * x.size)
  const target = targetOf(x, memory, batchSize)
  return {
    forward: ({ kernels, mask: draw }, count) => {
      draw(name, rate, x.size, mask)
      kernels.multiply(x.at, mask, output.at, count * x.size, 0)
    },
    backward: ({ kernels }, count) => {
      if (target) kernels.multiply(output.gradient, mask, target.at, count * x.size, Number(target.add))
    },
  }
}

function reluStep({ inputs, output, batchSize }: LayerPlace, memory: MemoryPlan): Step {
  const x = inputs[0]!
  const target = targetOf(x, memory, batchSize)
  return {
    forward: ({ kernels }, count) => kernels.relu(x.at, output.at, count * x.size),
    backward: ({ kernels }, count) => {
      if (target) kernels.reluGradient(output.at, output.gradient, target.at, count * x.size, Number(target.add))
    },
  }
}

/** Values that go through unchanged, one or several added. */
function sumStep(place: LayerPlace, memory: MemoryPlan): Step {
  const { inputs, output } = place
  const passes = inputs.map((value) => passOn(value, place, memory))
  return {
    forward: ({ kernels, view }, count) => {
      const length = count * output.size
      const [first, second, ...rest] = inputs
      if (!second) {
        if (first!.at !== output.at) view(output.at, length).set(view(first!.at, length))
        return
      }
      kernels.add(first!.at, second.at, output.at, length)
      for (const value of rest) kernels.add(output.at, value.at, output.at, length)
    },
    backward: (runtime, count) => {
      for (const pass of passes) pass(runtime, count)
    },
  }
}

function anyStep(place: LayerPlace, memory: MemoryPlan): Step {
  const { layer } = place
  switch (layer.type) {
    case 'Conv2D':
      return convStep(place, layer, memory)
    case 'Dense':
      return denseStep(place, memory)
    case 'MaxPooling2D':
    case 'GlobalMaxPooling2D':
      return poolStep(place, true, memory)
    case 'AveragePooling2D':
    case 'GlobalAveragePooling2D':
      return poolStep(place, false, memory)
    case 'BatchNormalization':
      return batchNormStep(place, layer, memory)
    case 'ZeroPadding2D':
      return padStep(place, layer, memory)
    case 'Dropout':
      return dropoutStep(place, layer, memory)
    case 'ReLU':
      return reluStep(place, memory)
    case 'Activation':
      return layer.activation === 'relu' ? reluStep(place, memory) : sumStep(place, memory)
    case 'Add':
    case 'Flatten':
      return sumStep(place, memory)
  }
}

/** How a layer is run. Called in backward order: places of gradients are given to inputs by those that write them first. */
export function layerStep(place: LayerPlace, memory: MemoryPlan): Step {
  const { forward, backward } = anyStep(place, memory)
  return backward && place.output.needed ? { forward, backward } : { forward }
}
