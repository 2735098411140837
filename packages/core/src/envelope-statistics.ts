import { addLevel, emptyLevelSums, LEVEL_FLOOR, levelMoments, levelShape, type LevelSums } from './level-statistics.ts'
import { log2F32 } from './log2-f32.ts'
import { cosPi, exp, log10, sinPi } from './math.ts'

const f32 = Math.fround

/** Rate that the filters are made for, in Hz. */
export const ENVELOPE_SAMPLE_RATE = 16000
/** Samples of one level: 4 ms. */
export const ENVELOPE_STEP = 64
/** Corners of the one-pole low-passes in Hz. The bands lie between them; the last above the highest. */
const CORNERS = [60, 400, 1200, 3000] as const
/** Edges of the modulation bands in Hz; the last has no upper one. */
const EDGES = [0.4, 1, 2, 4, 8, 16, 32, 64] as const
/** Levels of one octave of power; level 0 is −96 dB re full scale. */
export const ENVELOPE_LEVELS_PER_OCTAVE = 8
/** Mean square that is added to that of every step. */
const LEAST_POWER = 2 ** -32
/** dB² that are added to the mean square of a modulation. */
export const ENVELOPE_MODULATION_FLOOR = 0.05
/** dB that are added to the deviation of the steps from level to level. */
export const ENVELOPE_STEP_FLOOR = 0.3
/** Values of a band. */
export const ENVELOPE_VALUES = 5 + EDGES.length + 5

/** Numbers of the filters, float32: what a device's tables hold. */
export interface EnvelopeFilters {
  /** Of each low-pass: y += a (x − y). */
  readonly lowPasses: Float32Array
  /** Of each modulation band b₀ b₁ b₂ a₁ a₂: first-order Butterworth by the bilinear transform, band-passes and one high-pass. */
  readonly modulations: readonly Float32Array[]
  /** dB of a level. */
  readonly step: number
}

export const ENVELOPE_FILTERS: EnvelopeFilters = {
  lowPasses: Float32Array.from(CORNERS, (corner) => 1 - exp((-2 * Math.PI * corner) / ENVELOPE_SAMPLE_RATE)),
  modulations: EDGES.map((low, i) => butterworth(low, EDGES[i + 1] ?? null)),
  step: f32((10 * log10(2)) / ENVELOPE_LEVELS_PER_OCTAVE),
}

/** First order, from `low` to `high` Hz, or above `low`. @see scipy.signal.butter(1, …) */
function butterworth(low: number, high: number | null): Float32Array {
  const warp = (hertz: number) => {
    const turns = (hertz * ENVELOPE_STEP) / ENVELOPE_SAMPLE_RATE
    return sinPi(turns) / cosPi(turns)
  }
  const w = warp(low)
  if (high === null) return Float32Array.of(1 / (1 + w), -1 / (1 + w), 0, (w - 1) / (1 + w), 0)
  const width = warp(high) - w
  const square = w * warp(high)
  const norm = 1 + width + square
  return Float32Array.of(width / norm, 0, -width / norm, (2 * (square - 1)) / norm, (1 - width + square) / norm)
}

/** What is kept of the envelopes of a clip's bands. */
export interface EnvelopeState {
  /** Outputs of the low-passes. */
  readonly low: Float32Array
  /** Samples of the step that is under way. */
  samples: number
  readonly bands: readonly EnvelopeBand[]
}

interface EnvelopeBand {
  /** Sum of squares of the step that is under way. */
  energy: number
  first: number
  last: number
  readonly levels: LevelSums
  /** Differences from level to level. */
  readonly steps: LevelSums
  /** Of each modulation band two memories and the sum of squares of its output. */
  readonly modulations: readonly Float32Array[]
}

export const emptyEnvelopeState = (): EnvelopeState => ({
  low: new Float32Array(CORNERS.length),
  samples: 0,
  bands: CORNERS.map(() => ({ energy: 0, first: 0, last: 0, levels: emptyLevelSums(), steps: emptyLevelSums(), modulations: EDGES.map(() => new Float32Array(3)) })),
})

