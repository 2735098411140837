const view = new DataView(new ArrayBuffer(8))

/** Doubles as whole numbers in their order, so that neighbours differ by 1. */
function order(x: number): bigint {
  view.setFloat64(0, x)
  const bits = view.getBigInt64(0)
  return bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits
}

/** How many doubles lie between two numbers; NaN is equal to NaN alone. */
export function ulps(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b) ? 0 : Infinity
  const distance = Number(order(a) - order(b))
  return Math.abs(distance)
}
