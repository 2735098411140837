import { spawn, type ChildProcess } from 'node:child_process'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { emitFirmware } from '../src/firmware/emit-firmware.ts'
import { crc32, encodeMessage, findMessage } from '../src/firmware/messages.ts'
import { generateC } from '../src/generate-c.ts'
import { buildVerify } from '../src/node/device.ts'
import { readHeader, unpack } from '../src/node/library-files.ts'
import { runNetwork } from '../src/node/run-on-device.ts'
import { openSerial } from '../src/node/serial.ts'
import { everyKernel } from './networks.ts'
import { expectedOutputs, testInputs } from './run-generated.ts'
import { describeWith } from './tools.ts'

const graph = everyKernel()
const inputs = testInputs(126, 1)
const { files } = generateC({ graph, card: null })

/** Starts the emulated board with its serial port at a pseudo-terminal or a socket, and says where that is. */
function start(program: string, serial: string, where: RegExp): Promise<{ readonly qemu: ChildProcess; readonly location: string }> {
  const qemu = spawn('qemu-system-arm', ['-M', 'mps2-an505', '-display', 'none', '-monitor', 'none', '-serial', serial, '-semihosting-config', 'enable=on,target=native', '-kernel', program])
  return new Promise((resolve, reject) => {
    let text = ''
    const read = (chunk: Buffer) => {
      text += chunk.toString()
      const location = where.exec(text)?.[1]
      if (location !== undefined) resolve({ qemu, location })
    }
    qemu.stdout.on('data', read)
    qemu.stderr.on('data', read)
    qemu.on('exit', () => reject(new Error(text)))
  })
}

describeWith(['arm-none-eabi-gcc', 'qemu-system-arm', 'stty'], "openSerial at the emulated board's serial port", () => {
  let folder: Awaited<ReturnType<typeof unpack>>
  let program = ''
  beforeAll(async () => {
    folder = await unpack({ ...files, ...emitFirmware(files, 'stm32u585') })
    program = path.join(folder.dir, 'verify.elf')
    await buildVerify(folder.dir, program, files, 'mps2-an505', { stream: 'uart' })
  })
  afterAll(() => folder.remove())

  it.each([
    ['a pseudo-terminal', 'pty', /redirected to (\/dev\/\S+)/],
    ['a socket', `tcp:127.0.0.1:${20000 + (process.pid % 20000)},server=on,wait=on`, /waiting for connection.*?(tcp:[\d.]+:\d+)/],
  ] as const)('%s: the bytes of the literal engine', async (_, serial, where) => {
    const { qemu, location } = await start(program, serial, where)
    try {
      const device = await openSerial(location)
      const run = await runNetwork(device, readHeader(files), inputs, 3)
      await device.close()
      expect(run.outputs).toEqual(expectedOutputs(graph, inputs))
      expect(run.instructions).toBeNull()
      expect(run.stack).toBeGreaterThan(100)
      expect(Math.min(...run.seconds)).toBeGreaterThan(0)
    } finally {
      qemu.kill()
    }
  })

  it('FILE_NOT_FOUND for no port, IO_FAILED for what is none', async () => {
    await expect(openSerial('/dev/no-such-port')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    await expect(openSerial('tcp:127.0.0.1:1')).rejects.toMatchObject({ code: 'IO_FAILED' })
  })
})

it('messages: the CRC-32 of zip; found behind noise; whole or not at all; damaged ones refused', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
  const bytes = encodeMessage({ kind: 'r', payload: Uint8Array.of(1, 2, 3) }, 7)
  expect(findMessage(Uint8Array.from([0x41, 9, ...bytes]))).toMatchObject({ kind: 'r', number: 7, payload: Uint8Array.of(1, 2, 3) })
  expect(findMessage(bytes.subarray(0, -1))).toBeNull()
  expect(() => findMessage(bytes.map((byte, i) => (i === 9 ? byte ^ 1 : byte)))).toThrow(expect.objectContaining({ code: 'VERIFY_FAILED' }))
})