/**
 * Takes samples into the state, in float32 operations that are rounded one by one. For each sample x all low-passes yᵢ += aᵢ (x − yᵢ); the bands are yᵢ₊₁ − yᵢ and, last, x − y₃;
 * each band sums its squares. After 64 samples the level of a band is ⌊8 · log2(sum / 64 + 2⁻³²) + 256.5⌋, from 0 to 255, and goes, less the first level, through the modulation
 * filters (transposed direct form II), whose squared outputs are summed.
 * @param samples −1 … 1; of 16-bit samples n the value n / 32768
 */
export function addEnvelopeSamples(state: EnvelopeState, samples: Float32Array | Int16Array): void {
  const { low, bands } = state
  const { lowPasses } = ENVELOPE_FILTERS
  const unit = samples instanceof Int16Array ? 1 / 32768 : 1
  const last = bands.length - 1
  for (let i = 0; i < samples.length; i++) {
    const x = samples[i]! * unit
    for (let j = 0; j <= last; j++) low[j] = f32(low[j]! + f32(lowPasses[j]! * f32(x - low[j]!)))
    for (let j = 0; j <= last; j++) {
      const y = f32((j < last ? low[j + 1]! : x) - low[j]!)
      const band = bands[j]!
      band.energy = f32(band.energy + f32(y * y))
    }
    if (++state.samples === ENVELOPE_STEP) {
      state.samples = 0
      for (const band of bands) endStep(band)
    }
  }
}

function endStep(band: EnvelopeBand): void {
  const octaves = log2F32(f32(band.energy / ENVELOPE_STEP + LEAST_POWER))
  const level = Math.min(255, Math.floor(f32(f32(ENVELOPE_LEVELS_PER_OCTAVE * octaves) + 256.5)))
  band.energy = 0
  if (band.levels.count === 0) band.first = level
  else addLevel(band.steps, level - band.last)
  band.last = level
  addLevel(band.levels, level)
  const x = level - band.first
  ENVELOPE_FILTERS.modulations.forEach(([b0 = 0, b1 = 0, b2 = 0, a1 = 0, a2 = 0], k) => {
    const memory = band.modulations[k]!
    const y = f32(f32(b0 * x) + memory[0]!)
    memory[0] = f32(f32(f32(b1 * x) - f32(a1 * y)) + memory[1]!)
    memory[1] = f32(f32(b2 * x) - f32(a2 * y))
    memory[2] = f32(memory[2]! + f32(y * y))
  })
}

/**
 * Level, modulation and steps of the envelopes of four bands. Of each band 18 values: mean level in dB; its shape (`levelShape`, floor 0.5 dB); the loudest level above the mean in
 * dB; log2 of the power in dB² of its modulation from 0.4, 1, 2, 4, 8, 16 and 32 Hz on to the next and above 64 Hz, plus 0.05; the shape of the steps from level to level (floor 0.3 dB), the
 * largest and the smallest of them in dB.
 * @returns `[4, 18]`, band by band; 0 where there is no level, or no step
 */
export function envelopeStatistics({ bands }: EnvelopeState): Float32Array {
  const { step } = ENVELOPE_FILTERS
  const square = f32(step * step)
  const values = new Float32Array(bands.length * ENVELOPE_VALUES)
  bands.forEach(({ levels, steps, modulations }, b) => {
    if (levels.count === 0) return
    const moments = levelMoments(levels)
    const above = f32(levels.max - moments.nearest - moments.rest)
    values.set(
      [
        f32(step * f32(moments.nearest + moments.rest)),
        ...levelShape(moments, step, LEVEL_FLOOR),
        f32(step * above),
        ...modulations.map((memory) => log2F32(f32(f32(square * f32(memory[2]! / levels.count)) + f32(ENVELOPE_MODULATION_FLOOR)))),
        ...(steps.count === 0 ? [] : [...levelShape(levelMoments(steps), step, ENVELOPE_STEP_FLOOR), f32(step * steps.max), f32(step * steps.min)]),
      ],
      b * ENVELOPE_VALUES,
    )
  })
  return values
}
