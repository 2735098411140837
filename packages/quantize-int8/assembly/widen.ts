/**
 * int8 `[height, width, channels]` → int16 with rows and columns of `value` around it, `[top + height + bottom, left + width + right,
 * channels]`; one row is `rowSize` = width · channels values.
 * @param before values left of each row: left · channels
 * @param after values right of each row
 */
export function widen(input: usize, output: usize, height: i32, rowSize: i32, top: i32, bottom: i32, before: i32, after: i32, value: i32): void {
  const whole = before + rowSize + after
  let to = fill(output, top * whole, value)
  for (let y = 0; y < height; y++) {
    to = fill(to, before, value)
    // The last vector may write past the row: what comes after is written later.
    for (let x = 0; x < rowSize; x += 8) v128.store(to + (<usize>x << 1), v128.load_ext<i8>(input + x))
    input += rowSize
    to = fill(to + (<usize>rowSize << 1), after, value)
  }
  fill(to, bottom * whole, value)
}

function fill(to: usize, count: i32, value: i32): usize {
  const values = i16x8.splat(<i16>value)
  for (let i = 0; i < count; i += 8) v128.store(to + (<usize>i << 1), values)
  return to + (<usize>count << 1)
}
