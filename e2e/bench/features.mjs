// From the files of ESC-10's 400 recordings (AED_ESC10_DIR, else synthetic ones) to log-mel: decoded, resampled to 16 kHz, in one worker and in two, beside librosa with
// two processes (Python, AED_PYTHON) in the same run. Rounds of all alternate; medians are compared.
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { featureConfig } from '@aed/core'
import { createPool } from '@aed/core/worker'
import { readDataset, writeSyntheticEsc10 } from '@aed/datasets'
import { figure, ratio, sideBySide, startPython } from '../../tools/side-by-side.mjs'

const WORKER = new URL(import.meta.resolve('@aed/e2e/worker'))
/** Nothing but decoding, resampling and log-mel, as librosa does it. */
const config = featureConfig({ audio: { maxDuration: null, trimSilenceDb: null, minDuration: null } })

const startLibrosa = (files) =>
  startPython(`
import concurrent.futures, multiprocessing, os
import librosa, numpy as np
files = ${JSON.stringify(files)}
def features(path):
    y, _ = librosa.load(path, sr=16000)
    s = librosa.feature.melspectrogram(y=y, sr=16000, n_fft=1024, hop_length=320, n_mels=64, fmin=20, fmax=7500)
    return librosa.power_to_db(s, ref=np.max).astype(np.float32)
pool = concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork"))
def run():
    assert len(list(pool.map(features, files, chunksize=4))) == len(files)
list(pool.map(features, files[:8]))
print("ready", flush=True)
`)

export async function benchFeatures(rounds = 3) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'aed-bench-features-'))
  const pools = [1, 2].map((size) => createPool(() => new Worker(WORKER), { size }))
  try {
    const data = process.env.AED_ESC10_DIR ?? path.join(dir, 'data')
    if (!process.env.AED_ESC10_DIR) await writeSyntheticEsc10(data, { clips: 400 })
    const { name, clips } = await readDataset(data)
    const run = (pool, some = clips) => async () => {
      await Promise.all(some.map(async ({ path: file }) => pool.stages.clipPatches({ bytes: new Uint8Array(await readFile(file)), name: file }, config)))
    }
    const python = await startLibrosa(clips.map(({ path: file }) => file))
    console.log(`${name}: decode, resample and log-mel of ${clips.length} recordings`)
    for (const pool of pools) await run(pool, clips.slice(0, 20))() // warm
    const times = await sideBySide(
      { 'one worker': { run: run(pools[0]), calls: 1, cold: true }, 'pool of two': { run: run(pools[1]), calls: 1, cold: true }, ...(python && { 'librosa, two processes': { python, what: 'run', calls: 1, cold: true } }) },
      rounds,
    )
    python?.stop()
    const speedUp = 1 / ratio(times['pool of two'], times['one worker'])
    figure('pool of two: times as fast as one worker', speedUp, '>= 1.7', speedUp >= 1.7)
    if (python) figure('pool of two / librosa with two processes', ratio(times['pool of two'], times['librosa, two processes']), 2.5)
    else console.log('librosa: skipped, AED_PYTHON is not set')
  } finally {
    await Promise.all(pools.map((pool) => pool.close()))
    rmSync(dir, { recursive: true, force: true })
  }
}
