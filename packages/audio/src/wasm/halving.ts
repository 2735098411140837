import { wasmModule } from '@aed/core'
import type { FractionalStage } from '../fractional-stage.ts'
import type { OctaveStage } from '../octave-stage.ts'
import { copyStretch } from '../scratch.ts'
import { WASM_BINARY } from './resample-binary.ts'

/** The functions of assembly/index.ts; pointers are bytes. */
interface Loops {
  readonly widen: (from: number, to: number, count: number) => void
  readonly interpolate: (inputs: number, table: number, taps: number, step: number, phases: number, phase: number, output: number, count: number) => void
  readonly interpolateBlended: (inputs: number, table: number, taps: number, step: number, phases: number, phase: number, rows: number, output: number, count: number) => void
  readonly halvePair: (
    a: number, b: number, size: number, circle: number, fold: number, x: number, y: number, f: number, skip: number, pairs: number, outputA: number, outputB: number,
  ) => void
}

/** More memory than this is left to the TypeScript path; only ratios of many thousands need it. */
const MAX_BYTES = 2 ** 26
const PAGE = 65536

/** An instance for all resamplers of this thread: a runtime sets gigabytes of addresses aside for each memory. A run overwrites all that it reads, but for `table`. */
interface Engine {
  readonly loops: Loops
  readonly memory: WebAssembly.Memory
  f32: Float32Array
  f64: Float64Array
  /** Whose table lies there. */
  table: Float64Array | null
}

/** Undefined: not tried yet; null: this runtime has no WebAssembly SIMD, or forbids it. */
let engine: Engine | null | undefined

function createEngine(): Engine | null {
  const module = wasmModule(WASM_BINARY)
  if (!module) return null // the TypeScript path gives the same bytes: nothing is lost but time
  const memory = new WebAssembly.Memory({ initial: 1 })
  const loops = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Loops
  return { loops, memory, f32: new Float32Array(memory.buffer), f64: new Float64Array(memory.buffer), table: null }
}

function reserve(engine: Engine, bytes: number): void {
  const missing = bytes - engine.memory.buffer.byteLength
  if (missing <= 0) return
  engine.memory.grow(Math.ceil(missing / PAGE))
  engine.f32 = new Float32Array(engine.memory.buffer)
  engine.f64 = new Float64Array(engine.memory.buffer)
}

/**
 * Interpolates and halves `count` inputs from `window[from]` on, with zeros beyond its `length` samples, into `output`, from output `first` on.
 * @returns false when it needs too much memory
 */
type Halving = (window: Float32Array, length: number, from: number, count: number, first: number, output: Float32Array) => boolean

/**
 * The two filters of resampling down by WebAssembly SIMD: the bytes of `slow.run` and `octave.halve`.
 * @param slow undefined: the input has the doubled rate
 * @returns undefined where the runtime has no WebAssembly SIMD
 */
export function createWasmHalving(slow: FractionalStage | undefined, { tables, reach, block }: OctaveStage): Halving | undefined {
  if (engine === undefined) engine = createEngine()
  if (!engine) return undefined
  const shared = engine
  const { size, circle, fold } = tables
  const loops = shared.loops
  // Addresses, 64 bytes apart: first what every resampler has, its tables equal in all; then the table of this one; then what changes.
  let end = 1024
  const place = (bytes: number) => {
    const at = end
    end += Math.ceil(bytes / 64) * 64
    return at
  }
  const [circleAt, foldAt, xAt, yAt, fAt] = [circle.byteLength, fold.byteLength, 16 * size, 16 * size, 8 * size + 32].map(place) as [number, number, number, number, number]
  const tableAt = place(slow?.table.byteLength ?? 0)
  const signalAt = end

  const prepare = (bytes: number) => {
    reserve(shared, bytes)
    const table = slow?.table ?? fold
    if (shared.table === table) return
    shared.f64.set(circle, circleAt / 8)
    shared.f64.set(fold, foldAt / 8)
    if (slow) shared.f64.set(slow.table, tableAt / 8)
    shared.table = table
  }

  return (window, length, from, count, first, output) => {
    end = signalAt
    const samplesAt = place(4 * count + 16)
    const inputsAt = place(8 * count + 32)
    const pairs = Math.ceil(output.length / (2 * block))
    const needed = 2 * (output.length + reach)
    const whole = 4 * block * pairs + 2 * reach
    const doubledAt = slow ? place(8 * whole) : inputsAt
    if (!slow) place(8 * (whole - count))
    const outputAt = place(8 * block * pairs)
    if (end > MAX_BYTES) return false
    prepare(end)
    copyStretch(window, length, from, count, shared.f32, samplesAt / 4)
    loops.widen(samplesAt, inputsAt, Math.ceil(count / 4) * 4)
    if (slow) {
      const { taps, step, phases, exact, rows } = slow
      const phase = slow.phaseOf(2 * first - reach)
      if (exact) loops.interpolate(inputsAt, tableAt, taps, step, phases, phase, doubledAt, needed)
      else loops.interpolateBlended(inputsAt, tableAt, taps, step, phases, phase, rows, doubledAt, needed)
    }
    shared.f64.fill(0, doubledAt / 8 + needed, doubledAt / 8 + whole)
    for (let pair = 0, at = doubledAt, to = outputAt; pair < pairs; pair++, at += 32 * block, to += 8 * block)
      loops.halvePair(at, at + 16 * block, size, circleAt, foldAt, xAt, yAt, fAt, reach / 4, block / 2, to, to + 4 * block)
    copyStretch(shared.f32, shared.f32.length, outputAt / 4, output.length, output)
    return true
  }
}
