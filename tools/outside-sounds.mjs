// Writes sounds that belong to none of ESC-10's classes: node tools/outside-sounds.mjs DIR. 25 each of white noise, brown noise, tones, chirps and beeps, 4 s at 16 kHz, the loudest sample at half of full scale, the same every time.
// Build first.
// What a model makes of them: aed eval esc10-1stack-int8 --data ESC-50-master --fold 5 --outside DIR --unknown-threshold 0.6
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createRandom, sin } from '@aed/core'
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

const [dir] = process.argv.slice(2)
if (dir === undefined) throw new Error('give a folder')
await mkdir(dir, { recursive: true })
const rows = []
for (const [kind, make] of Object.entries(KINDS))
  for (let i = 1; i <= COUNT; i++) {
    const file = `${kind}-${i}.wav`
    const samples = make(createRandom(file))
    const scale = 0.5 / samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
    await writeFile(path.join(dir, file), encodeWav16({ samples: Float32Array.from(samples, (x) => scale * x), sampleRate: RATE }))
    rows.push(`${file},${kind}`)
  }
await writeFile(path.join(dir, 'labels.csv'), ['filename,label', ...rows, ''].join('\n'))
