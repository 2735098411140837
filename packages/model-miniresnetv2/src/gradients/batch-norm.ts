import type { KerasLayerOf } from '../keras/network.ts'
import { targetOf, type LayerPlace, type Step } from './layer-steps.ts'
import type { MemoryPlan } from './memory.ts'

/**
 * Batch normalization, with the ReLU behind it where there is one: only the input is kept for the way back, where the output's sign is computed
 * again. What is done by channel is done in float64.
 */
export function batchNormStep(place: LayerPlace, { epsilon }: KerasLayerOf<'BatchNormalization'>, memory: MemoryPlan): Step {
  const { inputs, output, relu, statistics, weight, meansAt, variancesAt, batchSize } = place
  const x = inputs[0]!
  const channels = x.shape.at(-1)!
  const rowsOf = (count: number) => (count * x.size) / channels
  const gamma = weight('gamma')
  const beta = weight('beta')
  const mean = statistics ? meansAt + 4 * statistics.offset : weight('moving_mean')!.at
  const variance = statistics ? variancesAt + 4 * statistics.offset : weight('moving_variance')!.at
  const [scale, offset, a, b, c] = Array.from({ length: 5 }, () => memory.floats(channels)) as [number, number, number, number, number]
  memory.needScratch(16 * channels)
  const target = targetOf(x, memory, batchSize)
  return {
    forward({ kernels, scratch, view }, count) {
      const rows = rowsOf(count)
      const means = view(mean, channels)
      const variances = view(variance, channels)
      if (statistics) {
        const sums = view(scratch, channels)
        kernels.sumRows(x.at, rows, channels, scratch)
        for (let i = 0; i < channels; i++) means[i] = sums[i]! / rows
        kernels.sumSquares(x.at, mean, rows, channels, scratch)
        for (let i = 0; i < channels; i++) variances[i] = sums[i]! / rows
      }
      const scales = view(scale, channels)
      const offsets = view(offset, channels)
      const gammas = gamma && view(gamma.at, channels)
      const betas = beta && view(beta.at, channels)
      for (let i = 0; i < channels; i++) {
        scales[i] = (gammas?.[i] ?? 1) / Math.sqrt(variances[i]! + epsilon)
        offsets[i] = (betas?.[i] ?? 0) - means[i]! * scales[i]!
      }
      kernels.normalize(x.at, output.at, rows, channels, scale, offset, Number(relu))
    },
    backward({ kernels, scratch, view }, count) {
      const rows = rowsOf(count)
      const sums = view(scratch, channels)
      const products = view(scratch + 4 * channels, channels)
      if (statistics || gamma?.gradient || beta?.gradient) kernels.sumGradients(x.at, output.gradient, rows, channels, scale, offset, Number(relu), mean, scratch)
      if (beta?.gradient) view(beta.gradient, channels).set(sums)
      const variances = view(variance, channels)
      const scales = view(scale, channels)
      const [as, bs, cs] = [view(a, channels), view(b, channels), view(c, channels)]
      const gammas = gamma?.gradient ? view(gamma.gradient, channels) : null
      for (let i = 0; i < channels; i++) {
        const inverse = 1 / Math.sqrt(variances[i]! + epsilon)
        if (gammas) gammas[i] = products[i]! * inverse
        // ∂x = scale · (g − Σg / n − (x − mean) · Σ g (x − mean) / (n · (variance + ε))), the last two only where mean and variance depend on x.
        as[i] = scales[i]!
        bs[i] = statistics ? (-scales[i]! * inverse * inverse * products[i]!) / rows : 0
        cs[i] = statistics ? (-scales[i]! * sums[i]!) / rows : 0
      }
      if (target) kernels.normalizeGradient(x.at, output.gradient, target.at, rows, channels, scale, offset, Number(relu), mean, a, b, c, Number(target.add))
    },
  }
}
