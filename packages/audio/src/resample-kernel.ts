import { createFractionalStage, type FractionalStage } from './fractional-stage.ts'
import { kaiserSinc } from './kaiser-sinc.ts'
import { createOctaveStage, type OctaveStage } from './octave-stage.ts'
import { copyStretch, createScratch } from './scratch.ts'
import { createWasmHalving } from './wasm/halving.ts'

/** Everything up to this part of the lower rate's Nyquist frequency passes. */
const PASS_EDGE = 0.9
/** Ripple of each of the two filters: what both leave together stays below −100 dB. */
const ATTENUATION_DB = 106

/** The two filters of a pair of rates, for any stretch of outputs. */
export interface Kernel {
  /** Outputs are made in blocks of so many, counted from output 0; only the last can be shorter. */
  readonly block: number
  /** First input that output m depends on; may be below 0. */
  firstInput(m: number): number
  /** Last input that output m depends on. */
  lastInput(m: number): number
  /** Fills `output` with the outputs from `first` on, a multiple of `block`; as many as whole blocks hold, or up to the signal's end. `window` holds `length` inputs from index `start` on; around them are zeros. */
  run(window: Float32Array, length: number, start: number, first: number, output: Float32Array): void
}

/** @param wasm false: without WebAssembly, to compare with */
export function createKernel(inRate: number, outRate: number, wasm = true): Kernel {
  const down = outRate < inRate
  const low = Math.min(inRate, outRate)
  const steep = kaiserSinc({ passEdge: PASS_EDGE / 4, stopEdge: 1 / 4, attenuationDb: ATTENUATION_DB }) // in cycles per sample at 2 · low
  const slowIn = down ? inRate : 2 * low
  const slowOut = down ? 2 * low : outRate
  const slow =
    slowIn === slowOut
      ? undefined
      : createFractionalStage(slowIn, slowOut, kaiserSinc({ passEdge: (0.5 * low) / slowIn, stopEdge: (1.5 * low) / slowIn, attenuationDb: ATTENUATION_DB }))
  const octave = createOctaveStage(steep)
  return down ? downKernel(slow, octave, wasm) : upKernel(slow, octave)
}

function downKernel(slow: FractionalStage | undefined, octave: OctaveStage, wasm: boolean): Kernel {
  const { block, reach } = octave
  const firstInput = (m: number) => (slow ? slow.firstTap(2 * m - reach) : 2 * m - reach)
  const lastInput = (m: number) => (slow ? slow.lastTap(2 * m + reach + 1) : 2 * m + reach + 1)
  const halving = wasm ? createWasmHalving(slow, octave) : undefined
  const inputScratch = createScratch((n) => new Float64Array(n))
  const doubledScratch = createScratch((n) => new Float64Array(n))
  return {
    block,
    firstInput,
    lastInput,
    run(window, length, start, first, output) {
      const from = firstInput(first)
      const count = lastInput(first + output.length - 1) + 1 - from
      if (halving?.(window, length, from - start, count, first, output)) return
      const inputs = inputScratch(count)
      copyStretch(window, length, from - start, count, inputs)
      const doubled = slow ? doubledScratch(2 * (output.length + reach)) : inputs
      slow?.run(inputs, 2 * first - reach, doubled)
      octave.halve(doubled, output)
    },
  }
}

function upKernel(slow: FractionalStage | undefined, octave: OctaveStage): Kernel {
  const { reach } = octave
  const firstDoubled = (m: number) => (slow ? slow.firstTap(m) : m)
  const lastDoubled = (m: number) => (slow ? slow.lastTap(m) : m)
  const doubledScratch = createScratch((n) => new Float64Array(n))
  const inputScratch = createScratch((n) => new Float64Array(n))
  const outputScratch = createScratch((n) => new Float64Array(n))
  return {
    block: 1,
    firstInput: (m) => Math.floor((firstDoubled(m) - reach) / 2) - 1,
    lastInput: (m) => Math.ceil((lastDoubled(m) + reach) / 2) + 1,
    run(window, length, start, first, output) {
      const last = first + output.length - 1
      const from = 2 * Math.floor(firstDoubled(first) / 2) // whole pairs
      const to = 2 * Math.ceil((lastDoubled(last) + 1) / 2)
      const doubled = doubledScratch(to - from)
      octave.double(window, length, from - 2 * start, doubled)
      const skipped = firstDoubled(first) - from
      const inputs = inputScratch(lastDoubled(last) - firstDoubled(first) + 1)
      for (let i = 0; i < inputs.length; i++) inputs[i] = doubled[skipped + i]!
      const outputs = slow ? outputScratch(output.length) : inputs
      slow?.run(inputs, first, outputs)
      output.set(outputs)
    },
  }
}
