// The index of a folder of 51,200 clips, and the search for duplicates among the fingerprints of 2,000 clips of 5 s (156 frames each, every tenth a noisy copy of
// another). There is no peer that does the same; the bars are times. The sound itself is decoded by `aed data split --check-sound`: with AED_ESC10_DIR that command is
// timed on the 400 clips there, and stated for 2,000.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRandom } from '@aed/core'
import { findDuplicates, readDataset } from '@aed/datasets'

const seconds = (start) => (performance.now() - start) / 1000
const mib = () => (process.resourceUsage().maxRSS / 1024).toFixed(0)

const dir = mkdtempSync(path.join(os.tmpdir(), 'aed-bench-datasets-'))
try {
  mkdirSync(path.join(dir, 'meta'))
  mkdirSync(path.join(dir, 'audio'))
  const rows = ['filename,fold,target,category,esc10,src_file,take']
  for (let i = 0; i < 51_200; i++) {
    const [fold, source, target] = [1 + (i % 5), 100_000 + (i >> 1), i % 10]
    const name = `${fold}-${source}-${'AB'[i % 2]}-${target}.wav`
    writeFileSync(path.join(dir, 'audio', name), '')
    rows.push(`${name},${fold},${target},class${target},True,${source},${'AB'[i % 2]}`)
  }
  // Fold by recording, as the readers demand of folds; here only the listing is timed.
  writeFileSync(path.join(dir, 'meta', 'esc50.csv'), rows.join('\n'))
  const start = performance.now()
  const { clips } = await readDataset(dir)
  console.log(`index of ${clips.length} clips: ${seconds(start).toFixed(2)} s, ${mib()} MiB at most (bars 5 s, 500 MiB)`)
} finally {
  rmSync(dir, { recursive: true })
}

const random = createRandom('bench')
const fingerprints = Array.from({ length: 2000 }, (_, i) => ({ hash: String(i), words: Uint32Array.from({ length: 156 }, () => random.integer(2 ** 32)) }))
for (let i = 0; i < 2000; i += 10) {
  const noise = fingerprints[i].words.map((word) => (word ^ (1 << random.integer(32)) ^ (1 << random.integer(32))) >>> 0)
  fingerprints[i + 5] = { hash: String(i + 5), words: Uint32Array.from({ length: 156 }, (_, n) => noise[n + 20] ?? random.integer(2 ** 32)) }
}
const start = performance.now()
const pairs = findDuplicates(fingerprints)
const found = seconds(start)
console.log(`duplicates among 2,000 fingerprints: ${found.toFixed(2)} s, ${pairs.length} of 200 pairs found`)

const esc10 = process.env.AED_ESC10_DIR
if (!esc10) console.log('leak check of decoded clips: not measured, AED_ESC10_DIR is not set')
else {
  const aed = fileURLToPath(new URL('../../cli/bin/aed.js', import.meta.url))
  const from = performance.now()
  const { status, stderr } = spawnSync(process.execPath, [aed, 'data', 'inspect', esc10, '--json'], { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(stderr)
  const wall = seconds(from)
  console.log(`leak check of 400 real clips (ogg, 44.1 kHz): ${wall.toFixed(1)} s, so ${(5 * wall + found).toFixed(0)} s for 2,000 (bar 60 s)`)
}
