// The loops of src/fractional-stage.ts and src/real-fft.ts: the same operations in the same order, so the same bytes. The interpolation has two taps in a
// vector; the transforms have two blocks of the signal in a vector, so that every line is that of the scalar code.

/** Widens `count` float32 values, a multiple of 4. */
export function widen(from: usize, to: usize, count: i32): void {
  for (const end = from + (<usize>count << 2); from < end; from += 16, to += 32) {
    const values = v128.load(from)
    v128.store(to, f64x2.promote_low_f32x4(values))
    v128.store(to, f64x2.promote_low_f32x4(v128.shuffle<i64>(values, values, 1, 1)), 16)
  }
}

@inline
function bothLanes(sums: v128): f64 {
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1)
}

/** @param taps a multiple of 2; `count` outputs from `output` on */
export function interpolate(inputs: usize, table: usize, taps: i32, step: i32, phases: i32, phase: i32, output: usize, count: i32): void {
  const wholeStep = step / phases
  const phaseStep = step - wholeStep * phases
  const width = <usize>taps << 3
  const period = <usize>phases << 3
  const hop = <usize>step << 3
  const end = output + (<usize>count << 3)
  let start = inputs
  for (; output + 4 * period <= end; output += 3 * period, start += 3 * hop)
    for (let p = 0; p < phases; p++, output += 8) {
      let sum0 = f64x2.splat(0)
      let sum1 = f64x2.splat(0)
      let sum2 = f64x2.splat(0)
      let sum3 = f64x2.splat(0)
      let at = table + <usize>phase * width
      let i0 = start
      let i1 = start + hop
      let i2 = i1 + hop
      let i3 = i2 + hop
      for (const last = at + width; at < last; at += 16, i0 += 16, i1 += 16, i2 += 16, i3 += 16) {
        const h = v128.load(at)
        sum0 = f64x2.add(sum0, f64x2.mul(h, v128.load(i0)))
        sum1 = f64x2.add(sum1, f64x2.mul(h, v128.load(i1)))
        sum2 = f64x2.add(sum2, f64x2.mul(h, v128.load(i2)))
        sum3 = f64x2.add(sum3, f64x2.mul(h, v128.load(i3)))
      }
      store<f64>(output, bothLanes(sum0))
      store<f64>(output + period, bothLanes(sum1))
      store<f64>(output + 2 * period, bothLanes(sum2))
      store<f64>(output + 3 * period, bothLanes(sum3))
      start += <usize>wholeStep << 3
      phase += phaseStep
      if (phase >= phases) {
        phase -= phases
        start += 8
      }
    }
  for (; output < end; output += 8) {
    let sum = f64x2.splat(0)
    let at = table + <usize>phase * width
    let i = start
    for (const last = at + width; at < last; at += 16, i += 16) sum = f64x2.add(sum, f64x2.mul(v128.load(at), v128.load(i)))
    store<f64>(output, bothLanes(sum))
    start += <usize>wholeStep << 3
    phase += phaseStep
    if (phase >= phases) {
      phase -= phases
      start += 8
    }
  }
}

/** @param rows of the table, less one */
export function interpolateBlended(inputs: usize, table: usize, taps: i32, step: i32, phases: i32, phase: i32, rows: i32, output: usize, count: i32): void {
  const wholeStep = step / phases
  const phaseStep = step - wholeStep * phases
  const width = <usize>taps << 3
  const end = output + (<usize>count << 3)
  let start = inputs
  for (; output < end; output += 8) {
    const position = (<f64>phase / <f64>phases) * <f64>rows
    const row = <i32>position
    const blend = f64x2.splat(position - <f64>row)
    let sum = f64x2.splat(0)
    let at = table + <usize>row * width
    let i = start
    for (const last = at + width; at < last; at += 16, i += 16) {
      const lower = v128.load(at)
      const h = f64x2.add(lower, f64x2.mul(blend, f64x2.sub(v128.load(at + width), lower)))
      sum = f64x2.add(sum, f64x2.mul(v128.load(i), h))
    }
    store<f64>(output, bothLanes(sum))
    start += <usize>wholeStep << 3
    phase += phaseStep
    if (phase >= phases) {
      phase -= phases
      start += 8
    }
  }
}

