import { AedError, cosPi, log, sinPi, type AudioClip } from '@aed/core'
import { checkClip, checkFinite } from '../check-clip.ts'
import { log10Bulk } from '../log10-bulk.ts'
import { symmetricWindow } from '../window.ts'
import { autocorrelation, centre, largestRise } from './periodicity.ts'

const SAMPLE_RATE = 16000
/** Samples of one value of an envelope: 4 ms. */
const STEP = 64
/** Values of an envelope at least: a quarter of a second, so that every range of lags holds one. */
const LEAST = 62

/** Second-order sections b₀ b₁ b₂ a₁ a₂ (a₀ = 1) of the Butterworth filters 60–400, 400–1200, 1200–3000 Hz and above 3000 Hz at 16 kHz, as `scipy.signal.butter(2, …)` gives them. */
const BANDS: readonly (readonly (readonly [number, number, number, number, number])[])[] = [
  [
    [0.0040672701094853795, 0.008134540218970759, 0.0040672701094853795, -1.8345859632213848, 0.8529264231556397],
    [1, -2, 1, -1.9700176356317494, 0.9706988271347547],
  ],
  [
    [0.02008336556421124, 0.04016673112842248, 0.02008336556421124, -1.5837943569626043, 0.7332949552025432],
    [1, -2, 1, -1.8451510972222727, 0.8746160511637713],
  ],
  [
    [0.08209609830282429, 0.16419219660564857, 0.08209609830282429, -0.7326692348831866, 0.5294923680932968],
    [1, -2, 1, -1.4684267508235456, 0.6998905116210785],
  ],
  [[0.41816334576189884, -0.8363266915237977, 0.41816334576189884, -0.46293802529104094, 0.20971535775655462]],
]

/** Edges of the modulation bands in Hz. */
const EDGES = [0.4, 1, 2, 4, 8, 16, 32, 64, 125.1] as const
const PERCENTILES = [5, 25, 50, 75, 90, 97] as const

/**
 * Level, modulation and periodicity of four band envelopes in steps of 4 ms. For the level of each band in dB re its loudest step, 31 values: percentiles 5, 25, 50, 75,
 * 90, 97 and mean; log deviation, skewness, log kurtosis; log power of its modulation in eight bands from 0.4 to 125 Hz; the largest rises of its
 * autocorrelation at lags of 12 to 48, 32 to 120, 80 to 360 and 240 to 1200 ms; the autocorrelation at lags 1, 3, 10 and 30; and of the differences from step to
 * step log deviation, skewness, log kurtosis, the hundredth part from the top and from the bottom.
 * @param clip at 16 kHz, 3968 samples or more
 * @returns 124 values, band by band
 * @throws AedError `INVALID_INPUT` for another rate, a shorter clip, samples that are not finite
 * @see reference.md, recipe R: `env4` of the prototype
 */
export function bandEnvelopes(clip: AudioClip): Float32Array {
  const { samples, sampleRate } = checkClip(clip)
  if (sampleRate !== SAMPLE_RATE) throw new AedError('INVALID_INPUT', `bandEnvelopes: takes clips of ${SAMPLE_RATE} Hz, got ${sampleRate} Hz`, { hint: 'resample the clip first' })
  const steps = Math.floor(samples.length / STEP)
  if (steps < LEAST) throw new AedError('INVALID_INPUT', `bandEnvelopes: takes ${LEAST * STEP} samples or more, got ${samples.length}`, { hint: 'lengthen the clip: minDuration' })
  checkFinite(samples)
  const spectrum = createModulationSpectrum(steps)
  return Float32Array.from(BANDS.flatMap((sections) => describe(envelope(samples, steps, sections), spectrum)))
}

const cube = (x: number) => x * x * x

/** Mean squares of the filtered samples, step by step. */
function envelope(samples: Float32Array, steps: number, sections: (typeof BANDS)[number]): Float64Array {
  const signal = Float64Array.from(samples.subarray(0, steps * STEP))
  for (const [b0, b1, b2, a1, a2] of sections) {
    let z1 = 0
    let z2 = 0
    for (let i = 0; i < signal.length; i++) {
      const x = signal[i]!
      const y = b0 * x + z1
      z1 = b1 * x - a1 * y + z2
      z2 = b2 * x - a2 * y
      signal[i] = y
    }
  }
  const power = new Float64Array(steps)
  for (let step = 0, i = 0; step < steps; step++) {
    let sum = 0
    for (const end = i + STEP; i < end; i++) sum += signal[i]! * signal[i]!
    power[step] = sum / STEP
  }
  return power
}

