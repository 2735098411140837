import { checkFinite } from './check-clip.ts'
import { gcd } from './fractional-stage.ts'
import { checkRate, fillOutputs } from './resample.ts'
import { createKernel } from './resample-kernel.ts'
import { createScratch } from './scratch.ts'

/** Samples that a stream takes in before it drops what has passed, at least. */
const INTAKE = 2048

/** A resampler for samples that come in parts. */
export interface StreamResampler {
  readonly inRate: number
  readonly outRate: number
  /** Input samples that an output sample waits for beyond its own time, at most; 1,233 from 44.1 to 16 kHz, 28 ms. */
  readonly latency: number
  /**
   * Takes the next samples, any number of them; they are copied.
   * @returns the samples that these complete. The array is the stream's own and is overwritten by the next call: copy what is to be kept
   * @throws AedError `INVALID_INPUT` for a sample that is not finite, with its index in the signal; none of the piece is taken then
   */
  push(samples: Float32Array): Float32Array<ArrayBuffer>
  /** No more samples come: the last ones, as if zeros followed, in an array as that of `push`. The resampler then starts anew. */
  end(): Float32Array<ArrayBuffer>
}

/**
 * Resamples a signal that comes in parts of any size, in constant memory: all parts together are equal to the bit to `createResampler` of the whole.
 * Pieces of one length, as an AudioWorklet has them, leave nothing to the garbage collector.
 * @throws AedError `INVALID_OPTION` for rates that are not whole numbers of Hz
 */
export function createStreamResampler(inRate: number, outRate: number): StreamResampler {
  checkRate(inRate, 'the input rate')
  checkRate(outRate, 'the output rate')
  const divisor = gcd(inRate, outRate)
  const [inPeriod, outPeriod] = [inRate / divisor, outRate / divisor]
  const kernel = inRate === outRate ? undefined : createKernel(inRate, outRate)
  const block = kernel?.block ?? 1
  const latency = kernel ? kernel.lastInput(block - 1) + 1 : 0
  const outputs = createScratch((length) => new Float32Array(length))
  /** The last `used` samples, from the one with index `start` on. Indices count from a period's begin, so that they stay small in endless streams. */
  let window = new Float32Array(0)
  let used = 0
  let start = 0
  let next = 0
  /** Samples of the signal so far. */
  let taken = 0

  /** Drops what no output needs any more. */
  function makeRoom(): void {
    const passed = Math.max(0, Math.min(used, kernel!.firstInput(next) - start))
    window.copyWithin(0, passed, used)
    used -= passed
    start += passed
    const periods = Math.floor(next / (outPeriod * block)) * block
    next -= periods * outPeriod
    start -= periods * inPeriod
  }

  function take(samples: Float32Array): void {
    if (used + samples.length > window.length) makeRoom()
    if (used + samples.length > window.length) {
      const larger = new Float32Array(used + Math.max(INTAKE, 2 * samples.length))
      larger.set(window.subarray(0, used))
      window = larger
    }
    window.set(samples, used)
    used += samples.length
  }

  /** Outputs from `next` to before `end`. */
  function produce(end: number): Float32Array<ArrayBuffer> {
    const output = outputs(Math.max(0, end - next))
    fillOutputs(kernel!, window, used, start, next, output)
    next += output.length
    return output
  }

  return {
    inRate,
    outRate,
    latency,
    push(samples) {
      checkFinite(samples, 'resample', taken)
      taken += samples.length
      if (!kernel) {
        const copy = outputs(samples.length)
        copy.set(samples)
        return copy
      }
      take(samples)
      const received = start + used
      // The first block that waits for a sample which is not there yet.
      const about = Math.floor(((received - latency - 2) * outPeriod) / inPeriod)
      let end = Math.max(next, Math.floor(about / block) * block)
      while (kernel.lastInput(end + block - 1) < received) end += block
      return produce(end)
    },
    end() {
      taken = 0
      if (!kernel) return outputs(0)
      const output = produce(Math.ceil(((start + used) * outPeriod) / inPeriod))
      used = start = next = 0
      return output
    },
  }
}
