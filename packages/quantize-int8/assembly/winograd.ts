// 3 × 3 convolutions with stride 1 by Winograd's F(2 × 2, 3 × 3): four outputs from 16 products where the plain way takes 36. In integers,
// and exactly: with Bᵀ = [1 0 −1 0; 0 1 1 0; 0 −1 1 0; 0 1 0 −1], Aᵀ = [1 1 1 0; 0 1 −1 −1] and twice the usual G, which is whole,
// 2G = [2 0 0; 1 1 1; 1 −1 1; 0 0 2], what comes out is four times the sums.
//
// Bounds: a transformed value is within 4 · 128, a transformed weight (the host makes them) within 9 · 128: both are int16. Four times a sum
// is within 4 · 9 · 128 · 128 · channels < 2^31 for up to 3640 channels; what lies between may wrap.
// @see Lavin, Gray, "Fast algorithms for convolutional neural networks", 2016

import { EIGHTH_BYTES, multiply, SUMS_BYTES } from './multiply'
import { requantize, storePart, toInt8 } from './requantize'
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
 * @param panels for each eight output channels: biases, scale, weights `[16]` as `multiply` takes them
 * @param sums room for 16 times the sums of `multiply`
 */
export function winograd(
  tiles: usize, offsets: usize, tileCount: i32, tilesWide: i32, zero: usize, eighths: i32, panels: usize, sums: usize,
  output: usize, height: i32, width: i32, channels: i32, zeroPoint: i32, lowest: i32, highest: i32,
): void {
  const zeroPoints = i16x8.splat(<i16>zeroPoint)
  const least = i8x16.splat(<i8>lowest)
  const most = i8x16.splat(<i8>highest)
  const positionBytes = <usize>tileCount * (<usize>eighths << 4)
  const weightBytes = <usize>eighths * EIGHTH_BYTES
  for (let channel = 0; channel < channels; channel += 8) {
    const bias0 = v128.load(panels)
    const bias1 = v128.load(panels, 16)
    const count = min<i32>(8, channels - channel)
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
        outputTransform(sum, bias0)
        outputTransform(sum + 16, bias1)
        const y = 2 * ((i + t) / tilesWide)
        const x = 2 * ((i + t) % tilesWide)
        for (let at = 0; at < 4; at++) {
          const dy = at >> 1
          const dx = at & 1
          if (y + dy >= height || x + dx >= width) continue
          const values = toInt8(requantize(v128.load(sum + at * SUMS_BYTES), v128.load(sum + at * SUMS_BYTES, 16), panels + 32), zeroPoints, least, most)
          const to = output + channel + ((y + dy) * width + x + dx) * channels
          if (count === 8) v128.store64_lane(to, values, 0)
          else storePart(to, values, count)
        }
      }
    }
    panels += PANEL_HEAD + POSITIONS * weightBytes
  }
}

/**
 * Aᵀ M A / 4 plus bias, of four channels. M lies in memory value by value, `SUMS_BYTES` apart; the four outputs take the places of its first
 * four values.
 */
@inline
function outputTransform(m: usize, bias: v128): void {
  const upper0 = upper(m)
  const upper1 = upper(m + SUMS_BYTES)
  const upper2 = upper(m + 2 * SUMS_BYTES)
  const upper3 = upper(m + 3 * SUMS_BYTES)
  const lower0 = lower(m)
  const lower1 = lower(m + SUMS_BYTES)
  const lower2 = lower(m + 2 * SUMS_BYTES)
  const lower3 = lower(m + 3 * SUMS_BYTES)
  v128.store(m, i32x4.add(quarter(i32x4.add(i32x4.add(upper0, upper1), upper2)), bias))
  v128.store(m + SUMS_BYTES, i32x4.add(quarter(i32x4.sub(i32x4.sub(upper1, upper2), upper3)), bias))
  v128.store(m + 2 * SUMS_BYTES, i32x4.add(quarter(i32x4.add(i32x4.add(lower0, lower1), lower2)), bias))
  v128.store(m + 3 * SUMS_BYTES, i32x4.add(quarter(i32x4.sub(i32x4.sub(lower1, lower2), lower3)), bias))
}

@inline
function quarter(x: v128): v128 {
  return i32x4.shr_s(x, 2)
}

/** First row of Aᵀ times a column of M. */
@inline
function upper(m: usize): v128 {
  return i32x4.add(i32x4.add(v128.load(m), v128.load(m, 4 * SUMS_BYTES)), v128.load(m, 8 * SUMS_BYTES))
}

/** Second row of Aᵀ times a column of M. */
@inline
function lower(m: usize): v128 {
  return i32x4.sub(i32x4.sub(v128.load(m, 4 * SUMS_BYTES), v128.load(m, 8 * SUMS_BYTES)), v128.load(m, 12 * SUMS_BYTES))
}
