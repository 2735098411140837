/** Channels of a panel: two vectors. */
export const WIDTH: usize = 8
/** Bytes of a row of a panel. */
export const ROW: usize = 4 * WIDTH

/**
 * Lays a matrix out for `product` and `filterGradient`: panels of eight columns, each row by row, what is missing from the last one as zeros.
 * @param matrix element (row, column) lies at `rowBytes · row + columnBytes · column`
 * @param panelBytes from a panel to the next: `32 · rows` where nothing else goes between
 */
export function pack(matrix: usize, rows: i32, columns: i32, rowBytes: i32, columnBytes: i32, panels: usize, panelBytes: i32): void {
  for (let column = 0; column < columns; column += <i32>WIDTH) {
    const count = min<i32>(<i32>WIDTH, columns - column)
    let from = matrix + column * columnBytes
    let to = panels
    if (count === <i32>WIDTH && columnBytes === 4) {
      for (let row = 0; row < rows; row++, from += rowBytes, to += ROW) {
        v128.store(to, v128.load(from))
        v128.store(to, v128.load(from, 16), 16)
      }
    } else {
      for (let row = 0; row < rows; row++, from += rowBytes, to += ROW) {
        v128.store(to, f32x4.splat(0))
        v128.store(to, f32x4.splat(0), 16)
        for (let i = 0; i < count; i++) f32.store(to + (<usize>i << 2), f32.load(from + i * columnBytes))
      }
    }
    panels += panelBytes
  }
}

/** Stores `count` of eight values. */
// @ts-ignore: decorator
@inline
export function storeRow(to: usize, low: v128, high: v128, count: i32): void {
  if (count === <i32>WIDTH) {
    v128.store(to, low)
    v128.store(to, high, 16)
  } else storePart(to, low, high, count)
}

function storePart(to: usize, low: v128, high: v128, count: i32): void {
  let rest = low
  if (count >= 4) {
    v128.store(to, low)
    rest = high
    to += 16
    count -= 4
  }
  if (count > 0) v128.store32_lane(to, rest, 0)
  if (count > 1) v128.store32_lane(to, rest, 1, 4)
  if (count > 2) v128.store32_lane(to, rest, 2, 8)
}

/** Eight values of which `count` are there, then zeros. */
// @ts-ignore: decorator
@inline
export function loadLow(from: usize, count: i32): v128 {
  return count >= 4 ? v128.load(from) : loadPart(from, count)
}

// @ts-ignore: decorator
@inline
export function loadHigh(from: usize, count: i32): v128 {
  return count === <i32>WIDTH ? v128.load(from, 16) : loadPart(from + 16, count - 4)
}

function loadPart(from: usize, count: i32): v128 {
  let values = f32x4.splat(0)
  if (count > 0) values = v128.load32_lane(from, values, 0)
  if (count > 1) values = v128.load32_lane(from, values, 1, 4)
  if (count > 2) values = v128.load32_lane(from, values, 2, 8)
  return values
}
