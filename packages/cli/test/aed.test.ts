import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from '@jest/globals'
import { createRandom, decodeNpy, encodeFloat32, encodeNpy, featureConfig, GraphBuilder, MODEL_CARD_SCHEMA, tensor, type ClipBlock, type ModelCard } from '@aed/core'
import { quantize, readTflite, writeTflite } from '@aed/quantize-int8'

const bin = fileURLToPath(new URL('../bin/aed.js', import.meta.url))
const dir = mkdtempSync(path.join(os.tmpdir(), 'aed-cli-'))
const at = (...parts: string[]) => path.join(dir, ...parts)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

function aed(...args: string[]) {
  return spawnSync(process.execPath, [bin, ...args], { cwd: dir, encoding: 'utf8', env: { ...process.env, AED_CACHE_DIR: at('cache'), AED_ESC10_DIR: '' } })
}

/** Runs a command that must fail: exit status 2, one line of the documented form, nothing on stdout. */
function failure(...args: string[]) {
  const { status, stdout, stderr } = aed(...args)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/^error: [A-Z][A-Z0-9_]+: .+\n$/)
  return stderr
}

/** 16-bit mono WAV of a falling noise. */
function writeWav(file: string, seconds: number, sampleRate = 16_000) {
  const random = createRandom(file.length)
  const samples = Int16Array.from({ length: seconds * sampleRate }, (_, i) => random.normal() * 6000 * (1 - i / (seconds * sampleRate)))
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + samples.byteLength, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(sampleRate, 24)
  header.writeUInt32LE(sampleRate * 2, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(samples.byteLength, 40)
  mkdirSync(path.dirname(at(file)), { recursive: true })
  writeFileSync(at(file), Buffer.concat([header, Buffer.from(samples.buffer)]))
}

describe('aed', () => {
  it('stops in silence where nobody reads on', () => {
    const { status, stderr } = spawnSync('sh', ['-c', `{ ${process.execPath} ${bin} features --help; echo $? >&2; } | true`], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '0\n' })
  })

  it('lists its commands, and each has a help with examples', () => {
    const { status, stdout } = aed('--help')
    expect(status).toBe(0)
    for (const name of ['features', 'train', 'quantize', 'infer', 'eval', 'tune', 'detect', 'deploy', 'esc10', 'doctor']) {
      expect(stdout).toContain(`  ${name} `)
      const help = aed(name, '--help')
      expect(help.status).toBe(0)
      expect(help.stdout).toContain('--json')
      expect(help.stdout).toContain('--config <FILE>')
      expect(help.stdout).toContain(`aed ${name}`)
    }
  })

  it.each([
    [['nonsense'], 'USAGE'],
    [[], 'USAGE'],
    [['features', '--nonsense'], 'USAGE'],
    [['features'], 'USAGE'],
    [['features', 'missing.wav', '--out', 'x.npy'], 'FILE_NOT_FOUND'],
    [['features', 'missing.wav', '--out', 'x.npy', '--n-mels', '0'], 'INVALID_OPTION'],
    [['features', 'missing.wav', '--out', 'x.npy', '--n-mels', 'many'], 'INVALID_OPTION'],
    [['features', 'missing.wav', '--out', 'x.npy', '--window', 'square'], 'INVALID_OPTION'],
    [['infer', 'missing.h5', '--input', 'x.npy', '--out', 'y.npy'], 'FILE_NOT_FOUND'],
    [['eval'], 'USAGE'],
    [['eval', '--scores', 'missing.csv'], 'FILE_NOT_FOUND'],
    [['deploy', 'missing.tflite', '--out', 'c'], 'FILE_NOT_FOUND'],
    [['esc10', '--data', 'missing', '--out', 'out'], 'FILE_NOT_FOUND'],
    [['esc10', '--stacks', '3', '--out', 'out'], 'INVALID_OPTION'],
    [['esc10', '--folds', '1,x', '--out', 'out'], 'INVALID_OPTION'],
    [['esc10', '--backbone', 'missing.h5', '--out', 'out'], 'FILE_NOT_FOUND'],
    [['train', '--data', 'missing', '--out', 'out'], 'FILE_NOT_FOUND'],
    [['quantize', 'missing', '--data', 'missing', '--out', 'out/x.tflite'], 'FILE_NOT_FOUND'],
  ])('%j ends with one line, %s, and writes nothing', (args, code) => {
    expect(failure(...args)).toContain(`error: ${code}: `)
    for (const name of ['out', 'x.npy', 'y.npy', 'c']) expect(existsSync(at(name))).toBe(false)
  })
})

