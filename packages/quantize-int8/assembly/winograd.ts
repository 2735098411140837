// 3 × 3 convolutions with stride 1 by Winograd's F(2 × 2, 3 × 3): four outputs from 16 products where the plain way takes 36. In integers,
// and exactly: with Bᵀ = [1 0 −1 0; 0 1 1 0; 0 −1 1 0; 0 1 0 −1], Aᵀ = [1 1 1 0; 0 1 −1 −1] and twice the usual G, which is whole,
// 2G = [2 0 0; 1 1 1; 1 −1 1; 0 0 2], what comes out is four times the sums.
//
// Bounds: a transformed value is within 4 · 128, a transformed weight (the host makes them) within 9 · 128: both are int16. Four times a sum
// is within 4 · 9 · 128 · 128 · channels < 2^31 for up to 3640 channels; what lies between may wrap.
// @see Lavin, Gray, "Fast algorithms for convolutional neural networks", 2016

import { EIGHTH_BYTES, multiply, SUMS_BYTES } from './multiply'
import { allShiftRight, requantize, requantizeRight, SCALE_BYTES, storePart, toInt8 } from './requantize'
import { PANEL_HEAD } from './convolve'

/** Values of a transformed tile. */
const POSITIONS: usize = 16

/**
 * Bᵀ d B of each 4 × 4 tile, tiles two apart: int16 `[16, tiles, channels]`.
 * @param image int16 `[2 · tilesHigh + 2, 2 · tilesWide + 2, channels]`
 * @param channels a multiple of 8
 */
export function winogradInput(image: usize, output: usize, tilesHigh: i32, tilesWide: i32, channels: i32): void {
  const pixel = <usize>channels << 1
  const row = <usize>(2 * tilesWide + 2) * pixel
  const position = <usize>(tilesHigh * tilesWide) * pixel
  for (let y = 0; y < tilesHigh; y++) {
    for (let x = 0; x < tilesWide; x++) {
      const tile = image + <usize>(2 * y) * row + <usize>(2 * x) * pixel
      for (let at: usize = 0; at < pixel; at += 16) {
        // Columns first: each of the four gives a column of Bᵀ d.
        const column0 = tile + at
        const column1 = column0 + pixel
        const column2 = column1 + pixel
        const column3 = column2 + pixel
        for (let i = 0; i < 4; i++) {
          const b0 = transformed(column0, row, i)
          const b1 = transformed(column1, row, i)
          const b2 = transformed(column2, row, i)
          const b3 = transformed(column3, row, i)
          const to = output + at + <usize>(4 * i) * position
          v128.store(to, i16x8.sub(b0, b2))
          v128.store(to + position, i16x8.add(b1, b2))
          v128.store(to + 2 * position, i16x8.sub(b2, b1))
          v128.store(to + 3 * position, i16x8.sub(b1, b3))
        }
      }
      output += pixel
    }
  }
}

/** Row i of Bᵀ times a column. */
// @ts-ignore: decorator
@inline
function transformed(column: usize, row: usize, i: i32): v128 {
  if (i === 0) return i16x8.sub(v128.load(column), v128.load(column + 2 * row))
  if (i === 1) return i16x8.add(v128.load(column + row), v128.load(column + 2 * row))
  if (i === 2) return i16x8.sub(v128.load(column + 2 * row), v128.load(column + row))
  return i16x8.sub(v128.load(column + row), v128.load(column + 3 * row))
}

/**
 * Products of transformed tiles and transformed weights, back to outputs. Four tiles by eight channels at a time.
 * @param tiles int16 `[16, tiles, channels]` of `winogradInput`
 * @param offsets int32 byte offset in a position of each tile, a multiple of four of them; the last ones repeat the last tile
 * @param zero an int32 0: the one segment of a tile
 * @param eighths input channels / 8
 * @param panels for each eight output channels: biases, two scales, weights `[16]` as `multiply` takes them
 * @param sums room for 16 times the sums of `multiply`
 */
export function winograd(
  tiles: usize, offsets: usize, tileCount: i32, tilesWide: i32, zero: usize, eighths: i32, panels: usize, sums: usize,
  output: usize, height: i32, width: i32, channels: i32, zeroPoint: i32, lowest: i32, highest: i32,
): void {
  const zeroPoints = i16x8.splat(<i16>zeroPoint)
  const lower = i8x16.splat(<i8>lowest)
  const upper = i8x16.splat(<i8>highest)
  const positionBytes = <usize>tileCount * (<usize>eighths << 4)
  const weightBytes = <usize>eighths * EIGHTH_BYTES
  for (let channel = 0; channel < channels; channel += 8) {
    const scale0 = panels + 32
    const scale1 = scale0 + SCALE_BYTES
    const count = min<i32>(8, channels - channel)
    const usual = count === 8 && allShiftRight(scale0, 2)
    for (let i = 0; i < tileCount; i += 4) {
      const from = offsets + (<usize>i << 2)
      let tile = tiles
      let weights = panels + PANEL_HEAD
      for (let position: usize = 0; position < POSITIONS; position++) {
        multiply(tile + load<u32>(from), tile + load<u32>(from, 4), tile + load<u32>(from, 8), tile + load<u32>(from, 12), zero, zero + 4, eighths, weights, sums + position * SUMS_BYTES)
        tile += positionBytes
        weights += weightBytes
      }
      const end = min<i32>(4, tileCount - i)
      for (let t = 0; t < end; t++) {
        const sum = sums + (<usize>t << 5)
        const y = 2 * ((i + t) / tilesWide)
        const x = 2 * ((i + t) % tilesWide)
        for (let dy = 0; dy < 2 && y + dy < height; dy++) {
          for (let dx = 0; dx < 2 && x + dx < width; dx++) {
            const low = i32x4.add(i32x4.shr_s(output4(sum, dy, dx), 2), v128.load(panels))
            const high = i32x4.add(i32x4.shr_s(output4(sum + 16, dy, dx), 2), v128.load(panels, 16))
            const to = output + channel + ((y + dy) * width + x + dx) * channels
            if (usual) v128.store64_lane(to, toInt8(requantizeRight(low, scale0), requantizeRight(high, scale1), zeroPoints, lower, upper), 0)
            else storePart(to, toInt8(requantize(low, scale0), requantize(high, scale1), zeroPoints, lower, upper), count)
          }
        }
      }
    }
    panels += PANEL_HEAD + POSITIONS * weightBytes
  }
}

/** Element (dy, dx) of Aᵀ M A, M having its values `4 · row + column` apart by the bytes of sums. */
// @ts-ignore: decorator
@inline
function output4(sum: usize, dy: i32, dx: i32): v128 {
  const r = sum + (dy ? 4 * SUMS_BYTES : 0)
  const a = line(r, dx)
  const b = line(r + 4 * SUMS_BYTES, dx)
  const c = line(r + 8 * SUMS_BYTES, dx)
  return dy ? i32x4.sub(i32x4.sub(a, b), c) : i32x4.add(i32x4.add(a, b), c)
}

/** Element dx of a row of M times A. */
// @ts-ignore: decorator
@inline
function line(row: usize, dx: i32): v128 {
  const at = row + (dx ? SUMS_BYTES : 0)
  const a = v128.load(at)
  const b = v128.load(at, SUMS_BYTES)
  const c = v128.load(at, 2 * SUMS_BYTES)
  return dx ? i32x4.sub(i32x4.sub(a, b), c) : i32x4.add(i32x4.add(a, b), c)
}
