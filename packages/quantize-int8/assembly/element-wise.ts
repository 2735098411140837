/** `output[i] = table[input[i] + 128]`. */
export function lookUp(input: usize, output: usize, table: usize, count: i32): void {
  for (let i = 0; i < count; i++) store<i8>(output + i, load<i8>(table + <usize>(<i32>load<i8>(input + i) + 128)))
}

/** `output[i] = input[indices[i]]`. */
export function gather(input: usize, output: usize, indices: usize, count: i32): void {
  for (let i = 0; i < count; i++) store<i8>(output + i, load<i8>(input + <usize>load<u32>(indices + (<usize>i << 2))))
}

export function copy(input: usize, output: usize, bytes: i32): void {
  memory.copy(output, input, bytes)
}

/** Copies runs of the input to their offsets in an output that holds `value` elsewhere. */
export function pad(input: usize, output: usize, offsets: usize, runs: i32, length: i32, size: i32, value: i32): void {
  memory.fill(output, <u8>value, size)
  for (let run = 0; run < runs; run++) {
    memory.copy(output + <usize>load<u32>(offsets + (<usize>run << 2)), input, length)
    input += length
  }
}

/** To the nearest integer, ties away from zero. */
@inline
function roundHalfAway(x: f32): f32 {
  const magnitude = abs(x)
  const whole = floor(magnitude)
  return copysign<f32>(magnitude - whole >= 0.5 ? whole + 1 : whole, x)
}

@inline
function toInt8(x: f32, zeroPoint: i32): i8 {
  // Exact: an int8 and its zero point are far below 2^24, and what is above saturates whatever its last bits are.
  return <i8>max<f32>(-128, min<f32>(127, x + <f32>zeroPoint))
}

/** float32 → int8. Returns the index of the first value that is not a number, or −1. */
export function quantize(input: usize, output: usize, count: i32, scale: f64, zeroPoint: i32): i32 {
  for (let i = 0; i < count; i++) {
    const x = load<f32>(input + (<usize>i << 2))
    if (x != x) return i
    store<i8>(output + i, toInt8(roundHalfAway(<f32>(<f64>x / scale)), zeroPoint))
  }
  return -1
}

/** int8 → float32. */
export function dequantize(input: usize, output: usize, count: i32, scale: f64, zeroPoint: i32): void {
  for (let i = 0; i < count; i++) store<f32>(output + (<usize>i << 2), <f32>(scale * <f64>(<i32>load<i8>(input + i) - zeroPoint)))
}

/**
 * Softmax of each row of `classes` values.
 * @param table float32 exponential of each distance 0 ... 255 to the largest
 */
export function softmax(input: usize, output: usize, rows: i32, classes: i32, table: usize, scale: f64, zeroPoint: i32): void {
  for (let row = 0; row < rows; row++) {
    let largest = -128
    for (let i = 0; i < classes; i++) largest = max(largest, <i32>load<i8>(input + i))
    let sum: f32 = 0
    for (let i = 0; i < classes; i++) sum += load<f32>(table + (<usize>(largest - <i32>load<i8>(input + i)) << 2))
    const inverse = <f32>(1 / <f64>(<f32>(<f64>sum * scale)))
    for (let i = 0; i < classes; i++) {
      const share = load<f32>(table + (<usize>(largest - <i32>load<i8>(input + i)) << 2)) * inverse
      store<i8>(output + i, toInt8(roundHalfAway(share), zeroPoint))
    }
    input += classes
    output += classes
  }
}
