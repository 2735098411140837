import { acceptedClass, argMax, clipHeadScores, meanScores, sizeOf, tensorOf, unknownThresholds, type FeatureConfig, type Graph, type ModelCard } from '@aed/core'
import { dequantizeValues, int8Core } from '@aed/quantize-int8'
import type { StreamRun } from '@aed/stm32-deploy/node'
import { runDeviceChain } from './device-chain.ts'
import { clipModel, hasClipHead, runDeviceClip, type ClipCard } from './device-clip.ts'
import type { ChainInput } from './verify-deployment.ts'

/** What the chain in TypeScript and that on a device make of a recording. */
export interface Compared {
  readonly patches: number
  readonly equalPatches: number
  /** Class of the recording; −1 without a result. */
  readonly here: number
  readonly there: number
  /** The same; −1 also where its score is below the model's threshold of unknown. The device says it by `NAME_label`. */
  readonly labelHere: number
  readonly labelThere: number
  /** The scores of the clip agree. */
  readonly equalClip: boolean
  /** Classes where a block's features stay at their means. */
  readonly without: readonly number[]
}

/** Runs the chain in TypeScript and compares. */
export interface Comparer {
  readonly classes: number
  run(samples: Int16Array, there: StreamRun): Compared
}

/** How a model's chain on a device is compared with the one in TypeScript. */
export function comparerOf({ graph, card, features, clipFrames }: Pick<ChainInput, 'graph' | 'card' | 'features' | 'clipFrames'>): Comparer {
  return hasClipHead(card) ? clipComparer(graph, card, features, clipFrames ?? Infinity) : patchComparer(graph, card, features)
}

/** Compares outputs, scores and events patch by patch. */
function patchComparer(graph: Graph, card: ModelCard, features: FeatureConfig): Comparer {
  const { shape, quantization } = tensorOf(int8Core(graph), int8Core(graph).outputs[0])
  const classes = sizeOf(shape)
  const lowest = unknownThresholds(card)
  return {
    classes,
    run(samples, there) {
      const here = runDeviceChain(graph, features, card.detection, samples)
      const same = (patch: number) => rowsEqual(here.outputs, there.outputs, patch, classes) && rowsEqual(here.scores, there.scores, patch, classes) && rowsEqual(here.events, there.events, patch, classes)
      const [classHere, classThere] = [clipClass(here.outputs, classes), clipClass(there.outputs, classes)]
      const clip = meanScores(dequantizeValues(here.outputs, quantization!), classes)
      const labelHere = clip ? acceptedClass(clip, lowest) : -1
      return {
        patches: here.patches,
        equalPatches: there.outputs.length === here.outputs.length ? countWhere(here.patches, same) : 0,
        here: classHere,
        there: classThere,
        labelHere,
        labelThere: there.label ?? labelHere, // without class names there is no clip's label
        equalClip: there.clip === null || here.patches === 0 || argMax(there.clip, 0, classes) === classHere,
        without: [],
      }
    },
  }
}

/** Compares the scores of the clip so far after each patch, and those of the whole clip, to the bit. */
function clipComparer(graph: Graph, card: ClipCard, features: FeatureConfig, clipFrames: number): Comparer {
  const classes = card.classes.length
  const { linear, statistics } = clipModel(graph, card, features)
  const lowest = unknownThresholds(card)
  const classOf = (scores: Float32Array | null) => (scores === null ? -1 : argMax(scores, 0, classes))
  return {
    classes,
    run(samples, there) {
      const here = runDeviceClip(graph, card, features, samples, clipFrames)
      const without = statistics.blocks.map(({ offset, length }) => {
        if (!here.features) return -1
        const changed = here.features.slice()
        changed.set(linear.mean.subarray(offset, offset + length), offset)
        return classOf(clipHeadScores(linear, changed))
      })
      return {
        patches: here.patches,
        equalPatches: there.scores.length === here.scores.length ? countWhere(here.patches, (patch) => rowsEqual(here.scores, there.scores, patch, classes)) : 0,
        here: classOf(here.clip),
        there: classOf(there.clip),
        labelHere: here.clip ? acceptedClass(here.clip, lowest) : -1,
        labelThere: there.label ?? -1,
        equalClip: here.clip === null ? there.clip === null : there.clip !== null && rowsEqual(here.clip, there.clip, 0, classes),
        without,
      }
    },
  }
}

function countWhere(count: number, holds: (index: number) => boolean): number {
  let sum = 0
  for (let i = 0; i < count; i++) if (holds(i)) sum++
  return sum
}

/** Class of the largest mean of int8 outputs; −1 without one. */
function clipClass(outputs: Int8Array, classes: number): number {
  if (outputs.length === 0) return -1
  const sums = new Float64Array(classes)
  for (const [i, q] of outputs.entries()) sums[i % classes]! += q
  return argMax(sums, 0, classes)
}

function rowsEqual(a: ArrayLike<number>, b: ArrayLike<number>, row: number, length: number): boolean {
  for (let i = row * length; i < (row + 1) * length; i++) if (!Object.is(a[i], b[i])) return false
  return true
}
