import { describe, expect, it } from '@jest/globals'
import { addFrame, addTap, emptyFrameState, emptyTapState, frameStatistics, mergeFrameStates, mergeTapStates, mostPositions, tapStatistics } from './clip-statistics.ts'
import { createRandom } from './random.ts'

const shape = { rows: 4, columns: 5, channels: 3, rowPool: 1 }
const size = 4 * 5 * 3
const block = { statistics: ['mean', 'std', 'max'] as ('mean' | 'std' | 'max')[], rowPool: 1, epsilon: 1e-4, sqrt: false }
const random = createRandom('clip statistics')
const int8Patches = Array.from({ length: 6 }, () => Int8Array.from({ length: size }, () => random.integer(256) - 128))

const stateOf = (patches: readonly (Int8Array | Float32Array)[], zeroPoint: number, rowPool = 1) => {
  const state = emptyTapState({ ...shape, rowPool })
  for (const patch of patches) addTap(state, patch, { ...shape, rowPool }, zeroPoint)
  return state
}
/** Values of one slot over all columns of all patches, rows pooled, by plain arithmetic. */
const valuesOf = (patches: readonly (Int8Array | Float32Array)[], row: number, channel: number, zeroPoint: number, rowPool = 1) =>
  patches.flatMap((patch) =>
    Array.from({ length: 5 }, (_, column) => {
      let sum = 0
      for (let r = 0; r < rowPool; r++) sum += patch[((row * rowPool + r) * 5 + column) * 3 + channel]! - zeroPoint
      return sum / rowPool
    }),
  )

describe('tapStatistics', () => {
  for (const rowPool of [1, 2])
    it(`are mean, deviation and maximum of each row and channel, rows pooled by ${rowPool}`, () => {
      const values = tapStatistics(stateOf(int8Patches, -7, rowPool), { ...block, rowPool }, 0.05)
      const slots = (4 / rowPool) * 3
      for (let row = 0; row < 4 / rowPool; row++)
        for (let channel = 0; channel < 3; channel++) {
          const x = valuesOf(int8Patches, row, channel, -7, rowPool).map((q) => 0.05 * q)
          const mean = x.reduce((a, b) => a + b) / x.length
          const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length
          const slot = row * 3 + channel
          expect(values[slot]).toBeCloseTo(mean, 5)
          expect(values[slots + slot]).toBeCloseTo(Math.sqrt(variance + 1e-4), 5)
          expect(values[2 * slots + slot]).toBeCloseTo(Math.max(...x), 5)
        }
    })

  it('takes roots where asked, 0 of a negative value', () => {
    const state = stateOf([new Int8Array(size).fill(-3), new Int8Array(size).fill(-3)], 0)
    const values = tapStatistics(state, { ...block, epsilon: 4, sqrt: true }, 1)
    expect([values[0], values[12], values[24]]).toEqual([0, Math.fround(Math.sqrt(2)), 0])
  })

  it('gives a float tensor the values of its dequantized int8 twin', () => {
    const floats = int8Patches.map((patch) => Float32Array.from(patch, (q) => 0.25 * (q + 7))) // exact
    const int8 = tapStatistics(stateOf(int8Patches, -7), block, 0.25)
    const float = tapStatistics(stateOf(floats, 0), block, null)
    int8.forEach((x, i) => expect(Math.abs(x - float[i]!)).toBeLessThan(1e-5))
  })

  it('joins two halves to the state of the whole, exactly', () => {
    const merged = mergeTapStates(stateOf(int8Patches.slice(0, 2), 5), stateOf(int8Patches.slice(2), 5))
    expect(merged).toEqual(stateOf(int8Patches, 5))
  })

  it('refuses a clip without a patch, and more positions than its counters hold', () => {
    const state = emptyTapState(shape)
    expect(() => tapStatistics(state, block, 1)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
    state.count = mostPositions(1) + 1
    expect(() => tapStatistics(state, block, 1)).toThrow(expect.objectContaining({ code: 'INVALID_STATE', message: 'a clip head of int8 values takes 65793 positions at most, got 65794' }))
    expect(() => tapStatistics(state, block, null)).not.toThrow()
  })

  it('never leaves the numbers that float32 and 64-bit counters hold exactly', () => {
    for (const rowPool of [1, 2, 4]) {
      const most = mostPositions(rowPool)
      expect(most * 255 * rowPool).toBeLessThanOrEqual(2 ** 24)
      expect(most * (255 * rowPool) ** 2).toBeLessThan(2 ** 32)
      expect(most * most * (255 * rowPool) ** 2).toBeLessThan(Number.MAX_SAFE_INTEGER)
    }
  })
})

describe('frameStatistics', () => {
  const frames = 9
  const bands = 4
  const logMel = Int8Array.from({ length: bands * frames }, () => random.integer(256) - 128)
  const over = (from: number, to: number) => {
    const state = emptyFrameState(bands)
    for (let t = from; t < to; t++) addFrame(state, logMel, t, frames, 127)
    return state
  }
  const names = ['mean', 'std', 'max', 'delta'] as ('mean' | 'std' | 'max' | 'delta')[]

  it('are moments of each band and the size of its steps', () => {
    const values = frameStatistics(over(0, frames), { statistics: names }, 0.3)
    for (let band = 0; band < bands; band++) {
      const x = Array.from({ length: frames }, (_, t) => 0.3 * (logMel[band * frames + t]! - 127))
      const mean = x.reduce((a, b) => a + b) / frames
      expect(values[band]).toBeCloseTo(mean, 3)
      expect(values[bands + band]).toBeCloseTo(Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / frames), 3)
      expect(values[2 * bands + band]).toBeCloseTo(Math.max(...x), 3)
      expect(values[3 * bands + band]).toBeCloseTo(Math.sqrt(x.slice(1).reduce((a, b, t) => a + (b - x[t]!) ** 2, 0) / (frames - 1)), 3)
    }
  })

  it('joins two halves to the state of the whole, with the step between them', () => {
    for (const cut of [0, 1, 4, 9]) expect(mergeFrameStates(over(0, cut), over(cut, frames))).toEqual(over(0, frames))
  })

  it('has no step in a single frame', () => {
    expect([...frameStatistics(over(0, 1), { statistics: ['delta'] }, 1)]).toEqual([0, 0, 0, 0])
  })
})
