import type { Random } from '@aed/core'

/** Normal noise with an even spectrum and power 1. */
export function whiteNoise(length: number, random: Random): Float64Array {
  return Float64Array.from({ length }, () => random.normal())
}

/** Poles and gains of P. Kellet's filter: first-order low-passes whose sum falls by 3 dB an octave within 0.05 dB above 9.2 Hz at 44.1 kHz. */
const KELLET: readonly (readonly [pole: number, gain: number])[] = [
  [0.99886, 0.0555179],
  [0.99332, 0.0750759],
  [0.969, 0.153852],
  [0.8665, 0.3104856],
  [0.55, 0.5329522],
  [-0.7616, -0.016898],
]
/** Samples that the slowest filter (a time constant of 877 samples) is let run before the first is given. */
const WARM_UP = 4096

/**
 * Normal noise whose power per Hz falls by 3 dB an octave.
 * @see P. Kellet, "Pink noise filter", music-dsp mailing list, 1999 ("pk3", the refined version)
 */
export function pinkNoise(length: number, random: Random): Float64Array {
  const state = new Float64Array(KELLET.length)
  const noise = new Float64Array(length)
  let delayed = 0
  for (let i = -WARM_UP; i < length; i++) {
    const white = random.normal()
    let sum = delayed + 0.5362 * white
    for (let k = 0; k < state.length; k++) {
      const [pole, gain] = KELLET[k]!
      sum += state[k] = pole * state[k]! + gain * white
    }
    delayed = 0.115926 * white
    if (i >= 0) noise[i] = sum
  }
  return noise
}
