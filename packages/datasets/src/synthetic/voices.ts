import { pow, sinPi, type Random } from '@aed/core'
import { contour, decay, filter, harmonicCycle, mix, shape, tone, whiteNoise, type Contour } from './signal.ts'

/** Sampling rate of the synthetic sounds, in Hz. */
export const SYNTHETIC_RATE = 22050

/** Makes one clip of a recording: its foreground sound, at any level. */
export type Performer = (random: Random, length: number) => Float64Array
/** Draws what all clips of a recording share, and returns what makes them. */
export type Voice = (random: Random) => Performer

/** Seconds to samples. */
const seconds = (s: number) => Math.round(s * SYNTHETIC_RATE)
/** Hz to a part of the sampling rate. */
const hertz = (f: number) => f / SYNTHETIC_RATE
/** Harmonics that fall by `slope` (1: a saw), up to 9 kHz for the highest fundamental given in Hz. */
const harmonics = (highest: number, slope: number) => harmonicCycle(Array.from({ length: Math.max(1, Math.min(48, Math.floor(9000 / highest))) }, (_, h) => pow(h + 1, -slope)))
/** Points of a contour over `length` samples, placed by their part of it. */
const over = (length: number, points: readonly (readonly [part: number, value: number])[]): Contour => points.map(([part, value]) => [part * length, value] as const)

/** The sum of copies of a sound through band filters: the resonances of a throat or a body. */
function resonate(sound: Float64Array, bands: readonly (readonly [frequency: number, q: number, gain: number])[]): Float64Array {
  const sum = new Float64Array(sound.length)
  for (const [frequency, q, gain] of bands) mix(sum, filter(sound.slice(), 'band', hertz(frequency), q), 0, gain)
  return sum
}

/** Calls `event` at starts that are `gap()` samples apart, until the clip ends. */
function repeat(length: number, start: number, gap: () => number, event: (at: number, index: number) => void): void {
  for (let at = start, index = 0; at < length; at += Math.max(1, gap()), index++) event(at, index)
}

/** One to six barks: a short voiced glide with breath in it. */
const dog: Voice = (recording) => {
  const pitch = recording.between(220, 620)
  const formants = [[recording.between(600, 1100), 3, 1], [recording.between(1500, 2600), 4, 0.6]] as const
  const breath = recording.between(0.1, 0.5)
  const cycle = harmonics(pitch * 1.5, 0.8)
  return (random, length) => {
    const out = new Float64Array(length)
    const count = 1 + random.integer(6)
    const start = seconds(random.between(0, 1.2))
    repeat(length, start, () => seconds(random.between(0.25, 0.9)), (at, index) => {
      if (index >= count) return
      const n = seconds(random.between(0.12, 0.3))
      const f = hertz(pitch * random.between(0.9, 1.15))
      const voice = tone(cycle, contour(over(n, [[0, 0.8 * f], [0.25, 1.3 * f], [1, 0.7 * f]]), n))
      mix(voice, whiteNoise(random, n), 0, breath)
      mix(out, shape(resonate(voice, formants), contour(over(n, [[0, 0], [0.08, 1], [0.5, 0.6], [1, 0]]), n)), at, random.between(0.5, 1))
    })
    return out
  }
}

/** An engine that revs: a harsh tone through the body of the saw, with grinding noise in its rhythm. */
const chainsaw: Voice = (recording) => {
  const idle = recording.between(55, 110)
  const body = [[recording.between(400, 900), 1.5, 1], [recording.between(1400, 2600), 2, 0.8], [recording.between(3000, 4500), 2, 0.5]] as const
  const grind = recording.between(0.4, 1.2)
  const engineCycle = harmonics(idle * 2.2, 0.3)
  const beatCycle = harmonics(idle, 1)
  return (random, length) => {
    const points: [number, number][] = []
    repeat(length, 0, () => seconds(random.between(0.3, 1.2)), (at) => points.push([at, hertz(idle * random.between(1, 2.2))]))
    const frequency = contour(points, length)
    const engine = tone(engineCycle, frequency)
    const beat = tone(beatCycle, frequency)
    const noise = whiteNoise(random, length)
    for (let i = 0; i < length; i++) noise[i]! *= beat[i]! > 0 ? 0.4 + beat[i]! : 0.4
    return resonate(mix(engine, noise, 0, grind), body)
  }
}

