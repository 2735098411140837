/** Max pooling of images `[height, width, channels]`; padding counts as absent. `[outputHeight, outputWidth, channels]`. */
export function maxPool(
  x: usize, y: usize, images: i32, height: i32, width: i32, channels: i32, outputHeight: i32, outputWidth: i32,
  filterHeight: i32, filterWidth: i32, strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32, padTop: i32, padLeft: i32,
): void {
  const bytes = <usize>channels << 2
  const whole = bytes & ~15
  const rowBytes = <usize>width * bytes
  for (let image = 0; image < images; image++, x += <usize>height * rowBytes) {
    for (let row = 0; row < outputHeight; row++) {
      const top = row * strideHeight - padTop
      for (let column = 0; column < outputWidth; column++, y += bytes) {
        const left = column * strideWidth - padLeft
        let i: usize = 0
        for (; i < bytes; ) {
          let best = f32x4.splat(-Infinity)
          const wide = i < whole
          for (let p = 0, r = top; p < filterHeight; p++, r += dilationHeight) {
            if (r < 0 || r >= height) continue
            for (let q = 0, c = left; q < filterWidth; q++, c += dilationWidth) {
              if (c < 0 || c >= width) continue
              const from = x + <usize>r * rowBytes + <usize>c * bytes + i
              best = f32x4.max(best, wide ? v128.load(from) : v128.load32_splat(from))
            }
          }
          if (wide) v128.store(y + i, best)
          else v128.store32_lane(y + i, best, 0)
          i += wide ? 16 : 4
        }
      }
    }
  }
}

/**
 * Gradient of max pooling by its input: each value of `dy` goes to the largest value of its window, of equal ones to the first in row order, as
 * in TensorFlow. `dx` must hold zeros, or what it is to be added to.
 */
export function maxPoolGradient(
  x: usize, dy: usize, dx: usize, images: i32, height: i32, width: i32, channels: i32, outputHeight: i32, outputWidth: i32,
  filterHeight: i32, filterWidth: i32, strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32, padTop: i32, padLeft: i32,
): void {
  const bytes = <usize>channels << 2
  const whole = bytes & ~15
  const rowBytes = <usize>width * bytes
  for (let image = 0; image < images; image++, x += <usize>height * rowBytes, dx += <usize>height * rowBytes) {
    for (let row = 0; row < outputHeight; row++) {
      const top = row * strideHeight - padTop
      for (let column = 0; column < outputWidth; column++, dy += bytes) {
        const left = column * strideWidth - padLeft
        for (let i: usize = 0; i < bytes; ) {
          const wide = i < whole
          let best = f32x4.splat(-Infinity)
          let place = i32x4.splat(-1)
          for (let p = 0, r = top; p < filterHeight; p++, r += dilationHeight) {
            if (r < 0 || r >= height) continue
            for (let q = 0, c = left; q < filterWidth; q++, c += dilationWidth) {
              if (c < 0 || c >= width) continue
              const at = <usize>r * rowBytes + <usize>c * bytes + i
              const value = wide ? v128.load(x + at) : v128.load32_splat(x + at)
              // The first place of all is taken even by −∞.
              const better = v128.or(f32x4.gt(value, best), i32x4.lt_s(place, i32x4.splat(0)))
              best = v128.bitselect(value, best, better)
              place = v128.bitselect(i32x4.splat(<i32>at), place, better)
            }
          }
          if (wide) {
            const g = v128.load(dy + i)
            const place0 = <usize>i32x4.extract_lane(place, 0)
            const place1 = <usize>i32x4.extract_lane(place, 1)
            const place2 = <usize>i32x4.extract_lane(place, 2)
            const place3 = <usize>i32x4.extract_lane(place, 3)
            if (<i32>place0 >= 0) {
              f32.store(dx + place0, f32.load(dx + place0) + f32x4.extract_lane(g, 0))
              f32.store(dx + place1 + 4, f32.load(dx + place1 + 4) + f32x4.extract_lane(g, 1))
              f32.store(dx + place2 + 8, f32.load(dx + place2 + 8) + f32x4.extract_lane(g, 2))
              f32.store(dx + place3 + 12, f32.load(dx + place3 + 12) + f32x4.extract_lane(g, 3))
            }
            i += 16
          } else {
            const place0 = i32x4.extract_lane(place, 0)
            if (place0 >= 0) f32.store(dx + <usize>place0, f32.load(dx + <usize>place0) + f32.load(dy + i))
            i += 4
          }
        }
      }
    }
  }
}
