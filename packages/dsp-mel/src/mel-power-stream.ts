import { AedError, type MelOptions } from '@aed/core'
import { checkFinite, checkSampleType } from './check-clip.ts'
import { createDelivery } from './delivery.ts'
import { applyMelFilters, createMelFilters } from './mel-filters.ts'
import { fillFrame, frameCount } from './padding.ts'
import { createPowerSpectrum } from './power-spectrum.ts'
import { frameWindow } from './window.ts'

/** Takes one frame of `nMels` values. The array is the stream's own and is overwritten by the next frame. */
export type OnMelPower = (column: Float64Array, frame: number) => void

/** The linear part of a stream: samples in, mel power out. */
export interface MelPowerStream {
  readonly warnings: readonly string[]
  readonly push: (samples: Float32Array) => number
  readonly finish: () => number
  readonly reset: () => void
}

/** Samples that are taken in at once, or a little more; of no effect on the result. */
const INTAKE = 2048

/**
 * Mel power of a signal that comes in pieces: the frames of `MelPlan.melPower`, equal to the bit, one at a time.
 * Of the signal the last `nFft + 1` samples are kept: a reflected end reads one sample more than a frame is long.
 */
export function createMelPowerStream(sampleRate: number, mel: MelOptions, onColumn: OnMelPower): MelPowerStream {
  const { nFft, hopLength, nMels, center, padMode, power } = mel
  const filters = createMelFilters(sampleRate, mel)
  const spectrum = createPowerSpectrum(frameWindow(mel))
  const powers = new Float64Array(filters.bins)
  const column = new Float64Array(nMels)
  const lead = center ? nFft >> 1 : 0
  const kept = nFft + 1
  // Whole hops are taken in, so that frames begin at the same few places of the buffer again and again.
  const buffer = new Float32Array(kept + (hopLength < INTAKE ? hopLength * Math.ceil(INTAKE / hopLength) : INTAKE))
  const views = new Map<number, Float32Array>()
  const edge = new Float32Array(nFft)
  const { give: deliver, settle } = createDelivery(onColumn)
  let used = 0 // samples in the buffer
  let origin = 0 // index of its first sample in the signal
  let frames = 0 // given so far
  let finished = false

  /** The frame that begins there, made once. */
  const viewAt = (start: number): Float32Array => {
    const view = views.get(start) ?? buffer.subarray(start, start + nFft)
    views.set(start, view)
    return view
  }

  const give = (frame: Float32Array) => {
    spectrum.run(frame, 0, powers, 0)
    if (power === 1) for (let k = 0; k < powers.length; k++) powers[k] = Math.sqrt(powers[k]!)
    applyMelFilters(filters, powers, 1, column, 0, 1)
    deliver(column, frames++)
  }

  const givePadded = (first: number) => {
    fillFrame(buffer.subarray(0, used), first, mel, edge, origin)
    give(edge)
  }

  /** All frames whose samples are there, those before the start that are reflected included. */
  const giveComplete = () => {
    const length = origin + used
    for (;;) {
      const first = frames * hopLength - lead
      if (first + nFft > length || (first < 0 && padMode === 'reflect' && length <= -first)) return
      if (first >= 0) give(viewAt(first - origin))
      else givePadded(first)
    }
  }

  /** Forgets what no frame needs any more. */
  const makeRoom = () => {
    const surplus = used - kept
    buffer.copyWithin(0, surplus, used)
    used = kept
    origin += surplus
  }

  return {
    warnings: filters.warnings,
    push: (samples) => {
      if (finished) throw new AedError('INVALID_STATE', 'mel stream: push came after finish', { hint: 'call reset before the next signal' })
      checkFinite(checkSampleType(samples), origin + used)
      const before = frames
      for (let taken = 0; taken < samples.length; ) {
        if (used === buffer.length) makeRoom()
        const count = Math.min(samples.length - taken, buffer.length - used)
        buffer.set(count === samples.length ? samples : samples.subarray(taken, taken + count), used)
        used += count
        taken += count
        giveComplete()
      }
      settle()
      return frames - before
    },
    finish: () => {
      const before = frames
      finished = true
      const count = frameCount(origin + used, mel)
      while (frames < count) givePadded(frames * hopLength - lead)
      settle()
      return frames - before
    },
    reset: () => {
      used = origin = frames = 0
      finished = false
    },
  }
}
