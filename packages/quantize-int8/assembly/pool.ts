/** Taps `[first, end)` of a window along one axis that fall inside the input. */
@inline
function endTap(origin: i32, taps: i32, length: i32): i32 {
  return min(taps, length - origin)
}

/** Largest of what each window holds of the input, sixteen channels at a time. */
export function maxPool(
  input: usize, output: usize, inputHeight: i32, inputWidth: i32, channels: i32, outputHeight: i32, outputWidth: i32,
  filterHeight: i32, filterWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32, lowest: i32, highest: i32,
): void {
  const lower = i8x16.splat(<i8>lowest)
  const upper = i8x16.splat(<i8>highest)
  for (let y = 0; y < outputHeight; y++) {
    const originY = y * strideHeight - padTop
    const firstY = max(0, -originY)
    const endY = endTap(originY, filterHeight, inputHeight)
    for (let x = 0; x < outputWidth; x++) {
      const originX = x * strideWidth - padLeft
      const firstX = max(0, -originX)
      const endX = endTap(originX, filterWidth, inputWidth)
      for (let channel = 0; channel < channels; channel += 16) {
        let largest = lower
        for (let ky = firstY; ky < endY; ky++) {
          let from = input + ((originY + ky) * inputWidth + originX + firstX) * channels + channel
          for (let kx = firstX; kx < endX; kx++) {
            largest = i8x16.max_s(largest, v128.load(from))
            from += channels
          }
        }
        // Past the last channel this writes into the next pixel, which is written later.
        v128.store(output + channel, i8x16.min_s(largest, upper))
      }
      output += channels
    }
  }
}

/** Mean of what each window holds of the input, rounded half away from zero. */
export function averagePool(
  input: usize, output: usize, inputHeight: i32, inputWidth: i32, channels: i32, outputHeight: i32, outputWidth: i32,
  filterHeight: i32, filterWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32, lowest: i32, highest: i32,
): void {
  for (let y = 0; y < outputHeight; y++) {
    const originY = y * strideHeight - padTop
    const firstY = max(0, -originY)
    const endY = endTap(originY, filterHeight, inputHeight)
    for (let x = 0; x < outputWidth; x++) {
      const originX = x * strideWidth - padLeft
      const firstX = max(0, -originX)
      const endX = endTap(originX, filterWidth, inputWidth)
      const count = (endY - firstY) * (endX - firstX)
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0
        for (let ky = firstY; ky < endY; ky++) {
          let from = input + ((originY + ky) * inputWidth + originX + firstX) * channels + channel
          for (let kx = firstX; kx < endX; kx++) {
            sum += load<i8>(from)
            from += channels
          }
        }
        // Division truncates: half the count with the sign of the sum rounds half away from zero.
        const mean = (sum > 0 ? sum + (count >> 1) : sum - (count >> 1)) / count
        store<i8>(output++, <i8>max(lowest, min(highest, mean)))
      }
    }
  }
}
