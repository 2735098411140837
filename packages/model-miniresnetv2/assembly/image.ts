import { add as sum } from './normalize'

/** Writes the byte offset of each window: `rows · columns` of them. */
export function fillWindows(windows: usize, rows: i32, columns: i32, rowBytes: i32, columnBytes: i32): void {
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, windows += 4) store<i32>(windows, row * rowBytes + column * columnBytes)
}

/** An image `[height, width · channels]` with zeros around it. Sizes in bytes, all multiples of four. */
export function pad(input: usize, output: usize, height: i32, rowBytes: i32, top: i32, bottom: i32, before: i32, after: i32): void {
  const wide = rowBytes + before + after
  memory.fill(output, 0, top * wide + before)
  output += top * wide + before
  for (let row = 0; row < height; row++, input += rowBytes, output += wide) {
    memory.copy(output, input, rowBytes)
    memory.fill(output + rowBytes, 0, row < height - 1 ? after + before : after + bottom * wide)
  }
}

/** Rows out of the middle of an image, what `pad` put there; with `add` on top of what the output holds. */
export function crop(input: usize, output: usize, height: i32, rowBytes: i32, wideBytes: i32, add: bool): void {
  for (let row = 0; row < height; row++, input += wideBytes, output += rowBytes) {
    if (add) sum(output, input, output, rowBytes >> 2)
    else memory.copy(output, input, rowBytes)
  }
}

/** Adds `columns`, `[count, segmentCount · length]`, to the values of the windows that they belong to: the transpose of taking windows. */
export function scatter(columns: usize, windows: usize, count: i32, segments: usize, segmentCount: i32, length: i32, output: usize): void {
  const whole = (<usize>length & ~3) << 2
  const bytes = <usize>length << 2
  for (let window = 0; window < count; window++) {
    const to = output + load<u32>(windows + (<usize>window << 2))
    for (let segment = 0; segment < segmentCount; segment++, columns += bytes) {
      const at = to + load<u32>(segments + (<usize>segment << 2))
      let i: usize = 0
      for (; i < whole; i += 16) v128.store(at + i, f32x4.add(v128.load(at + i), v128.load(columns + i)))
      for (; i < bytes; i += 4) f32.store(at + i, f32.load(at + i) + f32.load(columns + i))
    }
  }
}

/** Zeros. */
export function clear(output: usize, bytes: i32): void {
  memory.fill(output, 0, bytes)
}