// A complex value of two blocks takes 32 bytes: both real parts, both imaginary parts. `re` and `im` are the offsets of the two, 0 and 16, or swapped
// for the inverse.

@inline
function storeTurned(at: usize, re: usize, im: usize, ur: v128, ui: v128, c: v128, s: v128): void {
  v128.store(at + re, f64x2.sub(f64x2.mul(ur, c), f64x2.mul(ui, s)))
  v128.store(at + im, f64x2.add(f64x2.mul(ur, s), f64x2.mul(ui, c)))
}

@inline
function butterfly(from: usize, to: usize, step: usize, hop: usize, re: usize, im: usize, w1: usize, w2: usize, w3: usize, turned: bool): void {
  const ar = v128.load(from + re)
  const ai = v128.load(from + im)
  const br = v128.load(from + step + re)
  const bi = v128.load(from + step + im)
  const cr = v128.load(from + 2 * step + re)
  const ci = v128.load(from + 2 * step + im)
  const dr = v128.load(from + 3 * step + re)
  const di = v128.load(from + 3 * step + im)
  const pr = f64x2.add(ar, cr)
  const pi = f64x2.add(ai, ci)
  const mr = f64x2.sub(ar, cr)
  const mi = f64x2.sub(ai, ci)
  const sr = f64x2.add(br, dr)
  const si = f64x2.add(bi, di)
  const jr = f64x2.sub(di, bi)
  const ji = f64x2.sub(br, dr)
  v128.store(to + re, f64x2.add(pr, sr))
  v128.store(to + im, f64x2.add(pi, si))
  const ur = f64x2.sub(mr, jr)
  const ui = f64x2.sub(mi, ji)
  const vr = f64x2.sub(pr, sr)
  const vi = f64x2.sub(pi, si)
  const wr = f64x2.add(mr, jr)
  const wi = f64x2.add(mi, ji)
  if (turned) {
    storeTurned(to + hop, re, im, ur, ui, v128.load64_splat(w1), v128.load64_splat(w1, 8))
    storeTurned(to + 2 * hop, re, im, vr, vi, v128.load64_splat(w2), v128.load64_splat(w2, 8))
    storeTurned(to + 3 * hop, re, im, wr, wi, v128.load64_splat(w3), v128.load64_splat(w3, 8))
  } else {
    v128.store(to + hop + re, ur)
    v128.store(to + hop + im, ui)
    v128.store(to + 2 * hop + re, vr)
    v128.store(to + 2 * hop + im, vi)
    v128.store(to + 3 * hop + re, wr)
    v128.store(to + 3 * hop + im, wi)
  }
}

@inline
function radix4(x: usize, y: usize, n: i32, stride: i32, re: usize, im: usize, circle: usize, turn: i32): void {
  const quarter = n >> 2
  const hop = <usize>stride << 5
  const step = hop * quarter
  let from = x
  let to = y
  for (const end = to + hop; to < end; from += 32, to += 32) butterfly(from, to, step, hop, re, im, 0, 0, 0, false)
  for (let p = 1; p < quarter; p++) {
    const w = <usize>(p * stride * turn) << 4
    to = y + 4 * p * hop
    for (const end = to + hop; to < end; from += 32, to += 32) butterfly(from, to, step, hop, re, im, circle + w, circle + 2 * w, circle + 3 * w, true)
  }
}

@inline
function radix2(x: usize, stride: i32): void {
  const hop = <usize>stride << 5
  for (const end = x + hop; x < end; x += 16) {
    const a = v128.load(x)
    const b = v128.load(x + hop)
    v128.store(x, f64x2.add(a, b))
    v128.store(x + hop, f64x2.sub(a, b))
  }
}

/** Returns where the result lies. */
@inline
function transform(x: usize, y: usize, size: i32, re: usize, im: usize, circle: usize, turn: i32): usize {
  let n = size
  for (let stride = 1; n >= 4; n >>= 2, stride *= 4) {
    radix4(x, y, n, stride, re, im, circle, turn)
    const other = x
    x = y
    y = other
  }
  if (n == 2) radix2(x, size >> 1)
  return x
}