describe('aed features', () => {
  it('writes the patches of recordings one after another and says how many each gave', () => {
    writeWav('a.wav', 3)
    writeWav('b.wav', 5)
    const { status, stdout } = aed('features', 'a.wav', 'b.wav', '--out', 'ab.npy', '--json')
    expect(status).toBe(0)
    const result = JSON.parse(stdout) as { shape: number[]; inputs: { patches: number }[] }
    const patches = decodeNpy(readFileSync(at('ab.npy')))
    expect(patches.dtype).toBe('float32')
    expect(patches.shape).toEqual(result.shape)
    expect(result.inputs.map((input) => input.patches).reduce((a, b) => a + b)).toBe(patches.shape[0])
    expect(patches.shape.slice(1)).toEqual([64, 50])
  })

  it('takes a .npy waveform as it is: silence is not cut, a short one not lengthened', () => {
    writeFileSync(at('short.npy'), encodeNpy(tensor('float32', [8000], new Float32Array(8000).fill(0.1))))
    expect(aed('features', 'short.npy', '--no-patches', '--out', 'short-mel.npy').status).toBe(0)
    expect(decodeNpy(readFileSync(at('short-mel.npy'))).shape).toEqual([64, 26])
    expect(aed('features', 'short.npy', '--no-patches', '--min-duration', '2', '--out', 'long-mel.npy').status).toBe(0)
    expect(decodeNpy(readFileSync(at('long-mel.npy'))).shape).toEqual([64, 101])
    expect(aed('features', 'short.npy', '--out', 'none.npy').status).toBe(0)
    expect(decodeNpy(readFileSync(at('none.npy'))).shape).toEqual([0, 64, 50])
  })

  it('says which mel bands have no FFT bin', () => {
    const { status, stdout, stderr } = aed('features', 'short.npy', '--no-patches', '--n-fft', '128', '--out', 'coarse.npy', '--json')
    expect(status).toBe(0)
    expect(stderr).toMatch(/warning: mel bands .* Hz.*raise nFft/)
    expect((JSON.parse(stdout) as { warnings: string[] }).warnings).toEqual([expect.stringMatching(/^mel bands /)])
  })

  it('lets flags win over --config', () => {
    writeFileSync(at('config.yaml'), 'mel:\n  nMels: 40\n  hopLength: 160\n')
    expect(aed('features', 'short.npy', '--no-patches', '--config', 'config.yaml', '--hop-length', '320', '--out', 'config.npy').status).toBe(0)
    expect(decodeNpy(readFileSync(at('config.npy'))).shape).toEqual([40, 26])
    writeFileSync(at('flags.yaml'), 'n-mels: 32\npatches: false\ndb-ref: none\n')
    expect(aed('features', 'short.npy', '--config', 'flags.yaml', '--out', 'config.npy').status).toBe(0)
    expect(decodeNpy(readFileSync(at('config.npy'))).shape).toEqual([32, 26])
    writeFileSync(at('wrong.yaml'), 'mels: 40\n')
    expect(failure('features', 'short.npy', '--config', 'wrong.yaml', '--out', 'wrong.npy')).toContain('INVALID_OPTION')
  })

  it('leaves no file behind when an input is broken', () => {
    writeFileSync(at('empty.wav'), '')
    writeFileSync(at('cut.wav'), readFileSync(at('a.wav')).subarray(0, 30))
    expect(failure('features', 'a.wav', 'empty.wav', '--out', 'broken.npy')).toContain('AUDIO_EMPTY')
    expect(failure('features', 'cut.wav', '--out', 'broken.npy')).toMatch(/AUDIO_/)
    expect(readdirSync(dir).filter((name) => name.includes('broken'))).toEqual([])
  })
})

describe('aed train', () => {
  const classes = ['high', 'low']

  it('trains on a folder per class, and overwrites nothing but an earlier model', () => {
    for (const name of classes) for (let i = 0; i < 4; i++) writeWav(`clips/${name}/${i}.wav`, name === 'high' ? 2 : 3)
    const train = (out: string) => ['train', '--data', 'clips', '--epochs', '2', '--out', out]
    for (const time of ['first', 'again']) expect([time, aed(...train('model')).status]).toEqual([time, 0])
    expect(readdirSync(at('model')).sort()).toEqual(['aed.json', 'curves.jsonl', 'group1-shard1of1.bin', 'model.json'])
    expect(failure(...train('clips'))).toContain('FILE_EXISTS')
    expect(failure(...train('.'))).toContain('FILE_EXISTS')
    expect(readdirSync(at('clips')).sort()).toEqual(classes)
    expect(failure(...train('a.wav'))).toContain('FILE_EXISTS')
  }, 120_000)

  it('trains a network from scratch by a recipe in YAML, and goes on with a run that was stopped', () => {
    writeFileSync(at('scratch.yaml'), 'mode: scratch\nsamples-per-epoch: 8\nbatch-size: 4\nspeeds: "1"\nvalidation: 0.25\naugment:\n  - name: timeMask\n  - { name: mix, alpha: 0.4 }\n')
    const train = ['train', '--data', 'clips', '--config', 'scratch.yaml', '--epochs', '2', '--json']
    const run = aed(...train, '--out', 'scratch')
    expect(run.status).toBe(0)
    expect(run.stderr).toMatch(/epoch 1: loss [\d.]+, accuracy .*validation loss.*\nepoch 2: /)
    const { history, card } = JSON.parse(run.stdout) as { history: object[]; card: { provenance: { mode: string; training: { augment: object[] } } } }
    expect(history).toHaveLength(2)
    expect(card.provenance).toMatchObject({ mode: 'scratch', training: { augment: [{ name: 'timeMask', maxWidth: 8 }, { name: 'mix', alpha: 0.4 }] } })
    expect(readdirSync(at('scratch')).sort()).toEqual(['aed.json', 'curves.html', 'curves.jsonl', 'group1-shard1of1.bin', 'model.json'])
    expect(readFileSync(at('scratch/curves.html'), 'utf8')).toContain('<svg')

    // A step that diverges leaves the checkpoint before it; without --resume nothing is begun over it.
    const diverged = aed(...train, '--optimizer', 'sgd', '--learning-rate', '1e30', '--clip-norm', 'none', '--warmup-epochs', '0', '--out', 'diverged')
    expect([diverged.status, diverged.stderr]).toEqual([2, expect.stringMatching(/\nerror: TRAINING_FAILED: .*step \d \(epoch \d\).*\n$/)])
    mkdirSync(at('stopped'))
    writeFileSync(at('stopped/checkpoint.bin'), 'no checkpoint')
    expect(failure(...train, '--out', 'stopped')).toContain('FILE_EXISTS')
    const resumed = aed(...train, '--resume', '--out', 'stopped')
    expect([resumed.status, resumed.stderr]).toEqual([2, expect.stringMatching(/error: MODEL_INVALID: stopped\/checkpoint.bin: is not a checkpoint.*\n$/)])
  }, 120_000)

  it('refuses options of another mode', () => {
    expect(failure('train', '--data', 'clips', '--momentum', '0.5', '--out', 'no')).toMatch(/INVALID_OPTION: train: momentum is an option of the modes fine-tune and scratch/)
    expect(failure('train', '--data', 'clips', '--mode', 'fine-tune', '--out', 'no')).toMatch(/INVALID_OPTION: train: mode fine-tune needs a backbone/)
    expect(failure('train', '--data', 'clips', '--mode', 'scratch', '--speeds', '1,x', '--out', 'no')).toMatch(/INVALID_OPTION: train: speeds/)
    expect(failure('train', '--data', 'clips', '--mode', 'scratch', '--threads', '4', '--out', 'no')).toMatch(/INVALID_OPTION/)
    expect(existsSync(at('no'))).toBe(false)
  }, 60_000)

  it('refuses clips of one class', () => {
    mkdirSync(at('single'))
    for (let i = 0; i < 3; i++) writeWav(`single/only/${i}.wav`, 2)
    const { status, stderr } = aed('train', '--data', 'single', '--out', 'single-model')
    expect(status).toBe(2)
    expect(stderr).toMatch(/error: [A-Z_]+: .+\n$/)
    expect(existsSync(at('single-model'))).toBe(false)
  }, 60_000)
})

