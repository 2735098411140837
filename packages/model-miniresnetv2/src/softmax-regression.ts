import type { Random } from '@aed/core'

const BETA1 = 0.9
const BETA2 = 0.999
const EPSILON = 1e-7
/** Rows that share one pass over the weights: as many sums as fit into registers. */
const GROUP = 8

/**
 * A softmax regression in training: weights `[classes, features]` and Adam's two moments of each. State is kept in float32, sums
 * of products in float64. A batch is loaded, its logits are taken, then the weights are stepped by the errors.
 * @see Kingma and Ba, Adam, 2015, with Keras's epsilon
 */
export class SoftmaxRegression {
  readonly weights: Float32Array
  readonly bias: Float32Array
  /** `[batchSize, classes]`, with rows to spare: logits, which the caller turns into errors. */
  readonly values: Float64Array
  private readonly classes: number
  private readonly features: number
  /** `[batchSize, features]` in float64, so that each value is converted once; rows without data are zero. */
  private readonly batch: Float64Array
  private readonly moments: readonly [weights: Float32Array, weightSquares: Float32Array, bias: Float32Array, biasSquares: Float32Array]
  private readonly gradient: Float32Array
  private rows = 0
  private beta1Power = 1
  private beta2Power = 1

  constructor(classes: number, features: number, batchSize: number, random: Random) {
    this.classes = classes
    this.features = features
    const limit = Math.sqrt(6 / (classes + features))
    this.weights = new Float32Array(classes * features)
    for (let i = 0; i < this.weights.length; i++) this.weights[i] = random.between(-limit, limit)
    this.bias = new Float32Array(classes)
    const capacity = Math.ceil(batchSize / GROUP) * GROUP
    this.values = new Float64Array(capacity * classes)
    this.batch = new Float64Array(capacity * features)
    this.moments = [new Float32Array(classes * features), new Float32Array(classes * features), new Float32Array(classes), new Float32Array(classes)]
    this.gradient = new Float32Array(features)
  }

  /** Takes the rows of `x` (`[n, features]`) that `order[from, from + count)` names, and computes their logits into `values`. */
  logits(x: Float32Array, order: Int32Array, from: number, count: number): void {
    const { classes, features, weights, bias, batch, values } = this
    this.rows = Math.ceil(count / GROUP) * GROUP
    for (let row = 0, to = 0; row < count; row++) for (let i = 0, at = order[from + row]! * features; i < features; i++, to++) batch[to] = x[at + i]!
    batch.fill(0, count * features, this.rows * features)
    for (let c = 0; c < classes; c++)
      for (let row = 0; row < this.rows; row += GROUP) {
        const p0 = row * features
        const [p1, p2, p3, p4, p5, p6, p7] = [p0 + features, p0 + 2 * features, p0 + 3 * features, p0 + 4 * features, p0 + 5 * features, p0 + 6 * features, p0 + 7 * features]
        let s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0 // prettier-ignore
        for (let i = 0, w = c * features; i < features; i++, w++) {
          const weight = weights[w]!
          s0 += batch[p0 + i]! * weight
          s1 += batch[p1 + i]! * weight
          s2 += batch[p2 + i]! * weight
          s3 += batch[p3 + i]! * weight
          s4 += batch[p4 + i]! * weight
          s5 += batch[p5 + i]! * weight
          s6 += batch[p6 + i]! * weight
          s7 += batch[p7 + i]! * weight
        }
        const sums = [s0, s1, s2, s3, s4, s5, s6, s7]
        for (let r = 0; r < GROUP; r++) values[(row + r) * classes + c] = sums[r]! + bias[c]!
      }
  }

  /**
   * One step of Adam on the rows taken last.
   * @param count rows whose `values` are the gradient of the loss by the logits
   */
  step(count: number, learningRate: number, l2: number): void {
    const { classes, features, weights, bias, batch, values, gradient, rows } = this
    const [m, s, mBias, sBias] = this.moments
    this.beta1Power *= BETA1
    this.beta2Power *= BETA2
    const rate = (learningRate * Math.sqrt(1 - this.beta2Power)) / (1 - this.beta1Power)
    values.fill(0, count * classes, rows * classes)
    for (let c = 0; c < classes; c++) {
      gradient.fill(0)
      let biasGradient = 0
      for (let row = 0; row < rows; row += GROUP) {
        const [e0, e1, e2, e3, e4, e5, e6, e7] = Array.from({ length: GROUP }, (_, r) => values[(row + r) * classes + c]!) as [number, number, number, number, number, number, number, number]
        const p0 = row * features
        const [p1, p2, p3, p4, p5, p6, p7] = [p0 + features, p0 + 2 * features, p0 + 3 * features, p0 + 4 * features, p0 + 5 * features, p0 + 6 * features, p0 + 7 * features]
        for (let i = 0; i < features; i++)
          gradient[i]! +=
            e0 * batch[p0 + i]! + e1 * batch[p1 + i]! + e2 * batch[p2 + i]! + e3 * batch[p3 + i]! + e4 * batch[p4 + i]! + e5 * batch[p5 + i]! + e6 * batch[p6 + i]! + e7 * batch[p7 + i]!
        biasGradient += e0 + e1 + e2 + e3 + e4 + e5 + e6 + e7
      }
      for (let i = 0, w = c * features; i < features; i++, w++) {
        const g = gradient[i]! + l2 * weights[w]!
        const mean = BETA1 * m[w]! + (1 - BETA1) * g
        const square = BETA2 * s[w]! + (1 - BETA2) * g * g
        m[w] = mean
        s[w] = square
        weights[w]! -= (rate * mean) / (Math.sqrt(square) + EPSILON)
      }
      mBias[c] = BETA1 * mBias[c]! + (1 - BETA1) * biasGradient
      sBias[c] = BETA2 * sBias[c]! + (1 - BETA2) * biasGradient * biasGradient
      bias[c]! -= (rate * mBias[c]!) / (Math.sqrt(sBias[c]!) + EPSILON)
    }
  }
}
