import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from '@jest/globals'
import { createRandom, MODEL_CARD_SCHEMA } from '@aed/core'
import { saveModelFolder } from '../src/node.ts'
import { CLASSES, tinyClassifier, toneClips } from './tiny-classifier.ts'

const dir = mkdtempSync(path.join(os.tmpdir(), 'aed-killed-'))
const at = (name: string) => path.join(dir, name)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** Runs the training; with a time, kills it so many ms after it has said its first epoch (its start-up would else be most of the time). */
function run(out: string, killAfter: number | null): Promise<{ killed: boolean; epochs: number; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [fileURLToPath(new URL('killed-run.mjs', import.meta.url)), at('model'), at(out)])
    let epochs = 0
    let stderr = ''
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
    child.stdout.on('data', (text: Buffer) => {
      if (epochs === 0 && killAfter !== null) setTimeout(() => child.kill('SIGKILL'), killAfter)
      epochs = Math.max(epochs, ...[...text.toString().matchAll(/epoch (\d+)/g)].map(([, epoch]) => Number(epoch)))
    })
    child.on('close', (_code, signal) => resolve({ killed: signal === 'SIGKILL', epochs, stderr }))
  })
}

const filesOf = (out: string) => Object.fromEntries(readdirSync(at(out)).sort().map((name) => [name, readFileSync(path.join(at(out), name), 'hex')]))

it('a run that is killed at ten random points and gone on with ends with the bytes of one that never stopped', async () => {
  const { network, weights } = tinyClassifier()
  await saveModelFolder(at('model'), { network, weights, card: { schema: MODEL_CARD_SCHEMA, name: 'tiny', classes: CLASSES, features: null, head: { kind: 'meanScores' }, provenance: {}, licence: 'none' } })
  writeFileSync(at('model.clips.json'), JSON.stringify(toneClips(24, 'train').map(({ spectrograms: [first], labels }) => ({ labels, shape: first!.shape, data: [...first!.data] }))))
  const whole = await run('whole', null)
  expect(whole).toEqual({ killed: false, epochs: 16, stderr: '' })
  expect(Object.keys(filesOf('whole'))).toEqual(['aed.json', 'curves.jsonl', 'group1-shard1of1.bin', 'model.json'])

  const random = createRandom('kill')
  let kills = 0
  let folder = 0
  // A run that was faster than its kill is done: another folder then takes the kills that are left.
  for (let out = 'run-0'; kills < 10; ) {
    const { killed, stderr } = await run(out, random.between(0, 120))
    if (killed) kills++
    else {
      expect([stderr, filesOf(out)]).toEqual(['', filesOf('whole')])
      out = `run-${++folder}`
    }
    if (kills === 10) {
      expect(await run(out, null)).toMatchObject({ killed: false, stderr: '' })
      expect(filesOf(out)).toEqual(filesOf('whole'))
    }
  }
}, 180_000)
