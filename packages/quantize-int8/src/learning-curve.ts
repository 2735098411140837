import { tensorOf, throwIfAborted, type Graph, type Tensor } from '@aed/core'
import type { Calibration, Ranges } from './calibrate.ts'
import { quantizeValues } from './int8/affine.ts'
import { addErrors, emptySums, ratioDb } from './signal-noise.ts'
import { createEngineNow } from './wasm-engine.ts'

/** What the network would be, had only so many patches been there for calibration. */
export interface CurvePoint {
  readonly patches: number
  /** Signal-to-noise ratio of the network's result, dB; null when int8 changes nothing. */
  readonly sqnrDb: number | null
}

/** Where more patches gain less than this, there are enough. */
const ENOUGH_DB = 0.5

/**
 * Quantizes with the ranges of the first patches alone, and compares the results.
 * @param results float values of `result` on each of `patches`
 */
export function learningCurve(partial: Calibration['partial'], quantizeWith: (ranges: Ranges) => Graph, patches: readonly Tensor<'float32'>[], result: string, results: readonly Float32Array[], signal?: AbortSignal): CurvePoint[] {
  return partial.map(({ patches: count, ranges }) => {
    throwIfAborted(signal)
    const graph = quantizeWith(ranges)
    const engine = createEngineNow(graph)
    const input = tensorOf(graph, graph.inputs[0]).quantization!
    const sums = emptySums()
    patches.forEach((patch, i) => {
      engine.trace({ dtype: 'int8', shape: patch.shape, data: quantizeValues(patch.data, input) }, (name, values) => {
        if (name === result) addErrors(sums, results[i]!, values as Int8Array, tensorOf(graph, name).quantization!)
      })
    })
    return { patches: count, sqnrDb: ratioDb(sums) }
  })
}

/** The least number of patches from which on the curve stays within 0.5 dB of its end; null where only its last point does. */
export function enoughPatches(curve: readonly CurvePoint[]): number | null {
  const level = (point: CurvePoint) => point.sqnrDb ?? Infinity
  const end = level(curve.at(-1)!)
  const first = curve.findIndex((_, i) => curve.slice(i).every((point) => level(point) === end || Math.abs(level(point) - end) <= ENOUGH_DB))
  return first < curve.length - 1 ? curve[first]!.patches : null
}
