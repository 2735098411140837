import { AedError, cosPi, type MelOptions } from '@aed/core'

/** Coefficients of the cosine sums a₀ − a₁ cos + a₂ cos 2 that the windows are. */
const COSINE_SUMS = {
  hann: [0.5, 0.5],
  hamming: [0.54, 0.46],
  blackman: [0.42, 0.5, 0.08],
  rectangular: [1],
} as const satisfies Record<MelOptions['window'], readonly number[]>

/**
 * Periodic window: one period of length `length` whose next sample would be the first again.
 * @param length in samples, 1 or more
 * @returns `[length]`, float64
 * @see librosa.filters.get_window with fftbins=True (scipy.signal.get_window)
 */
export function periodicWindow(type: MelOptions['window'], length: number): Float64Array {
  return cosineSum(type, length, length)
}

/**
 * Symmetric window: its last sample equals its first, as filters are designed with.
 * @param length in samples, 1 or more
 * @returns `[length]`, float64
 * @see scipy.signal.get_window with fftbins=False
 */
export function symmetricWindow(type: MelOptions['window'], length: number): Float64Array {
  return cosineSum(type, length, length - 1)
}

/** So many samples of a window whose period is `period`, which is the length or one less. */
function cosineSum(type: MelOptions['window'], length: number, period: number): Float64Array {
  const window = new Float64Array(length)
  if (length === 1) return window.fill(1) // as scipy: one sample of any window is 1
  const [a0, a1 = 0, a2 = 0] = COSINE_SUMS[type] as readonly number[]
  // Symmetric around period / 2: half of the cosines are enough.
  for (let i = 0; i <= period >> 1; i++) {
    const turn = (2 * i) / period
    let value = a0!
    if (a1 !== 0) value -= a1 * cosPi(turn)
    if (a2 !== 0) value += a2 * cosPi(2 * turn)
    window[i] = value
    if (period - i < length) window[period - i] = value
  }
  return window
}

/**
 * The window of a frame: `winLength` samples, periodic unless `symmetric`, centred among zeros.
 * @returns `[nFft]`, float64
 * @throws AedError `INVALID_OPTION` when `winLength` is longer than `nFft`
 * @see librosa.util.pad_center
 */
export function frameWindow({ window, winLength, nFft, symmetric = false }: Pick<MelOptions, 'window' | 'winLength' | 'nFft'> & { readonly symmetric?: boolean }): Float64Array {
  const length = winLength ?? nFft
  if (length > nFft)
    throw new AedError('INVALID_OPTION', `mel: winLength takes at most nFft = ${nFft}, got ${length}`, { hint: 'raise nFft: the frame is filled up with zeros' })
  const frame = new Float64Array(nFft)
  frame.set((symmetric ? symmetricWindow : periodicWindow)(window, length), Math.floor((nFft - length) / 2))
  return frame
}
