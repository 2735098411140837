import type { BinaryAreas } from './binary-curves.ts'

/** Which classes are true of which item. */
export interface Truth {
  /** Row-major `[rows, classes]`, 0 or 1. */
  readonly targets: Uint8Array
  /** Row of each item: patches share the row of their clip. Absent where item i has row i. */
  readonly rowOf?: Int32Array
}

/** Columns that are taken out of the matrix together: one cache line of float32 scores. */
const BLOCK = 16
/** Rows of a tile. */
const TILE = 256
/** Buckets of the table that finds a score among those of the positive items: 128 KiB, which stays in the cache of one core. */
const BUCKET_BITS = 15

type Floats = Float32Array | Float64Array

/** Sorted distinct values with how often each occurs. */
export function distinct(sorted: Floats): { readonly values: Floats; readonly counts: Uint32Array } {
  const values = sorted.slice()
  const counts = new Uint32Array(sorted.length)
  let n = 0
  for (let i = 0; i < sorted.length; i++) {
    if (n === 0 || values[n - 1] !== sorted[i]) values[n++] = sorted[i]!
    counts[n - 1]!++
  }
  return { values: values.subarray(0, n), counts: counts.subarray(0, n) }
}

/**
 * For every gap between ascending `values` and for every one of them the scores that lie there: slot 2j below value j, slot 2j + 1 at it, the last above all.
 *
 * Nothing is sorted. The bits of floats that are not negative are ordered as integers; their upper part chooses a bucket, and in it a binary search of a fixed number of steps
 * without a branch finds the place: a branch here would be guessed wrong every other time.
 */
function placeFloat32(scores: Float32Array, values: Float32Array, slots: Uint32Array, first: Int32Array): void {
  const n = values.length
  const keys = new Int32Array(scores.buffer, scores.byteOffset, scores.length)
  const sorted = new Int32Array(2 * n + 1).fill(0x7fffffff)
  sorted.set(new Int32Array(values.buffer, values.byteOffset, n))
  const low = sorted[0]!
  const top = sorted[n - 1]!
  let shift = 0
  while ((top - low) >>> shift >= 1 << BUCKET_BITS) shift++
  const buckets = ((top - low) >>> shift) + 1
  let crowd = 0
  for (let b = 0, j = 0; b < buckets; b++) {
    first[b] = j
    while (j < n && (sorted[j]! - low) >>> shift === b) j++
    crowd = Math.max(crowd, j - first[b]!)
  }
  let span = 1
  while (span <= crowd) span *= 2
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!
    if (key < low) slots[0]!++
    else if (key > top) slots[2 * n]!++
    else {
      let j = first[(key - low) >>> shift]!
      for (let half = span >>> 1; half > 0; half >>>= 1) j += half & ((sorted[j + half - 1]! - key) >> 31)
      const apart = sorted[j]! - key // never negative
      slots[2 * j + 1 + (-apart >> 31)]!++
    }
  }
}

/** Slot of one score among ascending values, as {@link placeFloat32} counts them. */
export function slotOf(values: Floats, score: number): number {
  let [j, end] = [0, values.length]
  while (j < end) {
    const middle = (j + end) >>> 1
    if (values[middle]! < score) j = middle + 1
    else end = middle
  }
  return values[j] === score ? 2 * j + 1 : 2 * j
}

/** Areas under the curves of one class. Only the thresholds at scores of positive items matter to either. */
function areasOf(scores: Floats, positive: Floats, slots: Uint32Array, first: Int32Array): BinaryAreas {
  const positives = positive.length
  const negatives = scores.length - positives
  if (positives === 0) return { rocAuc: null, averagePrecision: null }
  const { values, counts } = distinct(positive.sort())
  slots.fill(0, 0, 2 * values.length + 1)
  if (scores.BYTES_PER_ELEMENT === 4) placeFloat32(scores as Float32Array, values as Float32Array, slots, first)
  else for (const score of scores) slots[slotOf(values, score)]!++
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

/** The scores of each class at the items that it is true of. */
function positivesOf(scores: Floats, classes: number, { targets, rowOf }: Truth): Floats[] {
  const items = scores.length / classes
  const counts = new Uint32Array(classes)
  const found = Array.from({ length: classes }, () => make(scores, 64))
  for (let item = 0; item < items; item++) {
    const row = (rowOf ? rowOf[item]! : item) * classes
    for (let c = 0; c < classes; c++) {
      if (targets[row + c] === 0) continue
      if (counts[c] === found[c]!.length) {
        const grown = make(scores, 2 * found[c]!.length)
        grown.set(found[c]!)
        found[c] = grown
      }
      found[c]![counts[c]!++] = scores[item * classes + c]! + 0 // −0 becomes 0, whose bits are ordered
    }
  }
  return found.map((values, c) => values.subarray(0, counts[c]))
}

/** An array of the same type. */
const make = (like: Floats, length: number): Floats => (like.BYTES_PER_ELEMENT === 4 ? new Float32Array(length) : new Float64Array(length))

/**
 * Takes some columns out of a matrix, tile by tile: a column of a tile stays in the cache, a column of the whole matrix would not.
 * @param columns `[count, items]`
 */
function takeColumns(scores: Floats, classes: number, start: number, count: number, columns: Floats): void {
  const items = scores.length / classes
  for (let from = 0; from < items; from += TILE) {
    const to = Math.min(items, from + TILE)
    for (let k = 0; k < count; k++) for (let item = from, at = from * classes + start + k; item < to; item++, at += classes) columns[k * items + item] = scores[at]! + 0
  }
}

/**
 * ROC AUC and average precision of every class, each against the rest.
 * @param scores row-major `[items, classes]`, finite, 0 or more
 */
export function classAreas(scores: Floats, classes: number, truth: Truth): BinaryAreas[] {
  const items = scores.length / classes
  const positives = positivesOf(scores, classes, truth)
  const width = Math.min(BLOCK, classes)
  const columns = make(scores, items * width)
  const first = new Int32Array(1 << BUCKET_BITS)
  const slots = new Uint32Array(2 * positives.reduce((most, { length }) => Math.max(most, length), 0) + 1)
  const result: BinaryAreas[] = []
  for (let start = 0; start < classes; start += width) {
    const block = Math.min(width, classes - start)
    takeColumns(scores, classes, start, block, columns)
    for (let k = 0; k < block; k++) result.push(areasOf(columns.subarray(k * items, (k + 1) * items), positives[start + k]!, slots, first))
  }
  return result
}
