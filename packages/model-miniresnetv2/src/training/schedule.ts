import { cosPi, pow } from '@aed/core'
import type { TrainModelOptions } from './options.ts'

/**
 * What the learning rate is multiplied by.
 * @param time epochs since the schedule began, with fractions
 * @param epochs that it lasts
 * @param plateau factor that plateaus of the validation loss have led to
 */
export function scheduleFactor(time: number, epochs: number, plateau: number, { schedule, warmupEpochs, decay, decayEpochs }: Pick<TrainModelOptions, 'schedule' | 'warmupEpochs' | 'decay' | 'decayEpochs'>): number {
  if (time < warmupEpochs) return time / warmupEpochs
  const since = time - warmupEpochs
  switch (schedule) {
    case 'constant':
      return 1
    case 'cosine':
      return (1 + cosPi(Math.min(1, since / Math.max(epochs - warmupEpochs, Number.EPSILON)))) / 2
    case 'step':
      return pow(decay, Math.floor(since / decayEpochs))
    case 'exponential':
      return pow(decay, since / decayEpochs)
    case 'plateau':
      return plateau
  }
}