function describe(power: Float64Array, spectrum: ModulationSpectrum): number[] {
  const n = power.length
  const loudest = power.reduce((a, b) => Math.max(a, b), 0) + 1e-20
  const x = power.map((e) => e / loudest + 1e-6)
  log10Bulk(x, 1e-6)
  for (let i = 0; i < n; i++) x[i]! *= 10
  const steps = Float64Array.from({ length: n - 1 }, (_, i) => x[i + 1]! - x[i]!)
  const sorted = x.slice().sort()
  const rises = steps.slice().sort()
  const { mean, second, third, fourth } = centre(x)
  const deviation = Math.sqrt(second) + 0.3
  const ac = autocorrelation(x, 301, 0.5)
  const step = momentsAboutMean(steps)
  const stepDeviation = step.deviation + 0.3
  const few = Math.max(1, Math.floor(n / 100))
  return [
    ...PERCENTILES.map((percent) => percentile(sorted, percent)),
    mean,
    log(deviation),
    third / cube(deviation),
    log(fourth / (cube(deviation) * deviation) + 0.5),
    ...spectrum(x).map((part) => log(part + 0.05)),
    largestRise(ac, 3, 12),
    largestRise(ac, 8, 30),
    largestRise(ac, 20, 90),
    largestRise(ac, 60, 300),
    ac[1]!,
    ac[3]!,
    ac[10]!,
    ac[30]!,
    log(step.deviation + 0.1),
    step.rawThird / cube(stepDeviation),
    log(step.rawFourth / (cube(stepDeviation) * stepDeviation) + 0.5),
    rises[rises.length - few]!,
    rises[few]!,
  ]
}

/** Deviation about the mean, and means of the third and fourth power as they are. */
function momentsAboutMean(steps: Float64Array) {
  let rawThird = 0
  let rawFourth = 0
  for (const d of steps) {
    rawThird += d * d * d
    rawFourth += d * d * d * d
  }
  const { second } = centre(steps)
  return { deviation: Math.sqrt(second), rawThird: rawThird / steps.length, rawFourth: rawFourth / steps.length }
}

/** @see numpy.percentile, linear */
function percentile(sorted: Float64Array, percent: number): number {
  const at = (percent / 100) * (sorted.length - 1)
  const below = Math.floor(at)
  const low = sorted[below]!
  return low + ((sorted[below + 1] ?? low) - low) * (at - below)
}

/** Power of a series without its mean in the modulation bands, from its windowed periodogram. */
type ModulationSpectrum = (x: Float64Array) => number[]

function createModulationSpectrum(n: number): ModulationSpectrum {
  const window = symmetricWindow('hann', n)
  let power = 0
  for (const w of window) power += w * w
  const factor = 2 / (n * power)
  const half = (n - 1) >> 1
  const cosine = Float64Array.from({ length: n }, (_, i) => cosPi((2 * i) / n))
  const sine = Float64Array.from({ length: n }, (_, i) => sinPi((2 * i) / n))
  const hertz = 1 / (n * 0.004)
  const even = new Float64Array(half)
  const odd = new Float64Array(half)
  return (x) => {
    // A real series: its ends folded onto each other leave half of the products.
    for (let j = 1; j <= half; j++) {
      const a = x[j]! * window[j]!
      const b = x[n - j]! * window[n - j]!
      even[j - 1] = a + b
      odd[j - 1] = a - b
    }
    const first = x[0]! * window[0]!
    const middle = n % 2 === 0 ? x[n >> 1]! * window[n >> 1]! : 0
    const bands = EDGES.slice(1).map(() => 0)
    let band = 0
    for (let k = 0; k <= n >> 1; k++) {
      const f = k * hertz
      if (f < EDGES[0]) continue
      while (band < bands.length && f >= EDGES[band + 1]!) band++
      if (band === bands.length) break
      let re = first + (k % 2 === 0 ? middle : -middle)
      let im = 0
      for (let j = 0, at = k; j < half; j++) {
        re += even[j]! * cosine[at]!
        im += odd[j]! * sine[at]!
        at += k
        if (at >= n) at -= n
      }
      bands[band]! += re * re + im * im
    }
    return bands.map((sum) => sum * factor)
  }
}