describe('aed quantize and aed classify', () => {
  it('writes an int8 model with its report, the passes and the accuracy of both, and it classifies', () => {
    const { status, stdout, stderr } = aed('quantize', 'model', '--data', 'clips', '--out', 'int8.tflite', '--report', 'int8.html', '--dump', 'passes', '--calibration-method', 'percentile', '--json')
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('the model was trained on') })
    const result = JSON.parse(stdout) as { sha256: string; bytes: number; comparison: { clips: number; sha256: string; mcNemar: { p: number } }; report: { method: string; layers: unknown[] }; calibration: object }
    expect(result).toMatchObject({ bytes: readFileSync(at('int8.tflite')).length, comparison: { clips: 8, sha256: result.sha256 }, report: { method: 'percentile' }, calibration: { data: 'clips', excludedFold: null } })
    expect(result.comparison.mcNemar.p).toBeLessThanOrEqual(1)
    expect(readFileSync(at('int8.html'), 'utf8')).toContain(result.sha256)
    expect(readdirSync(at('passes')).filter((name) => name.endsWith('.dot'))).toEqual(['0-input.dot', '1-removeDeadNodes.dot', '2-foldMulAdd.dot', '3-preactToDepthwise.dot', '4-fuseRelu.dot', '5-fusePad.dot', '6-int8.dot'])

    const classified = JSON.parse(aed('classify', 'int8.tflite', 'clips/high/0.wav', 'clips/low/1.wav', '--timeline', '--top-k', '1', '--json').stdout) as { file: string; top: { label: string }[]; unknown: boolean; timeline: { start: number; end: number }[] }[]
    expect(classified.map(({ file, top, unknown }) => [file, top.length, unknown])).toEqual([['clips/high/0.wav', 1, false], ['clips/low/1.wav', 1, false]])
    expect(classified[0]!.timeline.map(({ start }) => Math.round(1000 * start))).toEqual([0, 760])
    expect(failure('classify', 'int8.tflite', 'int8.html')).toContain('AUDIO_UNSUPPORTED')
    expect(failure('classify', 'int8.tflite', 'clips/high/0.wav', '--n-mels', '32')).toContain('INVALID_OPTION')
    expect(failure('quantize', 'int8.tflite', '--data', 'clips', '--out', 'twice.tflite')).toContain('MODEL_MISMATCH')
  }, 120_000)

  it('refuses to quantize without data unless told to take noise, and then says what that is worth', () => {
    expect(failure('quantize', 'model', '--out', 'fake.tflite')).toContain('USAGE: aed quantize: --data <DIR> is missing')
    expect(failure('quantize', 'model', '--fake-data', '--data', 'clips', '--out', 'fake.tflite')).toContain('not both')
    expect(existsSync(at('fake.tflite'))).toBe(false)
    const { status, stderr, stdout } = aed('quantize', 'model', '--fake-data', '--out', 'fake.tflite', '--json')
    expect([status, stderr]).toEqual([0, expect.stringContaining('its labels mean nothing')])
    expect(JSON.parse(stdout)).toMatchObject({ comparison: null, calibration: { fakeData: true, patches: 32 } })
    expect(readFileSync(at('fake.tflite')).includes('fakeData')).toBe(true)
  }, 60_000)
})