@inline
function unpackAndFold(z: usize, f: usize, half: i32, fold: usize): void {
  const quarter = half >> 1
  for (let k = 0; k <= quarter; k++, fold += 32) {
    const a = z + (<usize>k << 5)
    const b = z + (<usize>(k == 0 ? 0 : half - k) << 5)
    const c = v128.load64_splat(fold)
    const s = v128.load64_splat(fold, 8)
    const near = v128.load64_splat(fold, 16)
    const far = v128.load64_splat(fold, 24)
    const ar = v128.load(a)
    const ai = v128.load(a, 16)
    const br = v128.load(b)
    const bi = v128.load(b, 16)
    const er = f64x2.add(ar, br)
    const ei = f64x2.sub(ai, bi)
    const or = f64x2.add(ai, bi)
    const oi = f64x2.sub(br, ar)
    const tr = f64x2.add(f64x2.mul(or, c), f64x2.mul(oi, s))
    const ti = f64x2.sub(f64x2.mul(oi, c), f64x2.mul(or, s))
    const at = f + (<usize>k << 5)
    v128.store(at, f64x2.add(f64x2.mul(near, f64x2.add(er, tr)), f64x2.mul(far, f64x2.sub(er, tr))))
    v128.store(at, f64x2.add(f64x2.mul(near, f64x2.add(ei, ti)), f64x2.mul(far, f64x2.sub(ei, ti))), 16)
  }
}

@inline
function pack(f: usize, z: usize, quarter: i32, circle: usize): void {
  for (let k = 0; k <= quarter >> 1; k++, circle += 16) {
    const a = <usize>k << 5
    const b = <usize>(quarter - k) << 5
    const c = v128.load64_splat(circle)
    const s = f64x2.neg(v128.load64_splat(circle, 8))
    const ar = v128.load(f + a)
    const ai = v128.load(f + a, 16)
    const br = v128.load(f + b)
    const bi = v128.load(f + b, 16)
    const sr = f64x2.add(ar, br)
    const si = f64x2.sub(ai, bi)
    const dr = f64x2.sub(ar, br)
    const di = f64x2.add(ai, bi)
    const u = f64x2.add(f64x2.mul(dr, s), f64x2.mul(di, c))
    const v = f64x2.sub(f64x2.mul(dr, c), f64x2.mul(di, s))
    v128.store(z + b, f64x2.add(sr, u))
    v128.store(z + b, f64x2.sub(v, si), 16)
    v128.store(z + a, f64x2.sub(sr, u))
    v128.store(z + a, f64x2.add(si, v), 16)
  }
}

/**
 * Filters two stretches of `size` samples circularly and keeps every second sample of each, as float32.
 * @param a, b the stretches
 * @param x, y scratch of 16 · size bytes each, `f` of 8 · size + 32
 * @param skip, pairs which pairs of outputs are given: `pairs` from the one with index `skip` on
 * @param outputA, outputB take them
 */
export function halvePair(a: usize, b: usize, size: i32, circle: usize, fold: usize, x: usize, y: usize, f: usize, skip: i32, pairs: i32, outputA: usize, outputB: usize): void {
  const half = size >> 1
  const quarter = size >> 2
  for (let at = x, end = x + (<usize>half << 5); at < end; at += 32, a += 16, b += 16) {
    const one = v128.load(a)
    const other = v128.load(b)
    v128.store(at, v128.shuffle<f64>(one, other, 0, 2))
    v128.store(at, v128.shuffle<f64>(one, other, 1, 3), 16)
  }
  unpackAndFold(transform(x, y, half, 0, 16, circle, 1), f, half, fold)
  pack(f, x, quarter, circle)
  let at = transform(x, y, quarter, 16, 0, circle, 2) + (<usize>skip << 5)
  for (const end = at + (<usize>pairs << 5); at < end; at += 32, outputA += 8, outputB += 8) {
    const re = v128.load(at)
    const im = v128.load(at, 16)
    v128.store64_lane(outputB, f32x4.demote_f64x2_zero(v128.shuffle<f64>(re, im, 1, 3)), 0)
    v128.store64_lane(outputA, f32x4.demote_f64x2_zero(v128.shuffle<f64>(re, im, 0, 2)), 0)
  }
}
