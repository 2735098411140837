import { cosPi, sinPi } from '@aed/core'

/** Cosines and sines of `size` equal steps around the circle. */
export interface Circle {
  readonly size: number
  /** cos(2πk / size), `[size]`. */
  readonly cos: Float64Array
  /** sin(2πk / size), `[size]`. */
  readonly sin: Float64Array
}

/** Tables of a {@link Circle}; where `size` is a multiple of 8 only an eighth of it is computed and the rest mirrored. */
export function createCircle(size: number): Circle {
  const cos = new Float64Array(size)
  const sin = new Float64Array(size)
  const mirrored = size % 8 === 0
  const last = mirrored ? size / 8 : size - 1
  for (let k = 0; k <= last; k++) {
    const turn = (2 * k) / size
    cos[k] = cosPi(turn)
    sin[k] = sinPi(turn)
  }
  if (mirrored) {
    const quarter = size / 4
    for (let k = 0; k < size / 8; k++) {
      cos[quarter - k] = sin[k]!
      sin[quarter - k] = cos[k]!
    }
    for (let k = quarter + 1; k < size; k++) {
      cos[k] = -sin[k - quarter]!
      sin[k] = cos[k - quarter]!
    }
  }
  return { size, cos, sin }
}