/** Short snaps at random times over a low roar. */
const cracklingFire: Voice = (recording) => {
  const rate = recording.between(6, 30)
  const colour = recording.between(1200, 3500)
  const roar = recording.between(0.02, 0.25)
  const depth = recording.between(150, 500)
  return (random, length) => {
    const out = filter(whiteNoise(random, length), 'low', hertz(depth))
    for (let i = 0; i < length; i++) out[i]! *= roar
    repeat(length, 0, () => seconds((random.between(0.02, 1) * 2) / rate), (at) => {
      const n = seconds(random.between(0.004, 0.03))
      const snap = filter(decay(whiteNoise(random, n), n / random.between(3, 7)), 'band', hertz(colour * random.between(0.5, 2.2)), random.between(0.6, 2.5))
      const loud = random.uniform()
      mix(out, snap, at, 0.1 + 1.4 * loud * loud * loud)
    })
    return out
  }
}

/** Blades that beat 9 to 18 times a second, heard low, with the air's hiss in their rhythm and a turbine. */
const helicopter: Voice = (recording) => {
  const blades = recording.between(9, 18)
  const thump = recording.between(60, 160)
  const hiss = recording.between(0.15, 0.6)
  const turbine = recording.between(300, 900)
  const whine = recording.between(0, 0.12)
  const colour = recording.between(500, 1400)
  const cycle = harmonics(turbine, 1)
  return (random, length) => {
    const speed = hertz(blades * random.between(0.97, 1.03))
    const low = filter(whiteNoise(random, length), 'low', hertz(thump), 1.2)
    const air = filter(whiteNoise(random, length), 'band', hertz(colour), 0.5)
    const engine = tone(cycle, contour([[0, hertz(turbine)]], length))
    const near = contour(over(length, [[0, random.between(0.5, 1)], [0.5, random.between(0.5, 1)], [1, random.between(0.5, 1)]]), length)
    let phase = random.uniform()
    for (let i = 0; i < length; i++) {
      const pulse = 1 - phase
      const beat = pulse * pulse * pulse
      low[i] = near[i]! * ((3 * low[i]! + hiss * air[i]!) * (0.12 + beat) + whine * engine[i]!)
      phase += speed
      if (phase >= 1) phase -= 1
    }
    return low
  }
}

/** Dense drops: broad noise, brighter or duller, with single drops standing out. */
const rain: Voice = (recording) => {
  const low = recording.between(300, 1500)
  const high = recording.between(5000, 10000)
  const drops = recording.between(15, 90)
  const drop = recording.between(1500, 4500)
  return (random, length) => {
    const out = filter(filter(whiteNoise(random, length), 'high', hertz(low * random.between(0.9, 1.1))), 'low', hertz(high))
    repeat(length, 0, () => seconds((2 * random.uniform()) / drops), (at) => {
      const n = seconds(0.012)
      mix(out, filter(decay(whiteNoise(random, n), n / 4), 'band', hertz(drop * random.between(0.6, 1.7)), 3), at, random.between(0.3, 1.5))
    })
    return out
  }
}

/** Wails of about a second: a high voice with an arched pitch, vibrato and a bright throat. */
const cryingBaby: Voice = (recording) => {
  const pitch = recording.between(330, 560)
  const throat = [[recording.between(900, 1400), 4, 1], [recording.between(2400, 3400), 5, 0.7]] as const
  const vibrato = recording.between(4, 8)
  const cycle = harmonics(pitch * 1.4, 0.6)
  return (random, length) => {
    const out = new Float64Array(length)
    repeat(length, seconds(random.between(0, 0.5)), () => seconds(random.between(0.8, 1.7)), (at) => {
      const n = seconds(random.between(0.5, 1.2))
      const f = hertz(pitch * random.between(0.9, 1.15))
      const line = contour(over(n, [[0, 0.75 * f], [0.2, 1.1 * f], [0.7, f], [1, 0.7 * f]]), n)
      for (let i = 0; i < n; i++) line[i]! *= 1 + 0.03 * sinPi((2 * vibrato * i) / SYNTHETIC_RATE)
      const voice = mix(tone(cycle, line), whiteNoise(random, n), 0, 0.08)
      mix(out, shape(resonate(voice, throat), contour(over(n, [[0, 0], [0.1, 1], [0.8, 0.8], [1, 0]]), n)), at, random.between(0.6, 1))
    })
    return out
  }
}

/** Ticks in a strict rhythm, every second one of another pitch. */
const clockTick: Voice = (recording) => {
  const period = recording.between(0.2, 1)
  const pitches = [recording.between(1500, 5000), recording.between(1500, 5000)] as const
  const ring = recording.between(0.002, 0.012)
  const q = recording.between(2, 10)
  return (random, length) => {
    const out = new Float64Array(length)
    repeat(length, seconds(random.between(0, period)), () => seconds(period), (at, index) => {
      const n = seconds(6 * ring)
      mix(out, filter(decay(whiteNoise(random, n), seconds(ring)), 'band', hertz(pitches[index % 2]!), q), at, random.between(0.85, 1))
    })
    return out
  }
}

