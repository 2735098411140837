import type { WeightedParameters } from '../int8/weighted.ts'
import type { Pointer } from './kernels.ts'
import { packRequantization, SCALE_BYTES } from './requantization.ts'
import type { WasmStorage } from './wasm-storage.ts'

/** Output channels that the kernels compute together. */
const PANEL = 8
/** Bytes of a panel before its weights: biases and scale. */
const PANEL_HEAD = 4 * PANEL + SCALE_BYTES
/** Values of a segment come in units of this. */
export const SEGMENT_UNIT = 8

/** Bytes of the sums of four windows by eight channels, which the kernels keep in memory for a moment. */
export const SUMS_BYTES = 128

/** Stretches of the weights, each of which meets a stretch of the image that lies together. */
export interface Segments {
  readonly count: number
  readonly length: number
}

/** Scratch slots of what is needed while an engine is made. */
const STAGING_SLOT = 3
export const TRANSFORM_SLOT = 4

/** A layer's weights, int16 as they are, in memory until the next layer's. */
export function stageWeights(storage: WasmStorage, { weights }: WeightedParameters): Pointer {
  const at = storage.scratch(weights.byteLength, STAGING_SLOT)
  new Int16Array(storage.kernels.memory.buffer, at, weights.length).set(weights)
  return at
}

/**
 * Bias of the layer for an input whose zero point stays in it. As an image is padded with its zero point,
 * Σ (x − zero point) · w = Σ x · w − zero point · Σ w holds for every window; int32 wraps as the reference's sums do.
 * @param axis place of the output channels in the weights
 */
function foldedBias({ kernels }: WasmStorage, { weights, channels, inputZeroPoint, bias }: WeightedParameters, staged: Pointer, axis: 'first' | 'last'): Int32Array {
  const depth = weights.length / channels
  const [channelStep, step] = axis === 'first' ? [2 * depth, 2] : [2, 2 * channels]
  return bias.map((value, channel) => value - inputZeroPoint * kernels.sumWeights(staged + channel * channelStep, depth, step))
}

/** Room for all panels, eight channels after eight: biases and scales are written, weights are zeros. */
function placePanels(storage: WasmStorage, p: WeightedParameters, bias: Int32Array, panelBytes: number): Pointer {
  const panels = storage.reserve(Math.ceil(p.channels / PANEL) * panelBytes)
  const { buffer } = storage.kernels.memory
  for (let first = 0, at = panels; first < p.channels; first += PANEL, at += panelBytes) {
    new Int32Array(buffer, at, PANEL).set(bias.subarray(first, first + PANEL))
    new Uint8Array(buffer).set(packRequantization(p.factors.slice(first, first + PANEL)), at + 4 * PANEL)
  }
  return panels
}

/**
 * Panels for the kernel `multiply`.
 * @param staged the layer's weights @param weights what is multiplied, `[channels, segments, length]`: the same or made of them
 */
export function placeProducts(storage: WasmStorage, p: WeightedParameters, { count, length }: Segments, staged: Pointer, weights = staged): Pointer {
  const panelBytes = PANEL_HEAD + 2 * PANEL * count * Math.ceil(length / SEGMENT_UNIT) * SEGMENT_UNIT
  const panels = placePanels(storage, p, foldedBias(storage, p, staged, 'first'), panelBytes)
  storage.kernels.packProducts(weights, p.channels, count, length, panels + PANEL_HEAD, panelBytes)
  return panels
}

/** Panels for the kernel `depthwise`. */
export function placeDepthwise(storage: WasmStorage, p: WeightedParameters, taps: number): Pointer {
  const staged = stageWeights(storage, p)
  const panelBytes = PANEL_HEAD + 2 * PANEL * taps
  const panels = placePanels(storage, p, foldedBias(storage, p, staged, 'last'), panelBytes)
  storage.kernels.packDepthwise(staged, taps, p.channels, panels + PANEL_HEAD, panelBytes)
  return panels
}

/** A multiple of four offsets, as the kernels take four windows at a time: the last one repeats. */
export function inFours(offsets: Int32Array): Int32Array {
  return Int32Array.from({ length: Math.ceil(offsets.length / 4) * 4 }, (_, i) => offsets[Math.min(i, offsets.length - 1)]!)
}
