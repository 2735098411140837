import { AedError, formatShape, type Tensor } from '@aed/core'
import type { KerasNetwork } from '../keras/network.ts'
import type { Backend } from '../tfjs/backend.ts'
import { countRight, sumCrossEntropy, sumTapDistance } from './answers.ts'
import type { Teacher } from './distill.ts'
import { targetsOf } from './samples.ts'
import { createForward } from './tfjs-gradients.ts'

/** Patches whose answers are known. */
export interface LabelledPatches {
  /** `[n, mels, frames]`. */
  readonly patches: Tensor<'float32'>
  /** Classes of each patch: one, or with several labels any number; of no effect with a teacher. */
  readonly labels: readonly (readonly number[])[]
}

/** @throws AedError `MODEL_MISMATCH` for patches of another shape or none, `INVALID_INPUT` for labels that do not fit */
export function checkPatches({ patches, labels }: LabelledPatches, [mels, frames]: readonly [number, number], classes: number): void {
  const [n = 0] = patches.shape
  if (formatShape(patches.shape.slice(1)) !== formatShape([mels, frames]) || patches.data.length !== n * mels * frames || n === 0)
    throw new AedError('MODEL_MISMATCH', `trainModel: validation patches: expected [n, ${mels}, ${frames}] with n > 0, got ${formatShape(patches.shape)} with ${patches.data.length} values`)
  if (classes === 0) return
  if (labels.length !== n) throw new AedError('INVALID_INPUT', `trainModel: ${n} validation patches have ${labels.length} labels`)
  const wrong = labels.flat().find((label) => !Number.isInteger(label) || label < 0 || label >= classes)
  if (wrong !== undefined) throw new AedError('INVALID_INPUT', `trainModel: a validation patch has class ${wrong} of ${classes}`)
}

/** Says how good weights (in the network's layout) are on patches that were not trained on. */
export type Evaluator = (weights: Float32Array) => Promise<{ readonly loss: number; readonly accuracy: number | null }>

/** @param task classes to tell apart, or a teacher to be like */
export async function createEvaluator(network: KerasNetwork, { patches, labels }: LabelledPatches, task: { readonly classes: number; readonly multiLabel: boolean; readonly teacher: Teacher | null }, { batchSize, backend }: { readonly batchSize: number; readonly backend: Backend }): Promise<Evaluator> {
  const { classes, multiLabel, teacher } = task
  const forward = await createForward(network, teacher ? teacher.taps.map(({ layer }) => layer) : [network.output], backend)
  const aims = await teacher?.start(backend)
  const n = patches.shape[0]!
  const size = patches.data.length / n
  return async (weights) => {
    let loss = 0
    let right = 0
    for (let from = 0; from < n; from += batchSize) {
      const count = Math.min(batchSize, n - from)
      const x = patches.data.slice(from * size, (from + count) * size)
      const outputs = await forward.run(weights, x, count)
      if (teacher) loss += sumTapDistance(outputs, await aims!.activations(x, count), teacher.taps)
      else {
        const targets = targetsOf(labels.slice(from, from + count), classes)
        loss += sumCrossEntropy(outputs, targets, classes, multiLabel)
        right += countRight(outputs, targets, classes, multiLabel)
      }
    }
    return { loss: loss / n, accuracy: teacher ? null : right / n }
  }
}
