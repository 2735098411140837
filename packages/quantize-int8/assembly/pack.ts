// What is done once with the weights of a layer, when an engine is made: here because JavaScript runs loops of a moment's use uncompiled.

/** Sum of int16 weights that lie `step` bytes apart. */
export function sumWeights(weights: usize, count: i32, step: i32): i32 {
  let sum = 0
  for (let i = 0; i < count; i++) {
    sum += <i32>load<i16>(weights)
    weights += step
  }
  return sum
}

/**
 * Weights for `multiply`: int16 `[channels, segments, length]` → in each panel of eight channels `[segments, pairs, 8 channels, 2]`, with
 * zeros where a segment is filled up to a multiple of eight.
 * @param panels the weights of the first panel; they are zeros before
 */
export function packProducts(weights: usize, channels: i32, segments: i32, length: i32, panels: usize, panelBytes: i32): void {
  const whole = (length + 7) & ~7
  for (let channel = 0; channel < channels; channel++) {
    const lane = panels + (channel >> 3) * panelBytes + ((channel & 7) << 2)
    for (let segment = 0; segment < segments; segment++) {
      for (let k = segment * whole, end = k + length; k < end; k++) {
        store<i16>(lane + ((k >> 1) << 5) + ((k & 1) << 1), load<i16>(weights))
        weights += 2
      }
    }
  }
}

/** Weights for `depthwise`: int16 `[taps, channels]` → in each panel `[taps, 8 channels]`. */
export function packDepthwise(weights: usize, taps: i32, channels: i32, panels: usize, panelBytes: i32): void {
  for (let tap = 0; tap < taps; tap++) {
    for (let channel = 0; channel < channels; channel++) {
      store<i16>(panels + (channel >> 3) * panelBytes + (tap << 4) + ((channel & 7) << 1), load<i16>(weights))
      weights += 2
    }
  }
}

/** 2G w 2Gᵀ of each filter, see winograd.ts: int16 `[channels, 3, 3, cin]` → `[channels, 16, cin]`. @param cin a multiple of 8 */
export function winogradWeights(weights: usize, output: usize, channels: i32, cin: i32): void {
  const vector = <usize>cin << 1
  for (let channel = 0; channel < channels; channel++) {
    for (let at: usize = 0; at < vector; at += 16) {
      for (let column = 0; column < 4; column++) {
        const a = transformedRow(weights + at, vector, column)
        const b = transformedRow(weights + at + 3 * vector, vector, column)
        const c = transformedRow(weights + at + 6 * vector, vector, column)
        const to = output + at + <usize>column * vector
        const ends = i16x8.add(a, c)
        v128.store(to, i16x8.add(a, a))
        v128.store(to + 4 * vector, i16x8.add(ends, b))
        v128.store(to + 8 * vector, i16x8.sub(ends, b))
        v128.store(to + 12 * vector, i16x8.add(c, c))
      }
    }
    weights += 9 * vector
    output += 16 * vector
  }
}

/** Element `column` of a row of a filter times 2Gᵀ. */
function transformedRow(row: usize, vector: usize, column: i32): v128 {
  const a = v128.load(row)
  const c = v128.load(row + 2 * vector)
  if (column === 0) return i16x8.add(a, a)
  if (column === 3) return i16x8.add(c, c)
  const b = v128.load(row + vector)
  const ends = i16x8.add(a, c)
  return column === 1 ? i16x8.add(ends, b) : i16x8.sub(ends, b)
}
