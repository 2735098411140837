import { createRandom } from '@aed/core'
import type { Kernel, KernelCase } from './driver.ts'

/* What c/audio/aed_front_end.h says of each kernel of the front end: exactly where the order of operations is part of it, else against the formula in double. */

const random = createRandom('front end')
const f32 = Math.fround
const SIZES = [8, 16, 64, 256, 1024]
const noise = (length: number, size: number) => Float32Array.from({ length }, () => size * random.between(-1, 1))
const tau = 2 * Math.PI
const [sin, cos, log2] = [Math.sin, Math.cos, Math.log2]

function near(what: string, found: number, expected: number, tolerance: number): void {
  if (!(Math.abs(found - expected) <= tolerance)) throw new Error(`${what}: ${found}, expected ${expected} within ${tolerance}`)
}
function same(what: string, found: number, expected: number): void {
  if (!Object.is(found, expected)) throw new Error(`${what}: ${found}, expected ${expected}`)
}

const powerOfFour = (n: number) => Number.isInteger(Math.log2(n) / 2)
const sineTable = (n: number) => Float32Array.from({ length: n }, (_, k) => sin((tau * k) / n))

/** Slot i of a decimation in time by fours, a pass of two first where half the size is no power of four. */
function digitReversed(points: number): Uint16Array {
  const radices = powerOfFour(points) ? [] : [2]
  for (let rest = points / (radices[0] ?? 1); rest > 1; rest /= 4) radices.push(4)
  return Uint16Array.from({ length: points }, (_, slot) => {
    let [rest, at, weight] = [slot, 0, points]
    for (const radix of radices) {
      weight /= radix
      at += (rest % radix) * weight
      rest = Math.floor(rest / radix)
    }
    return at
  })
}

/** DFT of complex points, re and im in turn, in double. */
function dft(points: ArrayLike<number>): Float64Array {
  const n = points.length / 2
  const out = new Float64Array(2 * n)
  for (let k = 0; k < n; k++)
    for (let i = 0; i < n; i++) {
      const angle = (-tau * ((i * k) % n)) / n
      out[2 * k]! += points[2 * i]! * cos(angle) - points[2 * i + 1]! * sin(angle)
      out[2 * k + 1]! += points[2 * i]! * sin(angle) + points[2 * i + 1]! * cos(angle)
    }
  return out
}

/** Samples windowed and put into slots, as the kernel's header says; through the pass of radix 2 where there is one. */
function slots(samples: Int16Array, window: Float32Array, order: Uint16Array): Float32Array {
  const n = samples.length
  const out = new Float32Array(n)
  order.forEach((pair, slot) => [0, 1].forEach((part) => (out[2 * slot + part] = f32(samples[2 * pair + part]! * window[2 * pair + part]!))))
  if (powerOfFour(n / 2)) return out
  const joined = out.slice()
  for (let i = 0; i < n; i += 4)
    for (const part of [0, 1]) {
      joined[i + part] = f32(out[i + part]! + out[i + 2 + part]!)
      joined[i + 2 + part] = f32(out[i + part]! - out[i + 2 + part]!)
    }
  return joined
}

const windowed = (): readonly KernelCase[] =>
  SIZES.map((n): KernelCase => {
    const samples = Int16Array.from({ length: n }, (_, i) => (i % 7 === 0 ? (i % 2 ? 32767 : -32768) : random.integer(65536) - 32768))
    const [window, order] = [noise(n, 2 ** -16), digitReversed(n / 2)]
    const expected = slots(samples, window, order)
    return { arrays: [window, order, samples, new Float32Array(n)], numbers: [n, powerOfFour(n / 2) ? 0 : 1], out: 3, indices: [0], check: (out) => expected.forEach((value, i) => same(`value ${i}`, out[i]!, value)) }
  })

/** The transform alone: points in slots, hence a pass of radix 2 done before where there is one. */
const transform = (): readonly KernelCase[] =>
  SIZES.map((n): KernelCase => {
    const points = noise(n, 1)
    const order = digitReversed(n / 2)
    const frame = new Float32Array(n)
    order.forEach((point, slot) => frame.set(points.subarray(2 * point, 2 * point + 2), 2 * slot))
    if (!powerOfFour(n / 2)) for (let i = 0; i < n; i += 4) frame.set([frame[i]! + frame[i + 2]!, frame[i + 1]! + frame[i + 3]!, frame[i]! - frame[i + 2]!, frame[i + 1]! - frame[i + 3]!], i)
    const expected = dft(points)
    return { arrays: [sineTable(n), frame], numbers: [n, powerOfFour(n / 2) ? 0 : 1], out: 1, indices: [0], check: (out) => expected.forEach((value, i) => near(`value ${i} of ${n}`, out[i]!, value, 2e-6 * Math.sqrt(n))) }
  })

/** From the transform of pairs to the power of the real signal's bins; samples count twice, as the split does not halve. */
const power = (): readonly KernelCase[] =>
  SIZES.map((n): KernelCase => {
    const signal = noise(n, 1)
    const frame = new Float32Array(n + 1)
    frame.set(dft(signal))
    const whole = dft(Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 ? 0 : 2 * signal[i / 2]!)))
    return { arrays: [sineTable(n), frame], numbers: [n], out: 1, indices: [0], check: (out) => {
      for (let k = 0; k <= n / 2; k++) {
        const expected = whole[2 * k]! ** 2 + whole[2 * k + 1]! ** 2
        near(`bin ${k} of ${n}`, out[2 * k]!, expected, 1e-5 * n * (1 + Math.sqrt(expected)))
      }
    } }
  })

