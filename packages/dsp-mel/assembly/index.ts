// The passes of src/fft-passes.ts and the split of src/power-spectrum.ts on vectors of one complex value: the same operations in
// the same order, so the same bytes. (A difference may have the other sign where it is 0; a power has not.)

/** (re, im) → (im, −re): times −i. */
@inline
function turned(z: v128): v128 {
  return v128.xor(v128.shuffle<f64>(z, z, 1, 0), i64x2(0, i64.MIN_VALUE))
}

/** z · w, w in memory as re, im. */
@inline
function times(z: v128, w: usize): v128 {
  const real = f64x2.mul(z, v128.load64_splat(w))
  const imag = f64x2.mul(v128.shuffle<f64>(z, z, 1, 0), v128.load64_splat(w, 8))
  return f64x2.add(real, v128.xor(imag, i64x2(i64.MIN_VALUE, 0)))
}

/** Two samples as a complex value, times their factors. */
@inline
function pair(sample: usize, factors: usize): v128 {
  return f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(sample)), v128.load(factors))
}

/** @param stride of the inputs of a block, in bytes of the signal */
export function loadPass4(signal: usize, first: usize, factors: usize, z: usize, size: i32): void {
  const stride = <usize>size * 2
  for (let i = 0; i < size; i += 4) {
    const from = signal + (<usize>load<i32>(first + (<usize>i << 2)) << 2)
    const f = factors + (<usize>i << 4)
    const at = z + (<usize>i << 4)
    const a = pair(from, f)
    const b = pair(from + stride, f + 16)
    const c = pair(from + 2 * stride, f + 32)
    const d = pair(from + 3 * stride, f + 48)
    const s = f64x2.add(a, c)
    const m = f64x2.sub(a, c)
    const t = f64x2.add(b, d)
    const u = turned(f64x2.sub(b, d))
    v128.store(at, f64x2.add(s, t))
    v128.store(at, f64x2.add(m, u), 16)
    v128.store(at, f64x2.sub(s, t), 32)
    v128.store(at, f64x2.sub(m, u), 48)
  }
}

export function loadPass8(signal: usize, first: usize, factors: usize, z: usize, size: i32): void {
  const h = f64x2.splat(0.70710678118654752440)
  const stride = <usize>size
  for (let i = 0; i < size; i += 8) {
    const from = signal + (<usize>load<i32>(first + (<usize>i << 2)) << 2)
    const f = factors + (<usize>i << 4)
    const at = z + (<usize>i << 4)
    const x0 = pair(from, f)
    const x1 = pair(from + stride, f + 16)
    const x2 = pair(from + 2 * stride, f + 32)
    const x3 = pair(from + 3 * stride, f + 48)
    const x4 = pair(from + 4 * stride, f + 64)
    const x5 = pair(from + 5 * stride, f + 80)
    const x6 = pair(from + 6 * stride, f + 96)
    const x7 = pair(from + 7 * stride, f + 112)
    const es = f64x2.add(x0, x4)
    const ed = f64x2.sub(x0, x4)
    const et = f64x2.add(x2, x6)
    const eu = turned(f64x2.sub(x2, x6))
    const os = f64x2.add(x1, x5)
    const od = f64x2.sub(x1, x5)
    const ot = f64x2.add(x3, x7)
    const ou = turned(f64x2.sub(x3, x7))

    const e0 = f64x2.add(es, et)
    const o0 = f64x2.add(os, ot)
    v128.store(at, f64x2.add(e0, o0))
    v128.store(at, f64x2.sub(e0, o0), 64)

    const e2 = f64x2.sub(es, et)
    const o2 = turned(f64x2.sub(os, ot))
    v128.store(at, f64x2.add(e2, o2), 32)
    v128.store(at, f64x2.sub(e2, o2), 96)

    const p1 = f64x2.add(od, ou)
    const e1 = f64x2.add(ed, eu)
    const o1 = f64x2.mul(h, f64x2.add(p1, turned(p1)))
    v128.store(at, f64x2.add(e1, o1), 16)
    v128.store(at, f64x2.sub(e1, o1), 80)

    const p3 = f64x2.sub(od, ou)
    const e3 = f64x2.sub(ed, eu)
    const o3 = f64x2.mul(h, f64x2.sub(turned(p3), p3))
    v128.store(at, f64x2.add(e3, o3), 48)
    v128.store(at, f64x2.sub(e3, o3), 112)
  }
}

export function pass4(z: usize, size: i32, span: i32, w: usize): void {
  const end = z + (<usize>size << 4)
  const reach = <usize>span << 4
  for (let j: usize = 0; j < reach; j += 16, w += 48) {
    for (let at = z + j; at < end; at += 4 * reach) {
      const a = v128.load(at)
      const b = times(v128.load(at + reach), w)
      const c = times(v128.load(at + 2 * reach), w + 16)
      const d = times(v128.load(at + 3 * reach), w + 32)
      const s = f64x2.add(a, c)
      const m = f64x2.sub(a, c)
      const t = f64x2.add(b, d)
      const u = turned(f64x2.sub(b, d))
      v128.store(at, f64x2.add(s, t))
      v128.store(at + reach, f64x2.add(m, u))
      v128.store(at + 2 * reach, f64x2.sub(s, t))
      v128.store(at + 3 * reach, f64x2.sub(m, u))
    }
  }
}

/** @param circle cosine and sine of 2πk / (2 size) in turn, k up to size / 2 */
export function splitPower(z: usize, size: i32, circle: usize, out: usize): void {
  const dc = 2 * (load<f64>(z) + load<f64>(z, 8))
  const nyquist = 2 * (load<f64>(z) - load<f64>(z, 8))
  store<f64>(out, dc * dc)
  store<f64>(out + (<usize>size << 3), nyquist * nyquist)
  for (let k = 1; k <= size >> 1; k++) {
    const m = size - k
    const a = v128.load(z + (<usize>k << 4))
    const b = v128.xor(v128.load(z + (<usize>m << 4)), i64x2(0, i64.MIN_VALUE))
    const e = f64x2.add(a, b)
    const o = turned(f64x2.sub(a, b))
    const at = circle + (<usize>k << 4)
    const t = f64x2.add(f64x2.mul(v128.load64_splat(at), o), f64x2.mul(v128.load64_splat(at, 8), turned(o)))
    const x = f64x2.add(e, t)
    const y = f64x2.sub(e, t)
    const xx = f64x2.mul(x, x)
    const yy = f64x2.mul(y, y)
    const both = f64x2.add(v128.shuffle<f64>(xx, yy, 0, 2), v128.shuffle<f64>(xx, yy, 1, 3))
    v128.store64_lane(out + (<usize>k << 3), both, 0)
    v128.store64_lane(out + (<usize>m << 3), both, 1)
  }
}
