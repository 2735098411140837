import { struct, type Kernel, type KernelCase } from './driver.ts'
import { at, between, int8s, lines, ring, rounds, rowKernel, shape, sizeOf } from './values.ts'

/* What c/include/aed_kernels.h says of the kernels that take rows into the statistics of a clip head. */

/**
 * Sums of so many rows, in arrays that hold something already; each of the three is checked in a case of its own, in which the others are missing in turn.
 * @param most rows that are summed at most
 */
function taps(most: number): readonly KernelCase[] {
  return rounds((round) => {
    const pool = between(1, most)
    const of = shape(pool * between(1, 3), between(1, 7), between(1, 9))
    const [values, zero, slots] = [int8s(sizeOf(of), round), between(-128, 127), between(pool, of.height)]
    const index = between(0, of.height / pool - 1)
    const kept = (of.height / pool) * of.channels
    const before = { sum: Int32Array.from({ length: kept }, () => between(-(2 ** 23), 2 ** 23)), squares: Int32Array.from({ length: kept }, () => between(0, 2 ** 30)), max: Array.from({ length: kept }, () => pool * between(-128, 127)) }
    const max = most === 1 ? Int8Array.from(before.max) : Int16Array.from(before.max)
    const params = struct(...lines(of, slots), zero, ...(most === 1 ? [] : [pool]))
    const arrays = [params, ring(values, of, slots, index * pool, (index + 1) * pool), before.sum, before.squares, max] as const
    const after = (slot: number) => {
      let [sum, squares, largest] = [before.sum[slot]!, before.squares[slot]!, max[slot]!]
      if (Math.floor(slot / of.channels) === index)
        for (let x = 0; x < of.width; x++) {
          let q = 0
          for (let y = index * pool; y < (index + 1) * pool; y++) q += values[at(of, y, x, slot % of.channels)]!
          sum += q - pool * zero
          squares += (q - pool * zero) ** 2
          largest = Math.max(largest, q)
        }
      return [sum, squares, largest] as const
    }
    return [0, 1, 2].map((which): KernelCase => {
      const missing = round % 2 === 0 ? 2 + ((which + 1) % 3) : -1
      return {
        arrays: arrays.map((array, i) => (i === missing ? new Int8Array(0) : array)),
        out: 2 + which,
        indices: [index],
        check: (out) => {
          for (let slot = 0; slot < kept; slot++) if (out[slot] !== after(slot)[which]) throw new Error(`slot ${slot}: ${out[slot]!}, expected ${after(slot)[which]!}`)
        },
      }
    })
  })
}

/** Kernels of c/src that a clip head of statistics needs. */
export const TAP_KERNELS: readonly Kernel[] = [rowKernel('tap_statistics_s8', 5, taps(1)), rowKernel('pooled_tap_statistics_s8', 5, taps(5))]