describe('aed infer and aed deploy', () => {
  const g = new GraphBuilder('tiny')
  const random = createRandom('tiny')
  const values = (length: number) => Float32Array.from({ length }, () => random.normal())
  const x = g.input('x', [1, 8, 6, 1])
  const conv = g.conv2d('conv', x, g.constant('w', 'float32', [4, 3, 3, 1], values(36)), g.constant('b', 'float32', [4], values(4)), { activation: 'relu' })
  const dense = g.dense('dense', g.flatten('flat', conv), g.constant('dw', 'float32', [3, 96], values(288)), g.constant('db', 'float32', [3], values(3)))
  const graph = g.build([g.softmax('softmax', dense)])
  const { graph: int8 } = quantize({ graph, calibration: tensor('float32', [8, 8, 6, 1], values(384)) }, {})

  it('runs an int8 .tflite on [n, mels, frames] and refuses another type or shape', () => {
    writeFileSync(at('tiny.tflite'), writeTflite({ graph: int8, card: null }))
    writeFileSync(at('in.npy'), encodeNpy({ dtype: 'int8', shape: [5, 8, 6], data: Int8Array.from({ length: 240 }, (_, i) => (i * 29) % 127) }))
    expect(aed('infer', 'tiny.tflite', '--input', 'in.npy', '--out', 'scores.npy').status).toBe(0)
    expect(decodeNpy(readFileSync(at('scores.npy')))).toMatchObject({ dtype: 'int8', shape: [5, 3] })
    writeFileSync(at('float.npy'), encodeNpy(tensor('float32', [5, 8, 6], new Float32Array(240))))
    expect(failure('infer', 'tiny.tflite', '--input', 'float.npy', '--out', 'no.npy')).toContain('MODEL_MISMATCH')
    writeFileSync(at('tiny-float.tflite'), writeTflite({ graph, card: null }))
    for (const engine of ['wasm', 'reference']) expect(aed('infer', 'tiny-float.tflite', '--input', 'float.npy', '--out', `${engine}.npy`, '--engine', engine).status).toBe(0)
    expect(readFileSync(at('wasm.npy'))).toEqual(readFileSync(at('reference.npy')))
    writeFileSync(at('shape.npy'), encodeNpy({ dtype: 'int8', shape: [5, 6, 8], data: new Int8Array(240) }))
    expect(failure('infer', 'tiny.tflite', '--input', 'shape.npy', '--out', 'no.npy')).toContain('MODEL_MISMATCH')
  })

  it('deploys the whole chain: clips through the emulated core, its accuracy in the header, a report page, firmware', () => {
    const features = featureConfig({ mel: { nMels: 8, nFft: 256, dbRef: 'clip' }, patches: { patchLength: 6 }, audio: { trimSilenceDb: null } })
    const card: ModelCard = { schema: MODEL_CARD_SCHEMA, name: 'tiny', classes: ['a', 'b', 'c'], features, head: { kind: 'meanScores' }, unknownBelow: 0, detection: { smoothing: 2, thresholds: [0.4, 0.4, 2], refractory: 0.5 }, provenance: { seed: 7 }, licence: 'CC0-1.0' }
    writeFileSync(at('chain.tflite'), writeTflite({ graph: int8, card }))
    for (const label of ['a', 'b', 'c']) {
      mkdirSync(at('chain-clips', label), { recursive: true })
      writeWav(path.join('chain-clips', label, `${label}1.wav`), 2.1)
    }
    const alone = aed('deploy', 'chain.tflite', '--out', 'alone', '--json')
    expect((JSON.parse(alone.stdout) as { notes: string[] }).notes.join(' ')).toContain('--live-db-ref')
    expect(failure('deploy', 'chain.tflite', '--out', 'other', '--verify', '--data', 'chain-clips')).toContain('USAGE')
    expect(failure('deploy', 'chain.tflite', '--out', 'other', '--data', 'chain-clips', '--live-db-ref', 'running')).toContain('USAGE')
    const { status, stdout, stderr } = aed('deploy', 'chain.tflite', '--out', 'chain', '--live-db-ref', 'running', '--verify', '--data', 'chain-clips', '--json')
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: '' })
    const header = readFileSync(at('chain', 'include', 'net.h'), 'utf8')
    expect(header).toMatch(/SHA-256 of the model: [0-9a-f]{64}[^]*seed: 7|seed: 7[^]*SHA-256 of the model: [0-9a-f]{64}/)
    for (const file of ['report.html', 'firmware/CMakeLists.txt', 'firmware/listen.c', 'src/net_audio.c']) expect(existsSync(at('chain', file))).toBe(true)
    const { verified, chain } = JSON.parse(stdout) as { verified: { layers: { inputs: number; patches: number }; emulator: { equal: number } | null; chain: { clips: number; equalLabels: number; accuracy: { device: number; typescript: number } } }; chain: { clipState: number } }
    expect(verified.layers).toMatchObject({ inputs: 32 + verified.layers.patches })
    expect(verified.layers.patches).toBeGreaterThan(10)
    if (!verified.emulator) return // no Arm compiler or emulator: the notes say so
    expect(verified).toMatchObject({ emulator: { equal: 3 }, chain: { clips: 3, equalLabels: 3 } })
    expect(verified.chain.accuracy.device).toBe(verified.chain.accuracy.typescript)
    expect(header).toContain('accuracy of the chain on 3 clips of chain-clips: ')
    expect(chain.clipState).toBe(16)
    expect(verified.chain).toMatchObject({ unknown: { device: 0, typescript: 0, kept: verified.chain.accuracy } })
  })

  it('deploys a clip head of statistics: labels of clips on the emulated core, what each block costs and gives; refuses buffered blocks by name', () => {
    const t = new GraphBuilder('tapped')
    const tap = t.conv2d('conv', t.input('x', [1, 8, 6, 1]), t.constant('w', 'float32', [4, 3, 3, 1], values(36)), t.constant('b', 'float32', [4], values(4)), { activation: 'relu' })
    const tapped = quantize({ graph: t.build([tap]), calibration: tensor('float32', [8, 8, 6, 1], values(384)) }, {}).graph
    const features = featureConfig({ mel: { nMels: 8, nFft: 256, dbRef: 'running' }, patches: { patchLength: 6 }, audio: { trimSilenceDb: null } })
    const numbers = (length: number) => encodeFloat32(values(length))
    const cardWith = (more: ClipBlock[], length: number): ModelCard => ({
      schema: MODEL_CARD_SCHEMA, name: 'tapped', classes: ['a', 'b', 'c'], unknownBelow: 0.999, features, provenance: {}, licence: 'CC0-1.0',
      head: { kind: 'clip', patchStep: 3, activation: 'softmax', mean: numbers(length), scale: numbers(length), weights: numbers(3 * length), bias: numbers(3), blocks: [{ kind: 'tap', name: 'conv', tensor: tapped.outputs[0]!, rowPool: 1, statistics: ['mean', 'std', 'max'], epsilon: 1e-4, sqrt: true }, ...more] },
    }) // prettier-ignore
    writeFileSync(at('head.tflite'), writeTflite({ graph: tapped, card: cardWith([{ kind: 'logMelMoments', name: 'mel', statistics: ['mean', 'delta'] }], 72 + 16) }))
    writeFileSync(at('buffered.tflite'), writeTflite({ graph: tapped, card: cardWith([{ kind: 'bandEnvelopes', name: 'env4' }], 72 + 124) }))
    expect(failure('deploy', 'buffered.tflite', '--out', 'other')).toMatch(/DEPLOY_UNSUPPORTED: model 'tapped': its clip head .*'env4' \(bandEnvelopes, 313 KiB for 10 s\); train a head of streaming blocks/)
    expect(failure('deploy', 'head.tflite', '--out', 'other', '--logits')).toContain('INVALID_OPTION')
    expect(existsSync(at('other'))).toBe(false)
    const { status, stdout, stderr } = aed('deploy', 'head.tflite', '--out', 'head', '--verify', '--data', 'chain-clips', '--json')
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: '' })
    const { verified, head } = JSON.parse(stdout) as { verified: { inputs: number; equal: number; chain: { clips: number; equalLabels: number; without: { block: string }[] } | null }; head: { blocks: { name: string; state: number }[] } }
    expect(verified).toMatchObject({ inputs: 32, equal: 32 })
    expect(head.blocks).toMatchObject([{ name: 'conv', state: 24 * 9 }, { name: 'mel', state: 8 * 9 }])
    expect(readFileSync(at('head', 'report.html'), 'utf8')).toContain('<h2>Clip head</h2>')
    if (!verified.chain) return
    expect(verified.chain).toMatchObject({ clips: 3, equalLabels: 3, without: [{ block: 'conv' }, { block: 'mel' }] })
    expect(verified.chain).toMatchObject({ unknown: { device: 3, typescript: 3, kept: { device: 0, typescript: 0 } } })
    expect(readFileSync(at('head', 'include', 'net.h'), 'utf8')).toContain('the same with its thresholds of unknown: 0; 3 clips are unknown')
  })

  it('writes a C project whose output equals the engine, and refuses a folder that is not empty', () => {
    const { status, stdout, stderr } = aed('deploy', 'tiny.tflite', '--out', 'net', '--name', 'net', '--verify', '--json')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ name: 'net', verified: { inputs: 32, equal: 32, layers: { inputs: 32, patches: 0 } } })
    for (const file of ['include/net.h', 'CMakeLists.txt', 'report.json']) expect(existsSync(at('net', file))).toBe(true)
    expect(failure('deploy', 'tiny.tflite', '--out', 'net', '--name', 'net')).toContain('FILE_EXISTS')
    expect(failure('deploy', 'tiny.tflite', '--out', 'other', '--name', '2net')).toContain('INVALID_OPTION')
    expect(failure('deploy', 'tiny.tflite', '--out', 'other', '--ram', '10')).toMatch(/BUDGET_TOO_SMALL: ram: the smallest plan takes \d+ B, \d+ B more than 10/)
    expect(failure('deploy', 'tiny.tflite', '--out', 'other', '--plan', 'nothing.json')).toContain('FILE_NOT_FOUND')
    expect(failure('deploy', 'tiny.tflite', '--out', 'other', '--plan', 'tiny.tflite')).toMatch(/INVALID_OPTION: .*tiny.tflite: is not JSON/)
    expect(existsSync(at('other'))).toBe(false)
    writeFileSync(at('float.tflite'), writeTflite({ graph, card: null }))
    expect(failure('deploy', 'float.tflite', '--out', 'other', '--name', 'net')).toContain('DEPLOY_UNSUPPORTED')
    const again = JSON.parse(aed('deploy', 'tiny.tflite', '--out', 'again', '--plan', 'net/report.json', '--json').stdout) as { plan: string; planFile: object }
    expect(again).toMatchObject({ plan: 'own', planFile: (JSON.parse(stdout) as { planFile: object }).planFile })
  })

  it('deploys a shipped model by its name: all of its head runs along a stream', () => {
    const { status, stdout, stderr } = aed('deploy', 'esc10-1stack-int8', '--out', 'shipped', '--name', 'sounds', '--verify', '--json')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const { head, verified } = JSON.parse(stdout) as { head: { features: number; blocks: { kind: string }[] }; verified: object }
    expect(head.blocks.map(({ kind }) => kind)).toEqual(['tap', 'tap', 'tap', 'logMelMoments', 'logMelLevels', 'envelopeLevels'])
    expect(verified).toMatchObject({ inputs: 32, equal: 32 })
    expect(readFileSync(at('shipped/include/sounds.h'), 'utf8')).toContain('sounds_audio_poll')
  })
})

