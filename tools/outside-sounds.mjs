// Writes sounds that belong to none of ESC-10's classes, 4 s at 16 kHz, the same every time: node tools/outside-sounds.mjs DIR [--others]
// 25 each of white noise, brown noise, tones, chirps and beeps, the loudest sample at half of full scale; these were looked at when the reach of clip heads was chosen.
// --others: 20 each of ten other kinds, the loudest sample 1 to 26 dB below full scale.
// Build first.
// What a model makes of them: aed eval esc10-1stack-int8 --data ESC-50-master --fold 5 --outside DIR --unknown-threshold 0.6
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { cos, createRandom, exp, pow, sin } from '@aed/core'
import { encodeWav16 } from '../packages/datasets/dist/synthetic/wav16.js'

const RATE = 16000
const LENGTH = 4 * RATE
const COUNT = 25

/** A frequency from 100 to 6,400 Hz, each octave as likely as the next. */
const pitch = (random) => 100 * 2 ** (6 * random.uniform())

/** A sine whose frequency is `hertz(i)` at sample i. */
function sine(hertz) {
  let phase = 0
  return Float64Array.from({ length: LENGTH }, (_, i) => sin((phase = (phase + (2 * Math.PI * hertz(i)) / RATE) % (2 * Math.PI))))
}

/** A periodic wave of a form that takes turns, 0 to 1. */
const wave = (hertz, form) => Float64Array.from({ length: LENGTH }, (_, i) => form((i * hertz) / RATE % 1))
const noise = (random) => Float64Array.from({ length: LENGTH }, () => random.normal())

/** Noise between two frequencies: a band-pass of two poles, twice. */
function bandNoise(random, hertz) {
  const r = 1 - (Math.PI * 0.3 * hertz) / RATE
  const [a1, a2] = [-2 * r * cos((2 * Math.PI * hertz) / RATE), r * r]
  let x = noise(random)
  for (let pass = 0; pass < 2; pass++) {
    let [y1, y2] = [0, 0]
    x = x.map((value) => ([y2, y1] = [y1, value - a1 * y1 - a2 * y2])[1])
  }
  return x
}

const KINDS = {
  white: (random) => Float64Array.from({ length: LENGTH }, () => 2 * random.uniform() - 1),
  brown: (random) => {
    let level = 0
    return Float64Array.from({ length: LENGTH }, () => (level = 0.999 * level + (2 * random.uniform() - 1)))
  },
  tone: (random) => {
    const hertz = pitch(random)
    return sine(() => hertz)
  },
  chirp: (random) => {
    const [from, to] = [pitch(random), pitch(random)]
    return sine((i) => from + ((to - from) * i) / LENGTH)
  },
  beeps: (random) => {
    const [hertz, period] = [pitch(random), Math.round(RATE * (0.1 + 0.9 * random.uniform()))]
    return sine(() => hertz).map((x, i) => (i % period < period / 2 ? x : 0))
  },
}

const OTHERS = {
  /** Voss: the mean of 12 noises, each held twice as long as the one before. */
  pink: (random) => {
    const held = new Float64Array(12)
    return Float64Array.from({ length: LENGTH }, (_, i) => {
      for (let k = 0; k < held.length; k++) if (i % 2 ** k === 0) held[k] = random.normal()
      return held.reduce((a, b) => a + b, 0)
    })
  },
  modulated: (random) => {
    const hertz = 0.5 + 19.5 * random.uniform()
    return noise(random).map((x, i) => x * (1 + sin((2 * Math.PI * hertz * i) / RATE)))
  },
  square: (random) => wave(pitch(random) / 2, (turn) => (turn < 0.5 ? 1 : -1)),
  saw: (random) => wave(pitch(random) / 2, (turn) => 2 * turn - 1),
  siren: (random) => {
    const rate = 0.2 + 5.8 * random.uniform()
    return sine((i) => 700 + 300 * sin((2 * Math.PI * rate * i) / RATE))
  },
  dial: (random) => {
    const [low, high, rate] = [[697, 770, 852, 941][random.integer(4)], [1209, 1336, 1477][random.integer(3)], 2 + 3 * random.uniform()]
    const upper = sine(() => high)
    return sine(() => low).map((x, i) => (((i * rate) / RATE) % 1 < 0.5 ? x + upper[i] : 0))
  },
  band: (random) => bandNoise(random, pitch(random) / 2),
  hum: (random) => {
    const parts = [1, 2, 3, 5, 7].map((k) => [sine(() => 50 * k), k, random.uniform()])
    return Float64Array.from({ length: LENGTH }, (_, i) => parts.reduce((sum, [part, k, size]) => sum + (size * part[i]) / k, 0.01 * random.normal()))
  },
  arpeggio: (random) => {
    const note = LENGTH / 16
    const tones = Array.from({ length: 16 }, () => 220 * 2 ** ([0, 3, 5, 7, 10, 12, 15][random.integer(7)] / 12))
    return sine((i) => tones[Math.floor(i / note)]).map((x, i) => x * exp(-(i % note) / 2000))
  },
  clicks: (random) => {
    const often = (1 + 19 * random.uniform()) / RATE
    return Float64Array.from({ length: LENGTH }, () => (random.uniform() < often ? 1 : 0) + 0.001 * random.normal())
  },
}

const { values: { others }, positionals: [dir] } = parseArgs({ options: { others: { type: 'boolean', default: false } }, allowPositionals: true }) // prettier-ignore
if (dir === undefined) throw new Error('give a folder')
await mkdir(dir, { recursive: true })
const rows = []
for (const [kind, make] of Object.entries(others ? OTHERS : KINDS))
  for (let i = 1; i <= (others ? 20 : COUNT); i++) {
    const file = `${kind}-${i}.wav`
    const random = createRandom(file)
    const samples = make(random)
    const peak = others ? pow(10, -(1 + 25 * random.uniform()) / 20) : 0.5
    const scale = peak / samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
    await writeFile(path.join(dir, file), encodeWav16({ samples: Float32Array.from(samples, (x) => scale * x), sampleRate: RATE }))
    rows.push(`${file},${kind}`)
  }
await writeFile(path.join(dir, 'labels.csv'), ['filename,label', ...rows, ''].join('\n'))
