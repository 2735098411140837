import { exp, log } from '@aed/core'

/** Steps at most. */
const MOST_STEPS = 500
/** Training stops when no derivative of the mean loss by a logit's dual coefficient is larger than this. */
const TOLERANCE = 1e-4

/**
 * Softmax regression in the dual: weights are sums of the rows, W = Σ xᵢ αᵢ, so that only the rows' products matter. Minimises
 * mean cross-entropy + penalty / (2 · rows) · ‖W‖² by accelerated gradient steps (Nesterov, restarted where the loss rises) of the length that the largest row sum of the Gram
 * matrix allows. It stops when every αᵢ is within 10⁻⁴ of what the optimum demands of it, (tᵢ − pᵢ) / penalty, relative to 1 / penalty, or after 500 steps.
 * @param k lower triangle of the Gram matrix, `[rows, rows]`
 * @returns `coefficients` α, `[rows, classes]`
 * @see O'Donoghue and Candès, Adaptive restart for accelerated gradient schemes, 2015
 */
export function minimizeSoftmax(k: Float64Array, rows: number, labels: Int32Array, classes: number, penalty: number): { coefficients: Float64Array; iterations: number } {
  for (let i = 0; i < rows; i++) for (let j = i + 1; j < rows; j++) k[i * rows + j] = k[j * rows + i]!
  let largest = 0
  for (let i = 0; i < rows; i++) {
    let sum = 0
    for (let j = 0; j < rows; j++) sum += Math.abs(k[i * rows + j]!)
    largest = Math.max(largest, sum)
  }
  // Σ CE has curvature of at most ½ in the logits; in α-space steps precondition by the inverse of the Gram matrix.
  const step = 1 / (0.5 * largest + penalty)
  let alpha = new Float64Array(rows * classes)
  let ahead = alpha
  let momentum = 1
  let before = Infinity
  for (let iteration = 1; ; iteration++) {
    const { residuals, loss } = residualsOf(k, rows, labels, classes, penalty, ahead)
    let worst = 0
    for (let i = 0; i < residuals.length; i++) worst = Math.max(worst, Math.abs(residuals[i]!))
    if (worst < TOLERANCE || iteration === MOST_STEPS) return { coefficients: ahead, iterations: iteration }
    const next = ahead.map((value, i) => value - step * residuals[i]!)
    if (loss > before) {
      momentum = 1
      ahead = next
    } else {
      const grown = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2
      const past = alpha
      ahead = next.map((value, i) => value + ((momentum - 1) / grown) * (value - past[i]!))
      momentum = grown
    }
    before = loss
    alpha = next
  }
}

/** penalty · α − (t − p), whose product with the Gram matrix is the gradient, and the loss. */
function residualsOf(k: Float64Array, rows: number, labels: Int32Array, classes: number, penalty: number, alpha: Float64Array): { residuals: Float64Array; loss: number } {
  const residuals = new Float64Array(rows * classes)
  const logits = new Float64Array(classes)
  let loss = 0
  for (let i = 0; i < rows; i++) {
    logits.fill(0)
    for (let j = 0, at = 0; j < rows; j++) for (let c = 0, x = k[i * rows + j]!; c < classes; c++, at++) logits[c]! += x * alpha[at]!
    let most = -Infinity
    for (let c = 0; c < classes; c++) most = Math.max(most, logits[c]!)
    let sum = 0
    for (let c = 0; c < classes; c++) sum += exp(logits[c]! - most)
    loss += log(sum) + most - logits[labels[i]!]!
    for (let c = 0; c < classes; c++) {
      const a = alpha[i * classes + c]!
      loss += 0.5 * penalty * a * logits[c]!
      residuals[i * classes + c] = penalty * a + exp(logits[c]! - most) / sum - (c === labels[i] ? 1 : 0)
    }
  }
  return { residuals, loss }
}