describe('aed eval --scores', () => {
  it('evaluates a table of patch scores', () => {
    writeFileSync(at('scores.csv'), 'clip,source,label,dog,rain\na,r1,dog,0.9,0.1\na,r1,dog,0.4,0.6\nb,r2,rain,0.2,0.8\nc,r3,rain,0.7,0.3\n')
    const { status, stdout } = aed('eval', '--scores', 'scores.csv', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ patch: { accuracy: 0.5 }, clip: { accuracy: 2 / 3 } })
  })

  it('fails below --min-accuracy, after the figures, and passes at it', () => {
    writeFileSync(at('two.csv'), 'label,clip,source,dog,rain\ndog,a,r1,0.9,0.1\nrain,b,r2,0.8,0.2\n')
    const { status, stdout, stderr } = aed('eval', '--scores', 'two.csv', '--json', '--min-accuracy', '0.75')
    expect(status).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ clip: { accuracy: 0.5 } })
    expect(stderr).toMatch(/^error: BELOW_MINIMUM: .+\n$/)
    expect(aed('eval', '--scores', 'two.csv', '--min-accuracy', '0.5').status).toBe(0)
    expect(failure('eval', '--scores', 'two.csv', '--min-accuracy', '95')).toContain('INVALID_OPTION')
  })

  it('names the columns that are missing', () => {
    writeFileSync(at('bad.csv'), 'clip,label,dog\na,dog,1\n')
    expect(failure('eval', '--scores', 'bad.csv')).toContain('source')
  })
})

