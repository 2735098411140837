import { sinPi } from '@aed/core'

/** Modified Bessel function of the first kind, order 0, by its power series: all terms are positive, so that none cancel. */
export function besselI0(x: number): number {
  const quarter = 0.25 * x * x
  let term = 1
  let sum = 1
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= quarter / (k * k)
    sum += term
  }
  return sum
}

/** A low-pass filter given by its edges, as a continuous impulse response. */
export interface KaiserSincOptions {
  /** End of the pass band in cycles per sample. */
  readonly passEdge: number
  /** Start of the stop band in cycles per sample, above `passEdge`. */
  readonly stopEdge: number
  /** Ripple in both bands, as dB below the pass band's gain; more than 50. */
  readonly attenuationDb: number
}

/** Impulse response of a low-pass filter with gain 1 and no delay. */
export interface KaiserSinc {
  /** The response is 0 from this distance on; in samples, not whole. */
  readonly halfWidth: number
  /** The response at time t in samples. */
  at(t: number): number
}

/**
 * Sinc times Kaiser window: J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", 1974, with his
 * formulas for the window's shape and length.
 */
export function kaiserSinc({ passEdge, stopEdge, attenuationDb }: KaiserSincOptions): KaiserSinc {
  const cutoff = (passEdge + stopEdge) / 2
  const beta = 0.1102 * (attenuationDb - 8.7)
  const halfWidth = (attenuationDb - 7.95) / (2 * 2.285 * 2 * Math.PI * (stopEdge - passEdge))
  const scale = 1 / besselI0(beta)
  return {
    halfWidth,
    at(t) {
      const u = t / halfWidth
      const inside = 1 - u * u
      if (inside <= 0) return 0
      const sinc = t === 0 ? 2 * cutoff : sinPi(2 * cutoff * t) / (Math.PI * t)
      return sinc * scale * besselI0(beta * Math.sqrt(inside))
    },
  }
}
