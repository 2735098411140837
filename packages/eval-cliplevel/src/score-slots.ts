/** Numbers in which scores are ordered: the bits of float32, which are integers, and float64 as it is. */
export type Keys = Int32Array | Float64Array

/** Most coarse buckets: their table stays in the nearest cache. */
const COARSE = 1 << 11
/** Fine buckets for each value, at least: of even scores one in six lies in the bucket of a value. */
const FINE_PER_VALUE = 4

/** Keys whose buckets are found together, and are in the nearest cache when they are counted. */
const CHUNK = 2048

/** Whether keys are the bits of float32. */
export const isInt32 = (keys: Keys): keys is Int32Array => keys.BYTES_PER_ELEMENT === 4

/** Sorted distinct values with how often each occurs. */
export function distinct<T extends Keys>(sorted: T): { readonly values: T; readonly counts: Uint32Array } {
  const values = sorted.slice() as T
  const counts = new Uint32Array(sorted.length)
  let n = 0
  for (let i = 0; i < sorted.length; i++) {
    if (n === 0 || values[n - 1] !== sorted[i]) values[n++] = sorted[i]!
    counts[n - 1]!++
  }
  return { values: values.subarray(0, n) as T, counts: counts.subarray(0, n) }
}

/** Buckets of integers: coarse ones of equal width, each of 2^n fine ones, as many as its values ask for; one below all values, and one above. */
interface Buckets {
  readonly low: number
  /** Bits of a place inside a coarse bucket. */
  readonly shift: number
  readonly lastCoarse: number
  /** Of each coarse bucket its first fine one, and the bits of a place inside a fine one. */
  readonly bases: Int32Array
  readonly shifts: Int32Array
  /** Fine buckets. */
  readonly count: number
  /** Index of the first value that is in each fine bucket, or above it; one more than there are buckets. */
  readonly first: Int32Array
}

/** Buckets around ascending integers of 0 or more. */
function bucketsOf(values: Int32Array): Buckets {
  const n = values.length
  const low = values[0]!
  const width = values[n - 1]! - low
  let shift = 0
  while (width >>> shift >= COARSE) shift++
  const lastCoarse = (width >>> shift) + 2
  const [bases, shifts] = [new Int32Array(lastCoarse + 1), new Int32Array(lastCoarse + 1)]
  const first = new Int32Array(lastCoarse + 2 + 2 * FINE_PER_VALUE * n)
  let count = 0
  for (let c = 0, j = 0; c <= lastCoarse; c++) {
    const from = j
    while (j < n && ((values[j]! - low) >>> shift) + 1 === c) j++
    let fineBits = 0
    while (fineBits < shift && 1 << fineBits < FINE_PER_VALUE * (j - from)) fineBits++
    bases[c] = count
    shifts[c] = shift - fineBits
    for (let b = 0, k = from; b < 1 << fineBits; b++) {
      first[count++] = k
      while (k < j && ((values[k]! - low) & ((1 << shift) - 1)) >>> shifts[c]! === b) k++
    }
  }
  first[count] = n
  return { low, shift, lastCoarse, bases, shifts, count, first }
}

/** Fine bucket of each of some keys, found without a branch: one would be guessed wrong every other time. */
function findBuckets(keys: Int32Array, from: number, to: number, { low, shift, lastCoarse, bases, shifts }: Buckets, out: Int32Array): void {
  const mask = (1 << shift) - 1
  for (let i = from; i < to; i++) {
    const place = keys[i]! - low
    let c = (place >> shift) + 1
    c &= ~(c >> 31) // at least 0
    const beyond = c - lastCoarse
    c = lastCoarse + (beyond & (beyond >> 31)) // at most lastCoarse
    out[i - from] = bases[c]! + ((place & mask) >>> shifts[c]!)
  }
}

/** Slot of a key among ascending values, those below `from` and from `to` on known to be lower and higher. */
function slotOfBits(values: Int32Array, key: number, from: number, to: number): number {
  let j = from
  for (let left = to - from; left > 1; ) {
    const half = left >>> 1
    j += half & ((values[j + half - 1]! - key) >> 31) // where that value is below
    left -= half
  }
  const value = values[j]!
  return 2 * j + 1 + ((key - value) >> 31) - ((value - key) >> 31)
}