describe('aed eval --compare, --outside, --out', () => {
  it('compares with another table, counts what is outside, and writes the report', () => {
    writeFileSync(at('int8.csv'), 'clip,source,label,dog,rain\nb,r2,rain,0.2,0.8\na,r1,dog,0.6,0.4\na,r1,dog,0.3,0.7\nc,r3,rain,0.7,0.3\n')
    writeFileSync(at('outside.csv'), 'clip,source,label,dog,rain\nx,q1,cow,0.55,0.45\ny,q2,cow,0.05,0.95\n')
    const { status, stdout } = aed('eval', '--scores', 'scores.csv', '--compare', 'int8.csv', '--outside', 'outside.csv', '--unknown-threshold', '0.6', '--out', 'evaluated', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      comparison: { second: 'int8.csv', accuracy: { first: 2 / 3, second: 1 / 3 }, changed: [{ id: 'a', first: 'dog', second: 'rain' }] },
      openSet: { known: { right: 2, wrong: 1, unknown: 0 }, outside: { count: 2, accepted: 1 } },
    })
    expect(readdirSync(at('evaluated')).sort()).toEqual(['junit.xml', 'patches.csv', 'report.html', 'report.json', 'summary.md'])
    expect(JSON.parse(readFileSync(at('evaluated/report.json'), 'utf8'))).toMatchObject({ schema: 'aed-evaluation-report/1', model: 'scores.csv', worst: [{ id: 'c', label: 'rain', estimated: 'dog' }] })
    expect(readFileSync(at('evaluated/report.html'), 'utf8')).toContain('Sounds outside the classes')
  })

  it('refuses halves of what belongs together', () => {
    expect(failure('eval', '--scores', 'scores.csv', '--unknown-threshold', '0.6')).toContain('--outside')
    expect(failure('eval', '--scores', 'scores.csv', '--outside', 'outside.csv')).toContain('--max-false-accepts')
    expect(failure('eval', '--scores', 'scores.csv', '--compare', 'model')).toContain('USAGE')
  })
})

describe('aed tune and aed detect', () => {
  it('writes parameters into the card, finds sounds with them, and says how well', () => {
    const { status, stdout } = aed('tune', 'model', '--data', 'clips', '--max-smoothing', '2', '--out', 'tuned', '--json')
    expect(status).toBe(0)
    const { chosen, settings, model } = JSON.parse(stdout) as { chosen: { parameters: { smoothing: number; thresholds: number[] } }; settings: number; model: string }
    expect([settings, model]).toEqual([2 * 4 * 100, 'tuned'])
    const card = JSON.parse(readFileSync(at('tuned/aed.json'), 'utf8')) as { detection: unknown; classes: string[] }
    expect(card.detection).toEqual(chosen.parameters)
    writeWav('long.wav', 6)
    writeFileSync(at('events.tsv'), `filename\tonset\toffset\tevent_label\nlong.wav\t0.5\t3\t${card.classes[0]!}\n`)
    const found = aed('detect', 'tuned', 'long.wav', '--threshold', '0', '--events', 'events.tsv', '--out', 'found.tsv', '--json')
    expect(found.status).toBe(0)
    const { recordings, evaluation } = JSON.parse(found.stdout) as { recordings: { events: object[] }[]; evaluation: { detection: { hits: number }; segmentBased: { overall: { recall: number } } } }
    // At threshold 0 every class is heard all the time.
    expect(recordings[0]!.events).toHaveLength(card.classes.length)
    expect([evaluation.detection.hits, evaluation.segmentBased.overall.recall]).toEqual([1, 1])
    expect(readFileSync(at('found.tsv'), 'utf8').split('\n')[0]).toBe('filename\tonset\toffset\tevent_label')
    expect(aed('tune', 'model', '--data', '.', '--events', 'events.tsv', '--max-smoothing', '1', '--json').status).toBe(0)
  })

  it('refuses events that are none, and recordings that they say nothing of', () => {
    writeFileSync(at('bad.tsv'), 'long.wav\t3\t1\tdog\n')
    expect(failure('tune', 'model', '--data', '.', '--events', 'bad.tsv')).toContain('bad.tsv, line 1')
    expect(failure('detect', 'model', 'long.wav', 'a.wav', '--events', 'events.tsv')).toContain('says nothing of a.wav')
  })
})

