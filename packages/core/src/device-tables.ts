import type { MelOptions } from './feature-config.ts'

/** How the numbers of a table are held: float32, or 16-bit integers that count steps of a power of two. */
export type WordLength = 'float32' | 'int16'

/** Numbers as a device holds them. */
export interface DeviceTable {
  readonly data: Float32Array | Int16Array
  /** What one step of `data` is worth: a power of two, so that the product is exact in float32; 1 for float32. */
  readonly step: number
  /** Largest distance from the float64 values, in units of the largest of them. */
  readonly maxError: number
}

/** Constant tables of the front end on a device: `@aed/dsp-mel` makes them, `@aed/stm32-deploy` writes them as C. Plain data. */
export interface DeviceTables {
  readonly wordLength: WordLength
  /** In Hz. */
  readonly sampleRate: number
  /** Complete options. */
  readonly options: MelOptions
  /** Window of a frame, `[nFft]`; a short one has zeros around it. */
  readonly window: DeviceTable
  /** sin(2πk / nFft), `[nFft]`; the cosine lies nFft / 4 further on, around the end. */
  readonly sine: DeviceTable
  /** Mel weights, band after band. */
  readonly weights: DeviceTable
  /** First bin of each band, `[nMels]`. */
  readonly start: Uint16Array
  /** Where the weights of each band begin, `[nMels + 1]`. */
  readonly offset: Uint16Array
  /** Slot `i` of the complex FFT takes pair `order[i]` of the samples, `[nFft / 2]`. */
  readonly order: Uint16Array
  /** Of all tables. */
  readonly bytes: number
}