/** Slot of a score among ascending values, those below `from` and from `to` on known to be lower and higher. */
function slotOfFloat(values: Float64Array, score: number, from: number, to: number): number {
  let [j, end] = [from, to]
  while (j < end) {
    const middle = (j + end) >>> 1
    if (values[middle]! < score) j = middle + 1
    else end = middle
  }
  return values[j] === score ? 2 * j + 1 : 2 * j
}

/**
 * Makes a function that counts scores, none negative, in the slots between ascending distinct values and at them: slot 2j is below value j and above those before it, 2j + 1 at it, the
 * last above all. Nothing is sorted: a bucket without a value is part of one slot, and the scores of the others, few, are looked up among the values of their bucket.
 * @param items most scores of a call
 * @returns a function that gives the counts
 */
export function createSlotCounter(items: number): (scores: Keys, values: Keys) => Int32Array {
  const [near, nearBucket, words] = [new Int32Array(items), new Int32Array(items), new Int32Array(items)]
  const found = new Int32Array(CHUNK)
  return (scores, values) => {
    const keys = isInt32(scores) ? scores : takeHighWords(scores, words)
    const buckets = bucketsOf(isInt32(values) ? values : takeHighWords(values))
    const { count, first } = buckets
    // The lowest bit of a count says that the bucket has values.
    const counts = new Int32Array(count)
    for (let b = 0; b < count; b++) if (first[b + 1]! > first[b]!) counts[b] = 1
    let length = 0
    for (let from = 0; from < keys.length; from += CHUNK) {
      const to = Math.min(keys.length, from + CHUNK)
      findBuckets(keys, from, to, buckets, found)
      length = countBuckets(found, from, to, counts, near, nearBucket, length)
    }
    const slots = new Int32Array(2 * values.length + 1)
    for (let b = 0; b < count; b++) if ((counts[b]! & 1) === 0) slots[2 * first[b]!]! += counts[b]! >>> 1
    if (isInt32(values)) countBits(keys, values, length, near, nearBucket, first, slots)
    else countFloats(scores, values, length, near, nearBucket, first, slots)
    return slots
  }
}

/** Counts keys by bucket, two for each, and lists those whose bucket has values, `length` being listed. */
function countBuckets(found: Int32Array, from: number, to: number, counts: Int32Array, near: Int32Array, nearBucket: Int32Array, length: number): number {
  for (let i = from; i < to; i++) {
    const b = found[i - from]!
    const count = counts[b]!
    counts[b] = count + 2
    near[length] = i
    nearBucket[length] = b
    length += count & 1
  }
  return length
}

// Two functions of one text: each meets one kind of array, and is compiled for it.
function countBits(keys: Int32Array, values: Int32Array, length: number, near: Int32Array, nearBucket: Int32Array, first: Int32Array, slots: Int32Array): void {
  for (let i = 0; i < length; i++) {
    const b = nearBucket[i]!
    slots[slotOfBits(values, keys[near[i]!]!, first[b]!, first[b + 1]!)]!++
  }
}

function countFloats(scores: Keys, values: Float64Array, length: number, near: Int32Array, nearBucket: Int32Array, first: Int32Array, slots: Int32Array): void {
  for (let i = 0; i < length; i++) {
    const b = nearBucket[i]!
    slots[slotOfFloat(values, scores[near[i]!]!, first[b]!, first[b + 1]!)]!++
  }
}

/** The slot of each score, none negative, as {@link createSlotCounter} counts them. */
export function slotsOf(scores: Float64Array, values: Float64Array): Int32Array {
  const slots = new Int32Array(scores.length)
  if (values.length === 0) return slots
  const buckets = bucketsOf(takeHighWords(values))
  findBuckets(takeHighWords(scores), 0, scores.length, buckets, slots)
  for (let i = 0; i < scores.length; i++) slots[i] = slotOfFloat(values, scores[i]!, buckets.first[slots[i]!]!, buckets.first[slots[i]! + 1]!)
  return slots
}

/** The upper halves of float64 that are not negative: integers in their order, equal for neighbours. */
function takeHighWords(values: Float64Array, out = new Int32Array(values.length)): Int32Array {
  const words = new Int32Array(values.buffer, values.byteOffset, 2 * values.length)
  for (let i = 0; i < values.length; i++) out[i] = words[2 * i + 1]!
  return out.subarray(0, values.length)
}
