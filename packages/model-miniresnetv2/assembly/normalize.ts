/** `y = scale · x + offset` by channel, with ReLU where `relu`. */
export function normalize(x: usize, y: usize, rows: i32, channels: i32, scale: usize, offset: usize, relu: bool): void {
  const bytes = <usize>channels << 2
  const whole = bytes & ~15
  const lowest = relu ? f32x4.splat(0) : f32x4.splat(-Infinity)
  for (let row = 0; row < rows; row++, x += bytes, y += bytes) {
    let i: usize = 0
    for (; i < whole; i += 16) {
      const value = f32x4.add(f32x4.mul(v128.load(x + i), v128.load(scale + i)), v128.load(offset + i))
      v128.store(y + i, f32x4.max(value, lowest))
    }
    for (; i < bytes; i += 4) {
      const value = f32.load(x + i) * f32.load(scale + i) + f32.load(offset + i)
      f32.store(y + i, max<f32>(value, relu ? 0 : -Infinity))
    }
  }
}

/**
 * Gradient of `normalize` by x: `a · g + b · (x − mean) + c` by channel, where g is `dy` where ReLU let it through.
 * @param add adds to what `dx` holds instead of overwriting it; `dx` may be `dy`
 */
export function normalizeGradient(
  x: usize, dy: usize, dx: usize, rows: i32, channels: i32, scale: usize, offset: usize, relu: bool, means: usize, a: usize, b: usize, c: usize, add: bool,
): void {
  const bytes = <usize>channels << 2
  const whole = bytes & ~15
  const zero = f32x4.splat(0)
  const all = relu ? zero : i32x4.splat(-1)
  const kept = add ? i32x4.splat(-1) : zero
  for (let row = 0; row < rows; row++, x += bytes, dy += bytes, dx += bytes) {
    let i: usize = 0
    for (; i < whole; i += 16) {
      const value = v128.load(x + i)
      const open = v128.or(all, f32x4.gt(f32x4.add(f32x4.mul(value, v128.load(scale + i)), v128.load(offset + i)), zero))
      const g = f32x4.mul(v128.and(v128.load(dy + i), open), v128.load(a + i))
      const rest = f32x4.add(f32x4.mul(f32x4.sub(value, v128.load(means + i)), v128.load(b + i)), v128.load(c + i))
      v128.store(dx + i, f32x4.add(v128.and(v128.load(dx + i), kept), f32x4.add(g, rest)))
    }
    for (; i < bytes; i += 4) {
      const value = f32.load(x + i)
      const g = !relu || value * f32.load(scale + i) + f32.load(offset + i) > 0 ? f32.load(dy + i) * f32.load(a + i) : 0
      const rest = (value - f32.load(means + i)) * f32.load(b + i) + f32.load(c + i)
      f32.store(dx + i, (add ? f32.load(dx + i) : 0) + (g + rest))
    }
  }
}

/** `y = max(x, 0)`. */
export function relu(x: usize, y: usize, count: i32): void {
  const end = x + (<usize>count << 2)
  const zero = f32x4.splat(0)
  for (; x + 16 <= end; x += 16, y += 16) v128.store(y, f32x4.max(v128.load(x), zero))
  for (; x < end; x += 4, y += 4) f32.store(y, max<f32>(f32.load(x), 0))
}

/** `dx = dy` where `y`, a ReLU's output, is positive, else 0. With `add`, `dx` takes it on top. */
export function reluGradient(y: usize, dy: usize, dx: usize, count: i32, add: bool): void {
  const end = y + (<usize>count << 2)
  const zero = f32x4.splat(0)
  const kept = add ? i32x4.splat(-1) : zero
  for (; y + 16 <= end; y += 16, dy += 16, dx += 16)
    v128.store(dx, f32x4.add(v128.and(v128.load(dx), kept), v128.and(v128.load(dy), f32x4.gt(v128.load(y), zero))))
  for (; y < end; y += 4, dy += 4, dx += 4) f32.store(dx, (add ? f32.load(dx) : 0) + (f32.load(y) > 0 ? f32.load(dy) : 0))
}

/** `y = a + b`; `y` may be either. */
export function add(a: usize, b: usize, y: usize, count: i32): void {
  const end = a + (<usize>count << 2)
  for (; a + 16 <= end; a += 16, b += 16, y += 16) v128.store(y, f32x4.add(v128.load(a), v128.load(b)))
  for (; a < end; a += 4, b += 4, y += 4) f32.store(y, f32.load(a) + f32.load(b))
}

/** `y = a · b`; `y` may be either. With `add` on top of what it holds. */
export function multiply(a: usize, b: usize, y: usize, count: i32, add: bool): void {
  const end = a + (<usize>count << 2)
  const kept = add ? i32x4.splat(-1) : f32x4.splat(0)
  for (; a + 16 <= end; a += 16, b += 16, y += 16) v128.store(y, f32x4.add(v128.and(v128.load(y), kept), f32x4.mul(v128.load(a), v128.load(b))))
  for (; a < end; a += 4, b += 4, y += 4) f32.store(y, (add ? f32.load(y) : 0) + f32.load(a) * f32.load(b))
}