describe('aed eval --tuned', () => {
  it('keeps the threshold of unknown in the card, by which eval and classify then decide, whatever lists the clips outside', () => {
    for (const name of ['x', 'y', 'z']) writeWav(`strangers/${name}.wav`, 3)
    writeFileSync(at('strangers', 'outside.csv'), 'filename,label\nx.wav,cow\ny.wav,cow\nz.wav,cow\n')
    const evaluated = (...args: string[]) => {
      const { status, stdout } = aed('eval', ...args, '--resamples', '10', '--json')
      expect(status).toBe(0)
      return (JSON.parse(stdout) as { openSet?: { thresholds: number[]; chosenBy: string; known: object; outside: { count: number; accepted: number } } }).openSet!
    }
    const chosen = evaluated('model', '--data', 'clips', '--outside', 'strangers', '--max-false-accepts', '0', '--tuned', 'wary', '--compare', 'int8.tflite')
    expect(chosen).toMatchObject({ chosenBy: 'maxFalseAccepts', outside: { count: 3, accepted: 0 } })
    const { unknownBelow, ...card } = JSON.parse(readFileSync(at('wary/aed.json'), 'utf8')) as ModelCard
    expect(unknownBelow).toBe(chosen.thresholds[0])
    expect(card).toEqual(JSON.parse(readFileSync(at('model/aed.json'), 'utf8')))
    expect(evaluated('wary', '--data', 'clips', '--outside', 'strangers/outside.csv')).toMatchObject({ chosenBy: 'given', known: chosen.known, outside: chosen.outside })
    expect(evaluated('wary', '--data', 'clips')).toMatchObject({ chosenBy: 'given', known: chosen.known, outside: { count: 0 } })
    const classified = JSON.parse(aed('classify', 'wary', 'strangers/x.wav', '--json').stdout) as { unknown: boolean }[]
    expect(classified[0]!.unknown).toBe(true)
    expect(evaluated('int8.tflite', '--data', 'clips', '--outside', 'strangers', '--min-accepted', '0.5', '--per-class', '--tuned', 'wary.tflite').thresholds).toEqual(JSON.parse(JSON.stringify(readTflite(readFileSync(at('wary.tflite')), 'wary').card!.unknownBelow)))
  })

  it('refuses to store what nothing chose, and what models do not decide by', () => {
    const run = (...args: string[]) => failure('eval', 'model', '--data', 'clips', '--tuned', 'not', ...args)
    expect(run()).toContain('USAGE')
    expect(run('--outside', 'strangers')).toContain('--max-false-accepts')
    expect(run('--outside', 'strangers', '--min-accepted', '0.5', '--aggregation', 'max')).toContain('plain mean')
    expect(existsSync(at('not'))).toBe(false)
  })
})

