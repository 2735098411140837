import { AedError, featureConfigSchema, log10, log2F32, parseOptions, throwIfAborted, type DeviceTables, type MelOptions, type StageContext, type Tensor, type WordLength } from '@aed/core'
import type { LogMelPatchesConfig } from '../log-mel-patches.ts'
import type { MelOptionsInput } from '../mel-plan.ts'
import { frameCount } from '../padding.ts'
import { copyColumns, cutPatches, patchStarts } from '../patches.ts'
import { createPowerSpectrumF32 } from './real-fft-f32.ts'
import { decodeTable, deviceTables } from './tables.ts'

const f32 = Math.fround

/** 16-bit samples as a microphone's interface gives them. */
export interface Pcm16Clip {
  readonly samples: Int16Array
  /** In Hz. */
  readonly sampleRate: number
}

/** The front end of a device, frame by frame: its C computes the same bits. */
export interface DeviceFrontEnd {
  readonly tables: DeviceTables
  /**
   * Mel power (or magnitude) of one frame.
   * @param pcm nFft samples from `start` on; what lies outside counts as 0
   * @param out takes `nMels` values
   */
  readonly melPower: (pcm: Int16Array, start: number, out: Float32Array) => void
  /**
   * dB of some mel powers relative to a reference of the same unit.
   * @param out takes as many values
   */
  readonly decibels: (power: Float32Array, reference: number, out: Float32Array) => void
  /**
   * Log-mel spectrogram of a whole clip, with its centred ends.
   * @returns `[nMels, frames]`
   * @throws AedError `INVALID_OPTION` when `dbRef` is `'patch'`, `INVALID_INPUT` for a clip that has no frame
   */
  readonly logMel: (pcm: Int16Array) => Tensor<'float32'>
}

/**
 * Model of the float32 front end that runs on a device, 16-bit samples in, equal to the bit to C whose products and sums are
 * each rounded to float32. In order: sample × window × 2⁻¹⁶, the FFT of real-fft-f32.ts, power (its `sqrtf` with
 * `power: 1`), for each band the sum over its bins from the lowest on (product, then sum, from 0), and
 * dB = k · (log2 max(p, floor) − log2 max(reference, floor)), at least −topDb, with k = 10 log10 2 (20 with `power: 1`).
 * @throws AedError as {@link deviceTables}
 */
export function createDeviceFrontEnd(sampleRate: number, options: MelOptionsInput = {}, wordLength: WordLength = 'float32'): DeviceFrontEnd {
  const tables = deviceTables(sampleRate, options, wordLength)
  const mel = tables.options
  const { nFft, nMels, power: exponent } = mel
  const { start, offset } = tables
  const window = decodeTable(tables.window)
  const weights = decodeTable(tables.weights)
  const transform = createPowerSpectrumF32(decodeTable(tables.sine), tables.order)
  const frame = new Float32Array(nFft)
  const bins = new Float32Array(nFft / 2 + 1)

  const melPower = (pcm: Int16Array, first: number, out: Float32Array) => {
    // 2⁻¹⁵ makes a sample of at most 1 of an integer; the other half is the split's. Both are exact.
    for (let i = 0; i < nFft; i++) frame[i] = f32((pcm[first + i] ?? 0) * window[i]!) / 65536
    transform(frame, bins)
    if (exponent === 1) for (let k = 0; k < bins.length; k++) bins[k] = Math.sqrt(bins[k]!)
    for (let m = 0; m < nMels; m++) {
      let sum = 0
      for (let i = offset[m]!, k = start[m]!; i < offset[m + 1]!; i++, k++) sum = f32(sum + f32(weights[i]! * bins[k]!))
      out[m] = sum
    }
  }
  const decibels = createDecibelsF32(mel)
  return { tables, melPower, decibels, logMel: (pcm) => logMel(pcm, mel, melPower, decibels) }
}

function createDecibelsF32({ power, amin, topDb }: MelOptions): DeviceFrontEnd['decibels'] {
  const lowest = f32(power === 1 ? Math.sqrt(amin) : amin)
  const factor = f32((power === 1 ? 20 : 10) * log10(2))
  const floor = topDb === null ? -Infinity : f32(-topDb)
  return (values, reference, out) => {
    const zero = log2F32(Math.max(lowest, f32(reference)))
    for (let i = 0; i < values.length; i++) out[i] = Math.max(floor, f32(factor * f32(log2F32(Math.max(lowest, values[i]!)) - zero)))
  }
}

