// Sums over the rows of `[rows, channels]`. Each block of rows is summed by itself, so that the rounding error does not grow with their number.
const BLOCK: i32 = 64

/** Adds `count` values to others and clears them. */
function flush(from: usize, to: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 4) {
    f32.store(to + i, f32.load(to + i) + f32.load(from + i))
    f32.store(from + i, 0)
  }
}

/** @param sums `[2, channels]`: the sums, and as much room to work in */
export function sumRows(input: usize, rows: i32, channels: i32, sums: usize): void {
  const bytes = <usize>channels << 2
  const whole = bytes & ~15
  const part = sums + bytes
  memory.fill(sums, 0, 2 * bytes)
  for (let row = 0; row < rows; row++, input += bytes) {
    let i: usize = 0
    for (; i < whole; i += 16) v128.store(part + i, f32x4.add(v128.load(part + i), v128.load(input + i)))
    for (; i < bytes; i += 4) f32.store(part + i, f32.load(part + i) + f32.load(input + i))
    if (row % BLOCK === BLOCK - 1 || row === rows - 1) flush(part, sums, bytes)
  }
}

/** Sums of squared distances from `means`. @param sums as of {@link sumRows} */
export function sumSquares(input: usize, means: usize, rows: i32, channels: i32, sums: usize): void {
  const bytes = <usize>channels << 2
  const whole = bytes & ~15
  const part = sums + bytes
  memory.fill(sums, 0, 2 * bytes)
  for (let row = 0; row < rows; row++, input += bytes) {
    let i: usize = 0
    for (; i < whole; i += 16) {
      const distance = f32x4.sub(v128.load(input + i), v128.load(means + i))
      v128.store(part + i, f32x4.add(v128.load(part + i), f32x4.mul(distance, distance)))
    }
    for (; i < bytes; i += 4) {
      const distance = f32.load(input + i) - f32.load(means + i)
      f32.store(part + i, f32.load(part + i) + distance * distance)
    }
    if (row % BLOCK === BLOCK - 1 || row === rows - 1) flush(part, sums, bytes)
  }
}

/**
 * What a batch normalization `y = scale · x + offset`, with ReLU or not, needs for its gradient: Σ g and Σ g · (x − mean), where g is `dy` where
 * ReLU let it through.
 * @param sums `[4, channels]`: both sums, and as much room to work in
 */
export function sumGradients(x: usize, dy: usize, rows: i32, channels: i32, scale: usize, offset: usize, relu: bool, means: usize, sums: usize): void {
  const bytes = <usize>channels << 2
  const whole = bytes & ~15
  const part = sums + 2 * bytes
  const part2 = part + bytes
  const zero = f32x4.splat(0)
  const all = relu ? zero : i32x4.splat(-1)
  memory.fill(sums, 0, 4 * bytes)
  for (let row = 0; row < rows; row++, x += bytes, dy += bytes) {
    let i: usize = 0
    for (; i < whole; i += 16) {
      const value = v128.load(x + i)
      const open = v128.or(all, f32x4.gt(f32x4.add(f32x4.mul(value, v128.load(scale + i)), v128.load(offset + i)), zero))
      const g = v128.and(v128.load(dy + i), open)
      v128.store(part + i, f32x4.add(v128.load(part + i), g))
      v128.store(part2 + i, f32x4.add(v128.load(part2 + i), f32x4.mul(g, f32x4.sub(value, v128.load(means + i)))))
    }
    for (; i < bytes; i += 4) {
      const value = f32.load(x + i)
      const g = !relu || value * f32.load(scale + i) + f32.load(offset + i) > 0 ? f32.load(dy + i) : 0
      f32.store(part + i, f32.load(part + i) + g)
      f32.store(part2 + i, f32.load(part2 + i) + g * (value - f32.load(means + i)))
    }
    if (row % BLOCK === BLOCK - 1 || row === rows - 1) flush(part, sums, 2 * bytes)
  }
}
