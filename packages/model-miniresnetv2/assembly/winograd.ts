// Winograd's F(2 × 2, 3 × 3): four outputs of a 3 × 3 convolution by 16 products instead of 36. A tile of 4 × 4 values becomes 16 planes `[tiles, channels]`,
// one a product. Channels are multiples of four. Lavin and Gray, Fast algorithms for convolutional neural networks, 2016.

/** Bᵀ d B of the tiles of an image that begins two columns and rows apart; the image reaches as far as its last tile. */
export function winogradInput(image: usize, tilesHigh: i32, tilesWide: i32, channels: i32, rowBytes: i32, planes: usize, planeBytes: i32): void {
  const bytes = <usize>channels << 2
  const row = <usize>rowBytes
  for (let p = 0; p < tilesHigh; p++) {
    for (let q = 0; q < tilesWide; q++) {
      const tile = image + 2 * (<usize>p * row + <usize>q * bytes)
      for (let c: usize = 0; c < bytes; c += 16, planes += 16) {
        let to = planes
        // Column by column of the tile, then row by row of what became of it: the first sums are kept as 16 values.
        const r0 = tile + c, r1 = r0 + row, r2 = r1 + row, r3 = r2 + row
        const d00 = v128.load(r0), d01 = v128.load(r0 + bytes), d02 = v128.load(r0 + 2 * bytes), d03 = v128.load(r0 + 3 * bytes)
        const d10 = v128.load(r1), d11 = v128.load(r1 + bytes), d12 = v128.load(r1 + 2 * bytes), d13 = v128.load(r1 + 3 * bytes)
        const d20 = v128.load(r2), d21 = v128.load(r2 + bytes), d22 = v128.load(r2 + 2 * bytes), d23 = v128.load(r2 + 3 * bytes)
        to = storeInput(to, planeBytes, f32x4.sub(d00, d20), f32x4.sub(d01, d21), f32x4.sub(d02, d22), f32x4.sub(d03, d23))
        to = storeInput(to, planeBytes, f32x4.add(d10, d20), f32x4.add(d11, d21), f32x4.add(d12, d22), f32x4.add(d13, d23))
        to = storeInput(to, planeBytes, f32x4.sub(d20, d10), f32x4.sub(d21, d11), f32x4.sub(d22, d12), f32x4.sub(d23, d13))
        const d30 = v128.load(r3), d31 = v128.load(r3 + bytes), d32 = v128.load(r3 + 2 * bytes), d33 = v128.load(r3 + 3 * bytes)
        storeInput(to, planeBytes, f32x4.sub(d10, d30), f32x4.sub(d11, d31), f32x4.sub(d12, d32), f32x4.sub(d13, d33))
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function storeInput(to: usize, planeBytes: i32, t0: v128, t1: v128, t2: v128, t3: v128): usize {
  v128.store(to, f32x4.sub(t0, t2))
  v128.store(to + planeBytes, f32x4.add(t1, t2))
  v128.store(to + 2 * planeBytes, f32x4.sub(t2, t1))
  v128.store(to + 3 * planeBytes, f32x4.sub(t1, t3))
  return to + 4 * planeBytes
}

/** Aᵀ M A + bias, where it lies in `[height, width, channels]`; bias 0: none. With `add` on top of what is there. */
export function winogradOutput(planes: usize, planeBytes: i32, tilesWide: i32, channels: i32, height: i32, width: i32, bias: usize, output: usize, add: bool): void {
  const bytes = <usize>channels << 2
  const row = <usize>width * bytes
  const kept = add ? i32x4.splat(-1) : f32x4.splat(0)
  for (let y = 0; y < height; y += 2) {
    for (let q = 0; q < tilesWide; q++) {
      const x = 2 * q
      for (let c: usize = 0; c < bytes; c += 16, planes += 16) {
        const b = bias ? v128.load(bias + c) : f32x4.splat(0)
        let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00
        let from = planes
        for (let i = 0; i < 4; i++, from += 4 * planeBytes) {
          const m0 = v128.load(from), m1 = v128.load(from + planeBytes), m2 = v128.load(from + 2 * planeBytes), m3 = v128.load(from + 3 * planeBytes)
          const left = f32x4.add(f32x4.add(m0, m1), m2)
          const right = f32x4.sub(f32x4.sub(m1, m2), m3)
          if (i < 3) {
            s00 = f32x4.add(s00, left)
            s01 = f32x4.add(s01, right)
          }
          if (i === 1) {
            s10 = left
            s11 = right
          } else if (i > 1) {
            s10 = f32x4.sub(s10, left)
            s11 = f32x4.sub(s11, right)
          }
        }
        const to = output + <usize>y * row + <usize>x * bytes + c
        put(to, f32x4.add(s00, b), kept)
        if (x + 1 < width) put(to + bytes, f32x4.add(s01, b), kept)
        if (y + 1 < height) {
          put(to + row, f32x4.add(s10, b), kept)
          if (x + 1 < width) put(to + row + bytes, f32x4.add(s11, b), kept)
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function put(to: usize, value: v128, kept: v128): void {
  v128.store(to, f32x4.add(v128.and(v128.load(to), kept), value))
}

/** A dY Aᵀ: the transpose of {@link winogradOutput}. */
export function winogradOutputGradient(dy: usize, height: i32, width: i32, channels: i32, tilesWide: i32, planes: usize, planeBytes: i32): void {
  const bytes = <usize>channels << 2
  const row = <usize>width * bytes
  const zero = f32x4.splat(0)
  for (let y = 0; y < height; y += 2) {
    for (let q = 0; q < tilesWide; q++) {
      const x = 2 * q
      for (let c: usize = 0; c < bytes; c += 16, planes += 16) {
        const from = dy + <usize>y * row + <usize>x * bytes + c
        const y00 = v128.load(from)
        const y01 = x + 1 < width ? v128.load(from + bytes) : zero
        const y10 = y + 1 < height ? v128.load(from + row) : zero
        const y11 = y + 1 < height && x + 1 < width ? v128.load(from + row + bytes) : zero
        let to = storeGradient(planes, planeBytes, y00, y01)
        to = storeGradient(to, planeBytes, f32x4.add(y00, y10), f32x4.add(y01, y11))
        to = storeGradient(to, planeBytes, f32x4.sub(y00, y10), f32x4.sub(y01, y11))
        storeGradient(to, planeBytes, f32x4.neg(y10), f32x4.neg(y11))
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function storeGradient(to: usize, planeBytes: i32, e0: v128, e1: v128): usize {
  v128.store(to, e0)
  v128.store(to + planeBytes, f32x4.add(e0, e1))
  v128.store(to + 2 * planeBytes, f32x4.sub(e0, e1))
  v128.store(to + 3 * planeBytes, f32x4.neg(e1))
  return to + 4 * planeBytes
}

/** G g Gᵀ of a filter `[3, 3, size]`, into 16 planes of `size` values, a multiple of four; `turned` takes its taps from the last to the first. */
export function winogradFilter(filter: usize, size: i32, turned: bool, planes: usize): void {
  const plane = <usize>size << 2
  const half = f32x4.splat(0.5)
  const step = turned ? -plane : plane
  for (let at = turned ? filter + 8 * plane : filter, end = at + plane; at < end; at += 16, planes += 16) {
    for (let i: usize = 0; i < 4; i++) {
      // Row i of G g.
      const g0 = rowOf(at, step, i, half)
      const g1 = rowOf(at + step, step, i, half)
      const g2 = rowOf(at + 2 * step, step, i, half)
      const to = planes + 4 * i * plane
      const outer = f32x4.add(g0, g2)
      v128.store(to, g0)
      v128.store(to + plane, f32x4.mul(half, f32x4.add(outer, g1)))
      v128.store(to + 2 * plane, f32x4.mul(half, f32x4.sub(outer, g1)))
      v128.store(to + 3 * plane, g2)
    }
  }
}

// @ts-ignore: decorator
@inline
function rowOf(at: usize, step: usize, i: usize, half: v128): v128 {
  if (i === 0) return v128.load(at)
  if (i === 3) return v128.load(at + 6 * step)
  const outer = f32x4.add(v128.load(at), v128.load(at + 6 * step))
  const middle = v128.load(at + 3 * step)
  return f32x4.mul(half, i === 1 ? f32x4.add(outer, middle) : f32x4.sub(outer, middle))
}

/** Gᵀ dU G: the transpose of {@link winogradFilter}. */
export function winogradFilterGradient(planes: usize, size: i32, gradient: usize): void {
  const plane = <usize>size << 2
  const half = f32x4.splat(0.5)
  for (const end = planes + plane; planes < end; planes += 16, gradient += 16) {
    let to = gradient
    for (let i = 0; i < 3; i++) {
      // Row i of Gᵀ dU, column by column.
      const u0 = columnOf(planes, plane, i, half)
      const u1 = columnOf(planes + plane, plane, i, half)
      const u2 = columnOf(planes + 2 * plane, plane, i, half)
      const u3 = columnOf(planes + 3 * plane, plane, i, half)
      const sum = f32x4.mul(half, f32x4.add(u1, u2))
      v128.store(to, f32x4.add(u0, sum))
      v128.store(to + plane, f32x4.mul(half, f32x4.sub(u1, u2)))
      v128.store(to + 2 * plane, f32x4.add(sum, u3))
      to += 3 * plane
    }
  }
}

// @ts-ignore: decorator
@inline
function columnOf(at: usize, plane: usize, i: i32, half: v128): v128 {
  const u1 = v128.load(at + 4 * plane)
  const u2 = v128.load(at + 8 * plane)
  if (i === 1) return f32x4.mul(half, f32x4.sub(u1, u2))
  return f32x4.add(f32x4.mul(half, f32x4.add(u1, u2)), v128.load(i === 0 ? at : at + 12 * plane))
}