describe('aed data', () => {
  it('lists its commands, and refuses unknown ones', () => {
    expect(aed('data', '--help').stdout).toMatch(/get [^]*inspect [^]*split [^]*convert [^]*synth /)
    expect(aed('data', 'split', '--help').stdout).toContain('aed data split')
    expect(failure('data')).toContain('USAGE')
    expect(failure('data', 'nothing')).toContain("unknown command 'nothing'")
  })

  it('makes a set, looks at it, deals it into folds that train reads and cv judges by, which says what made the figures', () => {
    expect(aed('data', 'synth', '--classes', 'dog,rain', '--clips', '16', '--duration', '0.5', '--out', 'set').status).toBe(0)
    writeWav('set/audio/loud.wav', 1)
    const inspected = JSON.parse(aed('data', 'inspect', 'set', '--out', 'seen', '--json').stdout) as { clips: number; classes: unknown[]; duplicates: unknown[] }
    expect(inspected).toMatchObject({ clips: 16, classes: [{ name: 'dog', clips: 8, recordings: 4 }, { name: 'rain', clips: 8, recordings: 4 }], bad: [] })
    expect(JSON.parse(readFileSync(at('seen/inspection.json'), 'utf8'))).toEqual(inspected)
    const html = readFileSync(at('seen/inspection.html'), 'utf8')
    expect(html.match(/<figure>/g)).toHaveLength(2)
    const split = JSON.parse(aed('data', 'split', 'set', '--folds', '4', '--out', 'set/folds.csv', '--json').stdout) as object
    expect(split).toMatchObject({ leaky: false, folds: [1, 2, 3, 4].map((fold) => ({ fold, clips: 4 })) })
    expect(readFileSync(at('set/folds.csv'), 'utf8').split('\n')[0]).toBe('filename,label,fold,source')
    expect(JSON.parse(aed('data', 'inspect', 'set/folds.csv', '--json').stdout)).toMatchObject({ folds: [1, 2, 3, 4], clips: 16 })
    const judged = JSON.parse(aed('cv', 'r-without-network', '--data', 'set/folds.csv', '--seed', '3', '--json').stdout) as object
    expect(failure('cv', 'r-without-network', '--data', 'set/folds.csv', '--device')).toMatch(/USAGE: .*modst and env4 need the whole clip at once, none of its blocks taps the network, .*; take a head of taps/)
    expect(judged).toMatchObject({ data: { clips: 16 }, result: { folds: { length: 4 } }, provenance: { seed: 3, node: process.versions.node } })

    const [broken] = readFileSync(at('set/folds.csv'), 'utf8').split('\n')[1]!.split(',') as [string]
    truncateSync(at('set', broken), 30)
    expect(failure('cv', 'r-without-network', '--data', 'set/folds.csv')).toContain(path.basename(broken))
    expect(JSON.parse(aed('cv', 'r-without-network', '--data', 'set/folds.csv', '--skip-bad', '--json').stdout)).toMatchObject({ data: { clips: 15, skipped: [{ id: broken }] } })
    const dealt = aed('data', 'split', 'set', '--folds', '2', '--skip-bad', '--out', 'set/good.csv')
    expect(dealt.stdout).toContain(`1 clips could not be read and count nowhere: ${path.basename(broken)}`)
    expect(readFileSync(at('set/good.csv'), 'utf8')).not.toContain(broken)
    expect(failure('deploy', 'int8.tflite', '--out', 'nowhere', '--skip-bad')).toContain('go with --data')
  })

  it('refuses a split whose folds share a sound, unless told to allow it, and then counts the clips', () => {
    for (const name of ['a1', 'a2', 'b1', 'b2']) writeWav(`leak/${name}.wav`, name.startsWith('a') ? 2 : 1)
    writeFileSync(at('leak/a2.wav'), readFileSync(at('leak/a1.wav')))
    writeFileSync(at('leak/labels.csv'), 'filename,label,fold\na1.wav,a,1\na2.wav,a,2\nb1.wav,b,1\nb2.wav,b,2\n')
    const args = ['data', 'split', 'leak', '--kind', 'official', '--out', 'leak/folds.csv']
    expect(aed(...args).status).toBe(0) // declared recordings differ
    expect(failure(...args, '--check-sound')).toContain("'a1.wav' and 'a2.wav' hold the same samples")
    expect(JSON.parse(aed(...args, '--check-sound', '--allow-leaks', '--json').stdout)).toMatchObject({ leaky: true })
  })

  it('turns FSD50K into tables that other commands read', () => {
    mkdirSync(at('fsd/FSD50K.ground_truth'), { recursive: true })
    writeFileSync(at('fsd/FSD50K.ground_truth/vocabulary.csv'), '0,Animal,/m/a\n1,Dog,/m/d\n2,Rain,/m/r\n')
    writeFileSync(at('fsd/FSD50K.ground_truth/dev.csv'), 'fname,labels,mids,split\n1,"Dog,Animal","/m/d,/m/a",train\n2,Rain,/m/r,train\n3,"Rain,Dog,Animal","/m/r,/m/d,/m/a",val\n')
    writeFileSync(at('fsd/FSD50K.ground_truth/eval.csv'), 'fname,labels,mids\n4,Rain,/m/r\n')
    for (const file of ['dev_audio/1', 'dev_audio/2', 'dev_audio/3', 'eval_audio/4']) writeWav(`fsd/FSD50K.${file}.wav`, 1)
    writeFileSync(at('ontology.json'), JSON.stringify([{ id: '/m/a', child_ids: ['/m/d'] }]))
    expect(aed('data', 'convert', 'fsd50k', 'fsd', '--ancestors', 'remove', '--ontology', 'ontology.json', '--out', 'fsd').status).toBe(0)
    expect(readFileSync(at('fsd/fsd50k-train.csv'), 'utf8')).toBe('filename,label,source\nFSD50K.dev_audio/1.wav,Dog,1\nFSD50K.dev_audio/2.wav,Rain,2\n')
    expect(readFileSync(at('fsd/fsd50k-validation.csv'), 'utf8')).toContain('3.wav,Rain|Dog,3')
    expect(JSON.parse(aed('data', 'inspect', 'fsd/fsd50k-train.csv', '--json').stdout)).toMatchObject({ clips: 2, classes: [{ name: 'Dog' }, { name: 'Rain' }] })
    expect(failure('data', 'convert', 'fsd50k', 'fsd', '--ancestors', 'add', '--out', 'fsd')).toContain('--ontology')
    expect(failure('data', 'convert', 'other', 'fsd', '--out', 'fsd')).toContain('USAGE')
    expect(failure('data', 'get', 'esc51')).toContain('USAGE')
    expect(failure('data', 'get', 'esc50', '--out', 'new', '--checksum', 'md5:12')).toContain('INVALID_OPTION')
    expect(failure('data', 'get', 'esc50', '--out', 'fsd')).toContain('FILE_EXISTS')
    expect(failure('backbone', 'get', 'miniresnetv2-3stacks')).toContain('miniresnetv2-2stacks')
    expect(failure('backbone', 'get', 'miniresnetv2-1stack', '--out', 'ontology.json')).toContain('FILE_EXISTS')
  })
})
