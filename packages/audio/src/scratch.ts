/** Below so many values a loop is faster than a view and a copy, and allocates nothing. */
const SHORT = 4096
/** A stream has a few lengths that come again and again. */
const MAX_VIEWS = 64

type FloatArray = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>

/**
 * A buffer that is used again and again, and views of its beginning that are made once: what lies between two filters is megabytes a clip, and collecting it
 * takes longer than a filter; an AudioWorklet should leave nothing to collect.
 * @returns a function that gives `length` values, whatever they hold
 */
export function createScratch<T extends FloatArray>(make: (length: number) => T): (length: number) => T {
  let buffer = make(0)
  const views = new Map<number, T>()
  return (length) => {
    if (buffer.length < length) {
      buffer = make(length)
      views.clear()
    }
    let view = views.get(length)
    if (!view) {
      if (views.size >= MAX_VIEWS) views.clear()
      view = buffer.subarray(0, length) as T
      views.set(length, view)
    }
    return view
  }
}

/** Copies `source[from, from + count)` to `to[at …]`, with zeros for what lies beyond the first `length` values of the source. */
export function copyStretch(source: Float32Array, length: number, from: number, count: number, to: Float32Array | Float64Array, at = 0): void {
  const first = Math.min(count, Math.max(0, -from))
  const last = Math.max(first, Math.min(count, length - from))
  to.fill(0, at, at + first)
  if (last - first > SHORT) to.set(source.subarray(from + first, from + last), at + first)
  else for (let i = first; i < last; i++) to[at + i] = source[from + i]!
  to.fill(0, at + last, at + count)
}
