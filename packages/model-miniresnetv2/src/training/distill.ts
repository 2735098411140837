import { AedError, formatShape } from '@aed/core'
import type { Tap } from '../gradient-engine.ts'
import type { KerasModel } from '../keras/model.ts'
import { layerShapes, type KerasNetwork } from '../keras/network.ts'
import type { Backend } from '../tfjs/backend.ts'
import { createForward, tapSizes, type Forward } from './tfjs-gradients.ts'
import { flattenWeights, weightLayout } from './weight-layout.ts'

/** A layer whose output is to equal that of a teacher's. */
export interface TeacherTap extends Tap {
  /** Layer of the teacher; default: of the same name. */
  readonly teacher?: string
}

/** A network whose activations are to be learned. */
export interface Distillation {
  readonly teacher: Pick<KerasModel, 'network' | 'weights'>
  /** The loss is the sum over these of weight times mean squared distance. */
  readonly taps: readonly TeacherTap[]
}

/** A teacher made ready. */
export interface Teacher {
  readonly taps: readonly (Tap & { readonly size: number })[]
  /** Starts it on a backend. */
  start(backend: Backend): Promise<{ activations(x: Float32Array, count: number): Promise<Float32Array> }>
}

/** @throws AedError `INVALID_INPUT` for no taps, `MODEL_MISMATCH` for layers that are not there or of another shape */
export function prepareTeacher(network: KerasNetwork, { teacher, taps }: Distillation): Teacher {
  if (taps.length === 0) throw new AedError('INVALID_INPUT', 'trainModel: distill needs a tap or more')
  const names = taps.map(({ layer, teacher: name = layer }) => name)
  const own = tapSizes(network, taps.map(({ layer }) => layer)) // prettier-ignore
  tapSizes(teacher.network, names)
  taps.forEach(({ layer }, i) => {
    const [mine, theirs] = [layerShapes(network).get(layer)!, layerShapes(teacher.network).get(names[i]!)!]
    if (formatShape(mine) !== formatShape(theirs)) throw new AedError('MODEL_MISMATCH', `trainModel: layer '${layer}' gives ${formatShape(mine)}, expected ${formatShape(theirs)} as the teacher's '${names[i]!}'`)
  })
  return {
    taps: taps.map(({ layer, weight }, i) => ({ layer, weight, size: own[i]! })),
    async start(backend) {
      const forward: Forward = await createForward(teacher.network, names, backend)
      const weights = flattenWeights(weightLayout(teacher.network), teacher.weights, teacher.network.name)
      return { activations: (x, count) => forward.run(weights, x, count) }
    },
  }
}
