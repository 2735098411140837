import { AedError } from '@aed/core'

/**
 * Products of all pairs of rows, x xᵀ, lower triangle; sums of products in float64 in a fixed order.
 * @param x `[n, d]`
 * @returns `[n, n]`, what lies above the diagonal is 0
 */
export function gram(x: Float64Array, n: number, d: number): Float64Array {
  const result = new Float64Array(n * n)
  // Four rows by four: sixteen sums in registers for eight loads.
  for (let i = 0; i < n; i += 4)
    for (let j = 0; j <= i; j += 4) {
      if (i + 4 > n) {
        for (let r = i; r < n; r++) for (let c = j; c < Math.min(j + 4, r + 1); c++) result[r * n + c] = dot(x, r * d, x, c * d, d)
        continue
      }
      let s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0, s20 = 0, s21 = 0, s22 = 0, s23 = 0, s30 = 0, s31 = 0, s32 = 0, s33 = 0 // prettier-ignore
      let a0 = i * d
      let b0 = j * d
      for (const end = a0 + d; a0 < end; a0++, b0++) {
        const p0 = x[a0]!, p1 = x[a0 + d]!, p2 = x[a0 + 2 * d]!, p3 = x[a0 + 3 * d]! // prettier-ignore
        const q0 = x[b0]!, q1 = x[b0 + d]!, q2 = x[b0 + 2 * d]!, q3 = x[b0 + 3 * d]! // prettier-ignore
        s00 += p0 * q0; s01 += p0 * q1; s02 += p0 * q2; s03 += p0 * q3 // prettier-ignore
        s10 += p1 * q0; s11 += p1 * q1; s12 += p1 * q2; s13 += p1 * q3 // prettier-ignore
        s20 += p2 * q0; s21 += p2 * q1; s22 += p2 * q2; s23 += p2 * q3 // prettier-ignore
        s30 += p3 * q0; s31 += p3 * q1; s32 += p3 * q2; s33 += p3 * q3 // prettier-ignore
      }
      const sums = [s00, s01, s02, s03, s10, s11, s12, s13, s20, s21, s22, s23, s30, s31, s32, s33]
      for (let r = 0; r < 4; r++) for (let c = 0; c < 4; c++) if (j + c <= i + r) result[(i + r) * n + j + c] = sums[4 * r + c]!
    }
  return result
}

function dot(a: Float64Array, i: number, b: Float64Array, j: number, length: number): number {
  let sum = 0
  for (let k = 0; k < length; k++) sum += a[i + k]! * b[j + k]!
  return sum
}

/**
 * Cholesky factor of a symmetric positive definite matrix, in place: its lower triangle becomes L with L Lᵀ the matrix.
 * @param a `[n, n]`; only the lower triangle is read
 * @throws AedError `TRAINING_FAILED` for a matrix that is not positive definite
 */
export function choleskyInPlace(a: Float64Array, n: number): void {
  for (let j = 0; j < n; j += 4) {
    const width = Math.min(4, n - j)
    for (let c = j; c < j + width; c++) {
      for (let k = j; k < c; k++) a[c * n + k] = (a[c * n + k]! - dot(a, c * n, a, k * n, k)) / a[k * n + k]!
      const pivot = a[c * n + c]! - dot(a, c * n, a, c * n, c)
      if (!(pivot > 0)) throw new AedError('TRAINING_FAILED', `ridge: the matrix is not positive definite at row ${c}`, { hint: 'raise the penalty' })
      a[c * n + c] = Math.sqrt(pivot)
    }
    for (let i = j + width; i < n; i++) {
      // Four sums share the loads of row i.
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0 // prettier-ignore
      const row = i * n
      const p0 = j * n
      const p1 = Math.min(j + 1, n - 1) * n
      const p2 = Math.min(j + 2, n - 1) * n
      const p3 = Math.min(j + 3, n - 1) * n
      for (let k = 0; k < j; k++) {
        const x = a[row + k]!
        s0 += x * a[p0 + k]!
        s1 += x * a[p1 + k]!
        s2 += x * a[p2 + k]!
        s3 += x * a[p3 + k]!
      }
      const sums = [s0, s1, s2, s3]
      for (let c = 0; c < width; c++) {
        let value = a[row + j + c]! - sums[c]!
        for (let k = 0; k < c; k++) value -= a[row + j + k]! * a[(j + c) * n + j + k]!
        a[row + j + c] = value / a[(j + c) * n + j + c]!
      }
    }
  }
}

/**
 * Solves L Lᵀ y = b for several right-hand sides, in place.
 * @param l of {@link choleskyInPlace}, `[n, n]`
 * @param b `[n, columns]`
 */
export function solveCholesky(l: Float64Array, n: number, b: Float64Array, columns: number): void {
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) for (let c = 0, x = l[i * n + k]!; c < columns; c++) b[i * columns + c]! -= x * b[k * columns + c]!
    for (let c = 0; c < columns; c++) b[i * columns + c]! /= l[i * n + i]!
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let c = 0; c < columns; c++) b[i * columns + c]! /= l[i * n + i]!
    for (let k = 0; k < i; k++) for (let c = 0, x = l[i * n + k]!; c < columns; c++) b[k * columns + c]! -= x * b[i * columns + c]!
  }
}