function logMel(pcm: Int16Array, mel: MelOptions, melPower: DeviceFrontEnd['melPower'], decibels: DeviceFrontEnd['decibels']): Tensor<'float32'> {
  const { nMels, dbRef } = mel
  if (dbRef === 'patch') throw new AedError('INVALID_OPTION', "device front end: dbRef 'patch' is the maximum of a patch, and a spectrogram has no patches", { hint: 'call deviceLogMelPatches' })
  const { columns, frames } = powersOf(pcm, mel, melPower)
  let reference = dbRef === 'clip' ? maximumOf(columns) : typeof dbRef === 'number' ? dbRef : 0
  const column = new Float32Array(nMels)
  const data = new Float32Array(nMels * frames)
  for (let t = 0; t < frames; t++) {
    const values = columns.subarray(t * nMels, (t + 1) * nMels)
    if (dbRef === 'running') reference = Math.max(reference, maximumOf(values))
    if (dbRef === null) column.set(values)
    else decibels(values, reference, column)
    for (let m = 0; m < nMels; m++) data[m * frames + t] = column[m]!
  }
  return { dtype: 'float32', shape: [nMels, frames], data }
}

/** Mel power of all frames, one after another. */
function powersOf(pcm: Int16Array, mel: MelOptions, melPower: DeviceFrontEnd['melPower']): { columns: Float32Array; frames: number } {
  const { nFft, nMels, hopLength, center } = mel
  const frames = frameCount(pcm.length, mel)
  if (frames === 0) throw new AedError('INVALID_INPUT', `device front end: at least ${center ? 1 : nFft} samples are needed, got ${pcm.length}`)
  const columns = new Float32Array(nMels * frames)
  for (let t = 0; t < frames; t++) melPower(pcm, t * hopLength - (center ? nFft / 2 : 0), columns.subarray(t * nMels, (t + 1) * nMels))
  return { columns, frames }
}

function maximumOf(values: Float32Array): number {
  return values.reduce((max, value) => Math.max(max, value), 0)
}

/** A feature config and how the tables are held. */
export interface DeviceLogMelPatchesConfig extends LogMelPatchesConfig {
  /** Default `'float32'`. */
  readonly wordLength?: WordLength
}

/**
 * Log-mel patches as the device computes them: {@link logMelPatches} of 16-bit samples in float32, see {@link createDeviceFrontEnd}.
 * @returns `[n, nMels, patchLength]`
 * @throws AedError as {@link logMelPatches} and {@link deviceTables}
 */
export function deviceLogMelPatches(clip: Pcm16Clip, config: DeviceLogMelPatchesConfig, context?: StageContext): Tensor<'float32'> {
  throwIfAborted(context?.signal)
  const { wordLength = 'float32', ...features } = config
  const { mel, patches, audio } = parseOptions(featureConfigSchema, features, 'deviceLogMelPatches')
  const { samples, sampleRate } = clip
  if (Object.prototype.toString.call(samples) !== '[object Int16Array]') throw new AedError('INVALID_INPUT', "deviceLogMelPatches: a clip's samples are an Int16Array", { hint: 'toPcm16 makes one' })
  if (config.audio && audio.sampleRate !== sampleRate)
    throw new AedError('INVALID_INPUT', `deviceLogMelPatches: the feature config takes clips of ${audio.sampleRate} Hz, got ${sampleRate} Hz`, { hint: 'resample the clip first' })
  const re = mel.dbRef === 'patch'
  const { logMel: whole, decibels } = createDeviceFrontEnd(sampleRate, { ...mel, dbRef: re ? null : mel.dbRef }, wordLength)
  const spectrogram = whole(samples)
  if (!re) return cutPatches(spectrogram, patches)
  const frames = spectrogram.shape[1]!
  const size = mel.nMels * patches.patchLength
  const starts = patchStarts(frames, patches)
  const data = new Float32Array(starts.length * size)
  const patch = new Float32Array(size)
  for (const [i, first] of starts.entries()) {
    copyColumns(spectrogram.data, frames, first, patches.patchLength, patch)
    decibels(patch, maximumOf(patch), data.subarray(i * size, (i + 1) * size))
  }
  return { dtype: 'float32', shape: [starts.length, mel.nMels, patches.patchLength], data }
}

/** Samples of −1 … 1 as 16-bit integers: × 32768, to the nearest (halves up), limited. NaN becomes 0. */
export function toPcm16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (sample) => Math.max(-32768, Math.min(32767, Math.floor(sample * 32768 + 0.5))))
}
