/** Max pooling of images `[height, width, channels]` to `[outputHeight, outputWidth, channels]`. Padding counts as absent, or with `zeros` as 0. */
export function maxPool(
  x: usize, y: usize, images: i32, height: i32, width: i32, channels: i32, outputHeight: i32, outputWidth: i32,
  filterHeight: i32, filterWidth: i32, strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32, padTop: i32, padLeft: i32, zeros: bool,
): void {
  const bytes = <usize>channels << 2
  const whole = bytes & ~15
  const rowBytes = <usize>width * bytes
  const outside = zeros ? f32x4.splat(0) : f32x4.splat(-Infinity)
  for (let image = 0; image < images; image++, x += <usize>height * rowBytes) {
    for (let row = 0; row < outputHeight; row++) {
      const top = row * strideHeight - padTop
      for (let column = 0; column < outputWidth; column++, y += bytes) {
        const left = column * strideWidth - padLeft
        for (let i: usize = 0; i < bytes; ) {
          const wide = i < whole
          let best = f32x4.splat(-Infinity)
          for (let p = 0, r = top; p < filterHeight; p++, r += dilationHeight) {
            for (let q = 0, c = left; q < filterWidth; q++, c += dilationWidth) {
              if (r < 0 || r >= height || c < 0 || c >= width) {
                best = f32x4.max(best, outside)
                continue
              }
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
 * in TensorFlow; to nobody where that is padding. `dx` must hold zeros, or what it is to be added to.
 */
export function maxPoolGradient(
  x: usize, dy: usize, dx: usize, images: i32, height: i32, width: i32, channels: i32, outputHeight: i32, outputWidth: i32,
  filterHeight: i32, filterWidth: i32, strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32, padTop: i32, padLeft: i32, zeros: bool,
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
          // Greater than NaN is everything: so the first value of all is taken, even −∞.
          let best = f32x4.splat(NaN)
          let place = i32x4.splat(-1)
          for (let p = 0, r = top; p < filterHeight; p++, r += dilationHeight) {
            for (let q = 0, c = left; q < filterWidth; q++, c += dilationWidth) {
              const inside = r >= 0 && r < height && c >= 0 && c < width
              if (!inside && !zeros) continue
              const at = <usize>r * rowBytes + <usize>c * bytes + i
              const value = !inside ? f32x4.splat(0) : wide ? v128.load(x + at) : v128.load32_splat(x + at)
              const better = v128.not(f32x4.le(value, best))
              best = v128.bitselect(value, best, better)
              place = v128.bitselect(i32x4.splat(inside ? <i32>at : -1), place, better)
            }
          }
          give(dx, i32x4.extract_lane(place, 0), dy + i)
          if (wide) {
            give(dx + 4, i32x4.extract_lane(place, 1), dy + i + 4)
            give(dx + 8, i32x4.extract_lane(place, 2), dy + i + 8)
            give(dx + 12, i32x4.extract_lane(place, 3), dy + i + 12)
          }
          i += wide ? 16 : 4
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function give(dx: usize, place: i32, dy: usize): void {
  if (place >= 0) f32.store(dx + <usize>place, f32.load(dx + <usize>place) + f32.load(dy))
}

/** The rows or columns of a window that lie in the image: from, to. */
// @ts-ignore: decorator
@inline
function clampTo(value: i32, length: i32): i32 {
  return max(0, min(value, length))
}

/**
 * Mean of each window of images, of what lies in the image. With `gradient`, its transpose: `y` is read, and each value's share is added to those of
 * `x` that it came from.
 */
export function averagePool(
  x: usize, y: usize, images: i32, height: i32, width: i32, channels: i32, outputHeight: i32, outputWidth: i32,
  filterHeight: i32, filterWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32, gradient: bool,
): void {
  const bytes = <usize>channels << 2
  const rowBytes = <usize>width * bytes
  for (let image = 0; image < images; image++, x += <usize>height * rowBytes) {
    for (let row = 0; row < outputHeight; row++) {
      const top = clampTo(row * strideHeight - padTop, height)
      const bottom = clampTo(row * strideHeight - padTop + filterHeight, height)
      for (let column = 0; column < outputWidth; column++, y += bytes) {
        const left = clampTo(column * strideWidth - padLeft, width)
        const right = clampTo(column * strideWidth - padLeft + filterWidth, width)
        const share = <f32>1 / <f32>((bottom - top) * (right - left))
        for (let i: usize = 0; i < bytes; i += 4) {
          let sum: f32 = 0
          const part = gradient ? f32.load(y + i) * share : 0
          for (let r = top; r < bottom; r++) {
            for (let c = left; c < right; c++) {
              const at = x + <usize>r * rowBytes + <usize>c * bytes + i
              if (gradient) f32.store(at, f32.load(at) + part)
              else sum += f32.load(at)
            }
          }
          if (!gradient) f32.store(y + i, sum * share)
        }
      }
    }
  }
}
