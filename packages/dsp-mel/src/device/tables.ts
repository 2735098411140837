import { AedError, melOptionsSchema, parseOptions, type DeviceTable, type DeviceTables, type MelOptions, type WordLength } from '@aed/core'
import { createCircle } from '../circle.ts'
import { createMelFilters } from '../mel-filters.ts'
import type { MelOptionsInput } from '../mel-plan.ts'
import { frameWindow } from '../window.ts'

/**
 * The constant tables of the front end on a device, from the float64 values that the features here are made with.
 * @param sampleRate in Hz
 * @throws AedError `INVALID_OPTION` as {@link createMelPlan}; `DEPLOY_UNSUPPORTED` when nFft is not a power of two from 8 to
 * 32768, when a centred signal is not padded with zeros, or when amin is below what float32 holds
 * @example deviceTables(16000, {}, 'int16').window.maxError // 3.1e-5
 */
export function deviceTables(sampleRate: number, options: MelOptionsInput = {}, wordLength: WordLength = 'float32'): DeviceTables {
  const mel = parseOptions(melOptionsSchema, options, 'mel')
  checkSupported(mel)
  const filters = createMelFilters(sampleRate, mel)
  const window = encode(frameWindow(mel), wordLength)
  const sine = encode(createCircle(mel.nFft).sin, wordLength)
  const weights = encode(filters.weights, wordLength)
  const start = Uint16Array.from(filters.start)
  const offset = Uint16Array.from(filters.offset)
  const order = bitPairReversal(mel.nFft / 2)
  const bytes = [window.data, sine.data, weights.data, start, offset, order].reduce((sum, { byteLength }) => sum + byteLength, 0)
  return { wordLength, sampleRate, options: mel, window, sine, weights, start, offset, order, bytes }
}

/** Smallest normal float32. */
const SMALLEST = 1.1754943508222875e-38

function checkSupported({ nFft, center, padMode, amin, power }: MelOptions): void {
  if (nFft < 8 || nFft > 32768 || (nFft & (nFft - 1)) !== 0)
    throw new AedError('DEPLOY_UNSUPPORTED', `device front end: nFft takes a power of two from 8 to 32768, got ${nFft}`, { hint: 'train with another nFft' })
  if (center && padMode !== 'constant')
    throw new AedError('DEPLOY_UNSUPPORTED', `device front end: a centred signal takes padMode constant, got ${padMode}`, { hint: 'a stream has no reflected end: train with padMode constant or without center' })
  const lowest = power === 1 ? Math.sqrt(amin) : amin
  if (Math.fround(lowest) < SMALLEST) throw new AedError('DEPLOY_UNSUPPORTED', `device front end: amin takes at least ${SMALLEST} (the square of it with power 1), got ${amin}`)
}

/**
 * Rounds to float32, or to the nearest multiple of the smallest power of two for which the largest value has 15 bits. A
 * value of just 1 (of a window, of the sine) becomes 32767 / 32768, as usual in Q15.
 */
function encode(values: Float64Array, wordLength: WordLength): DeviceTable {
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  let step = 1
  let data: Float32Array | Int16Array
  if (wordLength === 'float32') data = new Float32Array(values)
  else {
    step = 1 / 32768
    while (largest > 0 && largest <= 16384 * step) step /= 2
    while (largest > 32768 * step) step *= 2
    data = Int16Array.from(values, (value) => Math.min(32767, Math.max(-32767, Math.round(value / step))))
  }
  let maxError = 0
  for (let i = 0; i < values.length; i++) maxError = Math.max(maxError, Math.abs(data[i]! * step - values[i]!))
  return { data, step, maxError: largest > 0 ? maxError / largest : 0 }
}

/** The order in which passes of radix 4, after one of radix 2 where the power of two is odd, take their inputs. */
function bitPairReversal(size: number): Uint16Array {
  let order = [0]
  for (const radix of radicesOf(size)) order = Array.from({ length: radix }, (_, q) => order.map((pair) => pair * radix + q)).flat()
  return Uint16Array.from(order)
}

/** The passes of the device's complex FFT, first pass first. */
export function radicesOf(size: number): number[] {
  const radices: number[] = []
  let rest = size
  for (; rest >= 4; rest /= 4) radices.push(4)
  return rest === 2 ? [2, ...radices] : radices
}

/** The values of a table in float32, exact. */
export function decodeTable({ data, step }: DeviceTable): Float32Array {
  return Float32Array.from(data, (value) => value * step)
}
