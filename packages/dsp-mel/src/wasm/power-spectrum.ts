import { wasmModule } from '@aed/core'
import { createCircle } from '../circle.ts'
import { pairFactors, planPasses } from '../pair-fft.ts'
import type { PowerSpectrum } from '../power-spectrum.ts'
import { WASM_BINARY } from './spectrum-binary.ts'

/** The functions of assembly/index.ts; pointers are bytes. */
interface Passes {
  readonly loadPass4: (signal: number, first: number, factors: number, z: number, size: number) => void
  readonly loadPass8: (signal: number, first: number, factors: number, z: number, size: number) => void
  readonly pass4: (z: number, size: number, span: number, twiddles: number) => void
  readonly splitPower: (z: number, size: number, circle: number, out: number) => void
}

/** Undefined: not tried yet; null: this runtime has no WebAssembly SIMD, or forbids it. */
let compiled: WebAssembly.Module | null | undefined

/** The transform of one length: an instance with its tables, and the memory that it works in. */
interface Engine {
  /** See `PairFft.order`. */
  readonly order: Int32Array
  /** Slot by slot, `[nFft]`: {@link pairFactors} of whoever ran last. */
  readonly factors: Float64Array
  /** Takes a frame, `[nFft]`. */
  readonly frame: Float32Array
  /** Gives its power, `[nFft / 2 + 1]`. */
  readonly power: Float64Array
  readonly transform: () => void
  /** Whose window is in `factors`. */
  owner: Float64Array | null
}

/**
 * One for each length, kept: a runtime sets gigabytes of addresses aside for each memory, and gives them back late. Nobody sees
 * what they hold: a run overwrites it all.
 */
const engines = new Map<number, Engine>()

function createEngine(module: WebAssembly.Module, nFft: number): Engine {
  const size = nFft / 2
  const points = createCircle(nFft)
  const { passes, order, first } = planPasses(size, points)
  const rest = passes.slice(1)
  const circle = new Float64Array(size + 2)
  for (let k = 0; k <= size >> 1; k++) {
    circle[2 * k] = points.cos[k]!
    circle[2 * k + 1] = points.sin[k]!
  }
  const tables = [circle, ...rest.map((pass) => pass.twiddles), first]
  const bins = size + 1
  // Tables, then what changes: factors, the transform, the power, the frame.
  const starts: number[] = []
  let end = 1024
  for (const bytes of [...tables.map((table) => table.byteLength), 8 * nFft, 8 * nFft, 8 * bins, 4 * nFft]) {
    starts.push(end)
    end += Math.ceil(bytes / 64) * 64
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / 65536) })
  const { loadPass4, loadPass8, pass4, splitPower } = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Passes
  for (const [i, table] of tables.entries()) new Uint8Array(memory.buffer, starts[i]).set(new Uint8Array(table.buffer, 0, table.byteLength))
  const [circleAt = 0] = starts
  const [firstAt = 0, factorsAt = 0, zAt = 0, powerAt = 0, frameAt = 0] = starts.slice(tables.length - 1)
  const begin = passes[0]?.radix === 8 ? loadPass8 : loadPass4
  return {
    order,
    factors: new Float64Array(memory.buffer, factorsAt, nFft),
    frame: new Float32Array(memory.buffer, frameAt, nFft),
    power: new Float64Array(memory.buffer, powerAt, bins),
    transform: () => {
      begin(frameAt, firstAt, factorsAt, zAt, size)
      for (let i = 0; i < rest.length; i++) pass4(zAt, size, rest[i]!.span, starts[1 + i]!)
      splitPower(zAt, size, circleAt, powerAt)
    },
    owner: null,
  }
}

function engineOf(nFft: number): Engine | undefined {
  if (compiled === undefined) compiled = wasmModule(WASM_BINARY)
  if (compiled === null) return undefined
  const engine = engines.get(nFft) ?? createEngine(compiled, nFft)
  engines.set(nFft, engine)
  return engine
}

/**
 * The power spectrum of power-spectrum.ts by WebAssembly SIMD, the same bytes.
 * @param window of a length that a power spectrum takes
 * @returns undefined where the length is no power of two from 8 on, or the runtime has no WebAssembly SIMD
 */
export function createWasmPowerSpectrum(window: Float64Array): PowerSpectrum | undefined {
  const nFft = window.length
  if (nFft < 8 || (nFft & (nFft - 1)) !== 0) return undefined
  const engine = engineOf(nFft)
  if (!engine) return undefined
  const factors = pairFactors(window, engine.order)
  const { frame, power } = engine
  return {
    run: (signal, start, out, at) => {
      if (engine.owner !== factors) {
        engine.factors.set(factors)
        engine.owner = factors
      }
      frame.set(start === 0 && signal.length === nFft ? signal : signal.subarray(start, start + nFft)) // no view for streams
      engine.transform()
      out.set(power, at)
    },
  }
}
