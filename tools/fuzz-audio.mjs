// Mutates recordings of every format that @aed/audio reads and looks at what decodeAudio makes of them: nothing but AedErrors, no hang, less than 1 GiB, and
// where the format has checksums no other samples without an error or a warning.
//
//   node tools/fuzz-audio.mjs [--count 20000] [--seconds 240] [--seed 1] [--only flac,mp3]
//
// `count` mutations per file, at most `seconds` per format. Build first: it runs what users install.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

/** Mutations that take longer are hangs, in ms. */
const LIMIT = 20_000
const GOLDEN = new URL('../packages/audio/test/golden/', import.meta.url)
/** `silent`: part of the mutations that may be read differently without a word: all of WAV, which has no checksums; of MP3 those that overwrite the whole information frame. */
const FORMATS = {
  wav: { file: 'wav_pcm_24.wav', silent: 1 },
  vorbis: { file: 'vorbis_stereo.ogg', silent: 0 },
  opus: { file: 'opus_stereo.opus', silent: 0 },
  flac: { file: 'flac_16_stereo.flac', silent: 0 },
  mp3: { file: 'mp3_stereo.mp3', silent: 0.0005 },
}

/** A changed copy: cut, flipped, overwritten, with a part removed, doubled or moved. */
function mutate(clean, random) {
  const at = random.integer(clean.length)
  const length = 1 + random.integer(Math.min(64, clean.length))
  const bytes = clean.slice()
  switch (random.integer(7)) {
    case 0:
      return clean.slice(0, at)
    case 1:
    case 2:
      bytes[at] ^= 1 << random.integer(8)
      return bytes
    case 3:
      for (let i = at; i < Math.min(clean.length, at + length); i++) bytes[i] = random.integer(256)
      return bytes
    case 4:
      return Uint8Array.from([...clean.subarray(0, at), ...clean.subarray(at + length)])
    case 5:
      return Uint8Array.from([...clean.subarray(0, at + length), ...clean.subarray(at)])
    default:
      bytes.copyWithin(at, random.integer(clean.length), clean.length)
      return bytes
  }
}

/** Puts right checksums into all Ogg pages that can still be walked, so that the damage reaches the decoder. */
function forgeOgg(bytes, crcOf) {
  for (let at = 0; at + 27 <= bytes.length; ) {
    const segments = bytes[at + 26]
    const end = bytes.subarray(at + 27, at + 27 + segments).reduce((sum, x) => sum + x, at + 27 + segments)
    if (end > bytes.length || bytes[at] !== 0x4f) return bytes
    new DataView(bytes.buffer).setUint32(at + 22, crcOf(bytes.subarray(at, end)), true)
    at = end
  }
  return bytes
}

function oggCrc(page) {
  let crc = 0
  for (let i = 0; i < page.length; i++) {
    crc ^= (i >= 22 && i < 26 ? 0 : page[i]) << 24
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1
  }
  return crc >>> 0
}

const equal = (a, b) => a.length === b.length && a.every((channel, c) => channel.length === b[c].length && channel.every((x, i) => x === b[c][i]))

async function fuzz({ format, count, seconds, seed }) {
  const { decodeAudio } = await import('../packages/audio/dist/index.js')
  const { createRandom, isAedError } = await import('../packages/core/dist/index.js')
  console.error = () => {} // libFLAC, mpg123 and libopus complain there
  const { file, silent } = FORMATS[format]
  const clean = new Uint8Array(readFileSync(new URL(file, GOLDEN)))
  const expected = await decodeAudio(clean)
  const random = createRandom(`${seed}/${format}`)
  const counts = { mutations: 0, errors: {}, warned: 0, same: 0, forgedOther: 0, silentlyOther: 0, slowest: 0 }
  const start = performance.now()
  for (let i = 0; i < count && performance.now() - start < 1000 * seconds; i++) {
    let bytes = mutate(clean, random)
    const forged = file.match(/ogg|opus/) && i % 2 === 1
    if (forged) bytes = forgeOgg(bytes, oggCrc)
    parentPort.postMessage({ at: i })
    const before = performance.now()
    try {
      const { channels, sampleRate, warnings } = await decodeAudio(bytes)
      if (warnings.length > 0) counts.warned++
      else if (sampleRate === expected.sampleRate && equal(channels, expected.channels)) counts.same++
      else if (forged) counts.forgedOther++
      else {
        counts.silentlyOther++
        if (silent === 0) throw new Error(`mutation ${i}: other samples without a word`)
      }
    } catch (error) {
      if (!isAedError(error)) throw new Error(`mutation ${i} of ${file}: ${error.stack ?? error}`, { cause: error })
      counts.errors[error.code] = (counts.errors[error.code] ?? 0) + 1
    }
    counts.slowest = Math.max(counts.slowest, performance.now() - before)
    counts.mutations++
    if (i % 500 === 0 && process.memoryUsage.rss() > 2 ** 30) throw new Error(`mutation ${i}: ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`)
  }
  if (counts.silentlyOther > silent * counts.mutations) throw new Error(`${counts.silentlyOther} mutations gave other samples without a word`)
  parentPort.postMessage({ counts: { ...counts, slowest: `${Math.round(counts.slowest)} ms` }, mib: Math.round(process.memoryUsage.rss() / 2 ** 20) })
}

/** Runs one format in a thread of its own, which is stopped when it hangs. */
function watch(options) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: options })
    let at = -1
    let seen = Date.now()
    const timer = setInterval(() => {
      if (Date.now() - seen < LIMIT) return
      void worker.terminate()
      reject(new Error(`${options.format}: mutation ${at} hangs`))
    }, 1000)
    worker.on('message', (message) => {
      seen = Date.now()
      if (message.counts) resolve(message)
      else at = message.at
    })
    worker.on('error', reject)
    worker.on('exit', () => clearInterval(timer))
  })
}

if (isMainThread) {
  const { values } = parseArgs({ options: { count: { type: 'string', default: '20000' }, seconds: { type: 'string', default: '240' }, seed: { type: 'string', default: '1' }, only: { type: 'string', default: Object.keys(FORMATS).join() } } })
  for (const format of values.only.split(',')) {
    try {
      const { counts, mib } = await watch({ format, count: Number(values.count), seconds: Number(values.seconds), seed: values.seed })
      console.log(`${format.padEnd(6)} ${JSON.stringify(counts)} ${mib} MiB`)
    } catch (error) {
      console.log(`${format.padEnd(6)} FAILED: ${error.message}`)
      process.exitCode = 1
    }
  }
} else await fuzz(workerData)