const magnitude = (): readonly KernelCase[] =>
  SIZES.map((n): KernelCase => {
    const frame = Float32Array.from({ length: n + 1 }, (_, i) => (i % 5 === 0 ? 0 : random.between(0, 1e12)))
    return { arrays: [frame], numbers: [n], out: 0, indices: [0], check: (out) => frame.forEach((value, i) => same(`value ${i}`, out[i]!, i % 2 ? value : f32(Math.sqrt(value)))) }
  })

/** Sums from the lowest bin on, product and sum each rounded; bands of no bin are 0. */
const mel = (): readonly KernelCase[] =>
  SIZES.map((n): KernelCase => {
    const bands = 6
    const widths = Array.from({ length: bands }, (_, m) => (m === 2 ? 0 : 1 + random.integer(Math.min(n / 2, 9))))
    const start = Uint16Array.from(widths, (width) => random.integer(n / 2 + 2 - Math.max(1, width)))
    const offset = Uint16Array.from({ length: bands + 1 }, (_, m) => widths.slice(0, m).reduce((a, b) => a + b, 0))
    const [weights, frame] = [noise(offset[bands]!, 1), noise(n + 1, 100)]
    const expected = widths.map((width, m) => Array.from({ length: width }, (_, i) => f32(weights[offset[m]! + i]! * frame[2 * (start[m]! + i)]!)).reduce((sum, product) => f32(sum + product), 0))
    return { arrays: [weights, start, offset, frame, new Float32Array(bands)], numbers: [n, bands], out: 4, indices: [0], check: (out) => expected.forEach((value, m) => same(`band ${m}`, out[m]! + 0, value + 0)) }
  })

const decibels = (): readonly KernelCase[] =>
  [1, 1e-4, 0, 3e30].map((reference): KernelCase => {
    const [lowest, floor, factor] = [f32(1e-10), -80, f32(10 * log2(2) * (Math.LN2 / Math.LN10))]
    const values = Float32Array.from([0, 1e-38, 1e-10, 1e-9, 0.5, Math.SQRT1_2, 1, Math.SQRT2, 2, 1e10, 3e38, ...noise(50, 1).map((x) => f32(10 ** (12 * x)))])
    return { arrays: [Float32Array.of(lowest, factor, floor, reference), values], numbers: [values.length], out: 1, indices: [0], check: (out) =>
      values.forEach((value, i) => near(`${value} of ${reference}`, out[i]!, Math.max(floor, 10 * Math.log2(Math.max(value, lowest) / Math.max(reference, lowest)) * Math.log10(2)), 1e-5 + 2e-7 * Math.abs(out[i]!))) }
  })

/** Nearest, ties away from zero, limits of int8; anything beyond them too. */
const quantize = (): readonly KernelCase[] =>
  [[0.25, 3, 1], [f32(0.1), -128, 2], [64, 127, 1]].map(([scale, zero, step]): KernelCase => {
    const values = Float32Array.from([0, 0.125, -0.125, 0.124999, 0.375, -0.375, 31.9, -32, 1e30, -1e30, Infinity, -Infinity, ...noise(60, 30)])
    const out = new Int8Array(values.length * step!).fill(99)
    return { arrays: [values, Float32Array.of(scale!), out], numbers: [values.length, zero!, step!], out: 2, indices: [0], check: (found) =>
      found.forEach((q, i) => {
        const quotient = f32(values[i / step!]! / scale!)
        same(`value ${i}`, q, i % step! > 0 ? 99 : Math.max(-128, Math.min(127, Math.sign(quotient) * Math.floor(Math.min(1e6, Math.abs(quotient)) + 0.5) + zero!)) + 0)
      }) }
  })

const fe = (name: string, fields: string, rest: string, cases: readonly KernelCase[]): Kernel => ({ file: `audio/aed_fe_${name}.c`, call: `aed_fe_${name}(${fields === '' ? '' : `&(aed_front_end){${fields}}, `}${rest})`, cases })

/** Every kernel of the front end. */
export const FRONT_END_KERNELS: readonly Kernel[] = [
  fe('window_f32', '.window = b[0], .order = b[1], .n_fft = n[0], .radix_2 = n[1]', 'b[2], b[3]', windowed()),
  fe('fft_f32', '.sine = b[0], .n_fft = n[0], .radix_2 = n[1]', 'b[1]', transform()),
  fe('power_f32', '.sine = b[0], .n_fft = n[0]', 'b[1]', power()),
  fe('magnitude_f32', '.n_fft = n[0]', 'b[0]', magnitude()),
  fe('mel_f32', '.weights = b[0], .start = b[1], .offset = b[2], .n_fft = n[0], .n_mels = n[1]', 'b[3], b[4]', mel()),
  fe('decibels_f32', '.lowest = ((const float *)b[0])[0], .factor = ((const float *)b[0])[1], .floor = ((const float *)b[0])[2], .n_mels = n[0]', '((const float *)b[0])[3], b[1]', decibels()),
  fe('quantize_s8', '', 'b[0], n[0], ((const float *)b[1])[0], n[1], b[2], n[2]', quantize()),
]