/** A breath drawn in, then a burst; sometimes twice. */
const sneezing: Voice = (recording) => {
  const throat = [[recording.between(900, 1800), 1.5, 1], [recording.between(2800, 5500), 1.2, 1]] as const
  const pitch = recording.between(180, 420)
  const voiced = recording.between(0, 0.6)
  const cycle = harmonics(pitch * 1.3, 0.7)
  return (random, length) => {
    const out = new Float64Array(length)
    const count = 1 + random.integer(2)
    repeat(length, seconds(random.between(0, 1.5)), () => seconds(random.between(1.6, 2.4)), (at, index) => {
      if (index >= count) return
      const breath = seconds(random.between(0.25, 0.7))
      mix(out, shape(filter(whiteNoise(random, breath), 'band', hertz(1400), 0.8), contour(over(breath, [[0, 0], [0.9, 0.25], [1, 0]]), breath)), at)
      const n = seconds(random.between(0.2, 0.45))
      const burst = whiteNoise(random, n)
      mix(burst, tone(cycle, contour(over(n, [[0, hertz(pitch * 1.3)], [1, hertz(pitch * 0.7)]]), n)), 0, voiced)
      mix(out, shape(resonate(burst, throat), contour(over(n, [[0, 0], [0.05, 1], [0.3, 0.7], [1, 0]]), n)), at + breath, 1)
    })
    return out
  }
}

/** A crow of four notes, the third long and high. */
const rooster: Voice = (recording) => {
  const pitch = recording.between(420, 680)
  const throat = [[recording.between(1000, 1700), 2, 1], [recording.between(2200, 3600), 3, 0.8]] as const
  const rasp = recording.between(0.05, 0.3)
  const cycle = harmonics(pitch * 1.9, 0.5)
  return (random, length) => {
    const out = new Float64Array(length)
    const start = random.between(0, 1)
    repeat(length, seconds(start), () => seconds(random.between(2.4, 3.4)), (at) => {
      const n = seconds(random.between(1.4, 2.1))
      const f = hertz(pitch * random.between(0.93, 1.07))
      const line = contour(over(n, [[0, f], [0.12, 1.2 * f], [0.2, 1.1 * f], [0.35, 1.5 * f], [0.45, 1.75 * f], [0.75, 1.6 * f], [1, 0.8 * f]]), n)
      const voice = mix(tone(cycle, line), whiteNoise(random, n), 0, rasp)
      const notes = contour(over(n, [[0, 0], [0.04, 1], [0.13, 0.1], [0.17, 0.9], [0.26, 0.1], [0.33, 1], [0.8, 0.9], [1, 0]]), n)
      mix(out, shape(resonate(voice, throat), notes), at, 1)
    })
    return out
  }
}

/** Surf that swells and brightens every few seconds. */
const seaWaves: Voice = (recording) => {
  const period = recording.between(2.5, 7)
  const dull = recording.between(250, 700)
  const bright = recording.between(2000, 5500)
  const depth = recording.between(0.5, 0.95)
  return (random, length) => {
    const low = filter(whiteNoise(random, length), 'low', hertz(dull))
    const high = filter(filter(whiteNoise(random, length), 'low', hertz(bright)), 'high', hertz(dull))
    const phase = random.uniform()
    for (let i = 0; i < length; i++) {
      const swell = (1 - depth) + (depth * (1 + sinPi(2 * (phase + i / (period * SYNTHETIC_RATE))))) / 2
      low[i] = 2 * low[i]! * (0.3 + swell) + high[i]! * swell * swell
    }
    return low
  }
}

/** A class of the synthetic set; `target` is its number in ESC-50. */
export interface SyntheticClass {
  readonly label: string
  readonly target: number
  readonly voice: Voice
  /** True for sounds with pauses between them, whose recordings can be free of background. */
  readonly sparse: boolean
}

/** The ten classes of ESC-10. */
export const SYNTHETIC_CLASSES: readonly SyntheticClass[] = [
  { label: 'chainsaw', target: 41, voice: chainsaw, sparse: false },
  { label: 'clock_tick', target: 38, voice: clockTick, sparse: true },
  { label: 'crackling_fire', target: 12, voice: cracklingFire, sparse: false },
  { label: 'crying_baby', target: 20, voice: cryingBaby, sparse: true },
  { label: 'dog', target: 0, voice: dog, sparse: true },
  { label: 'helicopter', target: 40, voice: helicopter, sparse: false },
  { label: 'rain', target: 10, voice: rain, sparse: false },
  { label: 'rooster', target: 1, voice: rooster, sparse: true },
  { label: 'sea_waves', target: 11, voice: seaWaves, sparse: false },
  { label: 'sneezing', target: 21, voice: sneezing, sparse: true },
]
