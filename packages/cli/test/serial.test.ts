import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createRandom, GraphBuilder, tensor } from '@aed/core'
import { quantize, writeTflite } from '@aed/quantize-int8'

const bin = fileURLToPath(new URL('../bin/aed.js', import.meta.url))
const dir = mkdtempSync(path.join(os.tmpdir(), 'aed-serial-'))
const aed = (...args: string[]) => spawnSync(process.execPath, [bin, ...args], { cwd: dir, encoding: 'utf8' })
const python = process.env['AED_PYTHON'] ?? 'python3'
const runs = (command: string) => spawnSync(command, ['--version']).status === 0

/** A small int8 network. @param classes that two of them differ in */
function writeModel(file: string, classes: number): void {
  const random = createRandom(file)
  const values = (length: number) => Float32Array.from({ length }, () => 0.3 * random.normal())
  const g = new GraphBuilder('tiny')
  const conv = g.conv2d('conv', g.input('x', [1, 8, 6, 1]), g.constant('w', 'float32', [4, 3, 3, 1], values(36)), g.constant('b', 'float32', [4], values(4)), { activation: 'relu' })
  const dense = g.dense('dense', g.flatten('flat', conv), g.constant('dw', 'float32', [classes, 96], values(classes * 96)), g.constant('db', 'float32', [classes], values(classes)))
  const { graph } = quantize({ graph: g.build([g.softmax('softmax', dense)]), calibration: tensor('float32', [8, 8, 6, 1], values(8 * 48)) }, {})
  writeFileSync(path.join(dir, file), writeTflite({ graph, card: null }))
}

/** Programs that put a board's program behind a port, and print where that is: a pseudo-terminal, as the kernel gives a USB adapter, and a socket, as a serial server does. */
const PORTS = {
  'a pseudo-terminal': [python, '-c', 'import os, pty, subprocess, sys, tty\nboard, port = pty.openpty()\ntty.setraw(port)\nprint(os.ttyname(port), flush=True)\nsubprocess.run([sys.argv[1]], stdin=board, stdout=board)'],
  'a socket': [process.execPath, '-e', `
    const { spawn } = require('node:child_process')
    const server = require('node:net').createServer((socket) => {
      const board = spawn(process.argv[1])
      socket.pipe(board.stdin)
      board.stdout.pipe(socket)
      socket.on('close', () => board.kill())
    })
    server.listen(0, '127.0.0.1', () => console.log('tcp:127.0.0.1:' + server.address().port))`],
} as const

function open([command, ...args]: readonly [string, ...string[]], program: string): Promise<{ readonly port: string; readonly child: ChildProcess }> {
  const child = spawn(command, [...args, program])
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.stdout.once('data', (chunk: Buffer) => resolve({ port: chunk.toString().trim(), child }))
    child.on('exit', () => reject(new Error(said)))
  })
}

const missing = ['cc', 'stty', python].filter((command) => !runs(command))
const describeHere = missing.length === 0 || process.env['AED_REQUIRE'] ? describe : describe.skip

describeHere(`aed deploy --verify --serial${missing.length === 0 ? '' : ` (skipped: ${missing.join(', ')} not installed)`}`, () => {
  beforeAll(() => {
    writeModel('tiny.tflite', 3)
    writeModel('other.tflite', 4)
    // As a user builds the firmware of a board: from the files that the command wrote.
    expect(aed('deploy', 'tiny.tflite', '--out', 'board')).toMatchObject({ status: 0, stderr: '' })
    const sources = readdirSync(path.join(dir, 'board/src')).filter((file) => file.endsWith('.c')).map((file) => `src/${file}`)
    const built = spawnSync('cc', ['-std=gnu99', '-O1', '-Iinclude', '-Ifirmware', ...sources, 'firmware/verify.c', 'firmware/host/board.c', '-lm', '-o', 'verify'], { cwd: path.join(dir, 'board'), encoding: 'utf8' })
    expect({ status: built.status, stderr: built.stderr }).toEqual({ status: 0, stderr: '' })
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it.each(Object.keys(PORTS) as (keyof typeof PORTS)[])('%s: sends the vectors to the board, and reports the bytes, times and arena that come back', async (kind) => {
    const { port, child } = await open(PORTS[kind], path.join(dir, 'board/verify'))
    try {
      const out = `from ${kind}`
      const { status, stdout, stderr } = aed('deploy', 'tiny.tflite', '--out', out, '--verify', '--serial', port, '--json')
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      const { verified, memory } = JSON.parse(stdout) as { verified: { serial: { arena: number; seconds: number } }; memory: { arena: number } }
      expect(verified.serial).toMatchObject({ device: 'serial', inputs: 3, equal: 3, instructions: null, arena: memory.arena })
      expect(verified.serial.seconds).toBeGreaterThanOrEqual(0)
      expect(existsSync(path.join(dir, out, 'report.html'))).toBe(true)
    } finally {
      child.kill()
    }
  })

  it('names a board that runs another library, and a port that is none, in one line with nothing written', async () => {
    const { port, child } = await open(PORTS['a socket'], path.join(dir, 'board/verify'))
    try {
      const failed = (model: string, where: string) => {
        const { status, stdout, stderr } = aed('deploy', model, '--out', 'not written', '--verify', '--serial', where)
        expect({ status, stdout, written: existsSync(path.join(dir, 'not written')) }).toEqual({ status: 2, stdout: '', written: false })
        return stderr
      }
      expect(failed('other.tflite', port)).toMatch(/^error: MODEL_MISMATCH: the device runs a network of 48 inputs and 3 outputs, 'net' has 48 and 4; .+\n$/)
      expect(failed('tiny.tflite', '/dev/no-such-port')).toMatch(/^error: FILE_NOT_FOUND: \/dev\/no-such-port.*\n$/)
      expect(failed('tiny.tflite', 'tiny.tflite')).toMatch(/^error: (IO_FAILED|TOOL_FAILED): .+\n$/)
    } finally {
      child.kill()
    }
  })
})
