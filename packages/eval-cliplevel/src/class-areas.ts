import type { BinaryAreas } from './binary-curves.ts'
import { createSlotCounter, distinct, isInt32, type Keys } from './score-slots.ts'
import { trueClasses, type Truth } from './truth.ts'

/** Columns that are taken out of the matrix together: one cache line of float32 scores. */
const BLOCK = 16
/** Rows of a tile. */
const TILE = 256

type Floats = Float32Array | Float64Array
type SlotCounter = ReturnType<typeof createSlotCounter>

/** Areas under the curves of one class. Only the thresholds at scores of positive items matter to either. */
function areasOf(scores: Keys, positive: Keys, countSlots: SlotCounter): BinaryAreas {
  const positives = positive.length
  const negatives = scores.length - positives
  if (positives === 0) return { rocAuc: null, averagePrecision: null }
  const { values, counts } = distinct(positive.sort())
  const slots = countSlots(scores, values)
  let [hits, decided, area, precisions] = [0, 0, 0, 0]
  for (let j = values.length - 1; j >= 0; j--) {
    const count = counts[j]!
    const above = decided + slots[2 * j + 2]!
    const alarms = above - hits
    decided = above + slots[2 * j + 1]!
    // Each positive item stands above the negatives below it, and half above those beside it.
    area += count * (negatives - alarms - (slots[2 * j + 1]! - count) / 2)
    hits += count
    precisions += (count * hits) / decided
  }
  return { rocAuc: negatives > 0 ? area / (positives * negatives) : null, averagePrecision: precisions / positives }
}

/** Scores as keys. */
const keysOf = (scores: Floats): Keys => (scores.BYTES_PER_ELEMENT === 8 ? (scores as Float64Array) : new Int32Array(scores.buffer, scores.byteOffset, scores.length))

/** An array of the same type. */
const make = (like: Keys, length: number): Keys => (like.BYTES_PER_ELEMENT === 4 ? new Int32Array(length) : new Float64Array(length))

/** Bits without the sign: −0 becomes 0, whose bits are ordered. */
const BITS = 0x7fffffff

/** The keys of each class at the items that it is true of. */
function positivesOf(keys: Keys, classes: number, { targets, rowOf }: Truth): Keys[] {
  const items = keys.length / classes
  const { starts, classes: wanted } = trueClasses(targets, classes)
  const visit = (use: (c: number, item: number) => void) => {
    for (let item = 0; item < items; item++) {
      const row = rowOf ? rowOf[item]! : item
      for (let i = starts[row]!; i < starts[row + 1]!; i++) use(wanted[i]!, item)
    }
  }
  const counts = new Int32Array(classes)
  visit((c) => counts[c]!++)
  const found = Array.from(counts, (count) => make(keys, count))
  counts.fill(0)
  const exact = isInt32(keys)
  visit((c, item) => {
    const key = keys[item * classes + c]!
    found[c]![counts[c]!++] = exact ? key & BITS : key + 0
  })
  return found
}

// Two functions of one text: each meets one kind of array, and is compiled for it.
function takeBits(keys: Keys, at: number, step: number, out: Keys, from: number, to: number): void {
  for (let i = from; i < to; i++, at += step) out[i] = keys[at]! & BITS
}

function takeFloats(keys: Keys, at: number, step: number, out: Keys, from: number, to: number): void {
  for (let i = from; i < to; i++, at += step) out[i] = keys[at]! + 0
}

/**
 * Takes some columns out of a matrix, tile by tile: a column of a tile stays in the cache, a column of the whole matrix would not.
 * @param columns `[count, items]`
 */
function takeColumns(keys: Keys, classes: number, start: number, count: number, columns: Keys): void {
  const items = keys.length / classes
  const take = isInt32(keys) ? takeBits : takeFloats
  for (let from = 0; from < items; from += TILE) for (let k = 0; k < count; k++) take(keys, from * classes + start + k, classes, columns, k * items + from, k * items + Math.min(items, from + TILE))
}

/**
 * ROC AUC and average precision of every class, each against the rest.
 * @param scores row-major `[items, classes]`, finite, 0 or more
 */
export function classAreas(scores: Floats, classes: number, truth: Truth): BinaryAreas[] {
  const items = scores.length / classes
  const keys = keysOf(scores)
  const positives = positivesOf(keys, classes, truth)
  const width = Math.min(BLOCK, classes)
  const columns = make(keys, items * width)
  const countSlots = createSlotCounter(items)
  const result: BinaryAreas[] = []
  for (let start = 0; start < classes; start += width) {
    const block = Math.min(width, classes - start)
    takeColumns(keys, classes, start, block, columns)
    for (let k = 0; k < block; k++) result.push(areasOf(columns.subarray(k * items, (k + 1) * items), positives[start + k]!, countSlots))
  }
  return result
}
