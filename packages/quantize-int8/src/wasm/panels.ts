import type { WeightedParameters } from '../int8/weighted.ts'
import { packRequantization, SCALE_BYTES } from './requantization.ts'

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

/**
 * The same layer for an input whose zero point stays in it: it goes into the bias. As an image is padded with its zero point,
 * Σ (x − zero point) · w = Σ x · w − zero point · Σ w holds for every window; int32 wraps as the reference's sums do.
 * @param axis place of the output channels in the weights
 */
export function foldZeroPoint(p: WeightedParameters, axis: 'first' | 'last'): WeightedParameters {
  const { weights, channels, inputZeroPoint } = p
  const depth = weights.length / channels
  const [channelStep, step] = axis === 'first' ? [depth, 1] : [1, channels]
  const bias = p.bias.map((value, channel) => {
    let sum = 0
    for (let k = 0; k < depth; k++) sum += weights[channel * channelStep + k * step]!
    return value - inputZeroPoint * sum
  })
  return { ...p, bias }
}

/**
 * Everything that the kernels want of eight channels together, panel after panel: biases, scale, weights.
 * @param write writes the weights of a channel to its lane of the panel
 */
function packPanels(p: WeightedParameters, weightBytes: number, write: (panel: Int16Array, lane: number, channel: number) => void): Uint8Array {
  const panelBytes = PANEL_HEAD + weightBytes
  const panels = new Uint8Array(Math.ceil(p.channels / PANEL) * panelBytes)
  for (let first = 0, at = 0; first < p.channels; first += PANEL, at += panelBytes) {
    new Int32Array(panels.buffer, at, PANEL).set(p.bias.subarray(first, first + PANEL))
    panels.set(packRequantization(p.factors.slice(first, first + PANEL)), at + 4 * PANEL)
    const weights = new Int16Array(panels.buffer, at + PANEL_HEAD, weightBytes / 2)
    for (let lane = 0; lane < Math.min(PANEL, p.channels - first); lane++) write(weights, lane, first + lane)
  }
  return panels
}

/** Weights `[channels, segments, length]` → in each panel int16 `[segments, pairs, 8 channels, 2]`. */
export function packProducts(p: WeightedParameters, { count, length }: Segments): Uint8Array {
  const whole = Math.ceil(length / SEGMENT_UNIT) * SEGMENT_UNIT
  return packPanels(p, 2 * PANEL * count * whole, (panel, lane, channel) => {
    let from = channel * count * length
    for (let segment = 0; segment < count; segment++)
      for (let k = segment * whole, end = k + length; k < end; k++) panel[((k >> 1) * PANEL + lane) * 2 + (k & 1)] = p.weights[from++]!
  })
}

/** Weights `[taps, channels]` → in each panel int16 `[taps, 8 channels]`. */
export function packDepthwise(p: WeightedParameters, taps: number): Uint8Array {
  return packPanels(p, 2 * PANEL * taps, (panel, lane, channel) => {
    for (let tap = 0; tap < taps; tap++) panel[tap * PANEL + lane] = p.weights[tap * p.channels + channel]!
  })
}

/** A multiple of four offsets, as the kernels take four windows at a time: the last one repeats. */
export function inFours(offsets: Int32Array): Int32Array {
  return Int32Array.from({ length: Math.ceil(offsets.length / 4) * 4 }, (_, i) => offsets[Math.min(i, offsets.length - 1)]!)
}
