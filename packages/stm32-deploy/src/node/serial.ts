import * as fs from 'node:fs'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import tty from 'node:tty'
import { promisify } from 'node:util'
import { AedError, isAedError, throwIfAborted } from '@aed/core'
import { fileError } from '@aed/core/node'
import { encodeMessage, findMessage, payloadOf, type Found, type Message } from '../firmware/messages.ts'
import type { Device } from './device.ts'
import { runTool } from './run-tool.ts'

export interface SerialOptions {
  /** Bits per second, default 115200: what the firmware is made for. */
  readonly baud?: number
  /** How long an answer may take in ms, default 20000. */
  readonly timeout?: number
  readonly signal?: AbortSignal | undefined
}

/** Times that a message is sent in all before it is given up. */
const TRIES = 3

/** A connection, both ways. */
interface Port {
  readonly readable: Pick<Duplex, 'on'>
  readonly write: (bytes: Uint8Array) => void
  readonly close: () => Promise<void>
}

/**
 * A board that runs `verify`, at a serial port (`/dev/ttyACM0`, `/dev/pts/3`) or behind one that a server forwards (`tcp:HOST:PORT`). Messages go one by one; one that was
 * damaged on its way is sent again.
 * @throws AedError `FILE_NOT_FOUND`, `IO_FAILED` for a port that cannot be opened
 */
export async function openSerial(location: string, { baud = 115200, timeout = 20_000, signal }: SerialOptions = {}): Promise<Device> {
  const port = location.startsWith('tcp:') ? await connectTcp(location) : await openTty(location, baud)
  let received = new Uint8Array(0)
  let wake: (() => void) | null = null
  let failure: AedError | null = null
  port.readable.on('data', (chunk: Uint8Array) => {
    received = Uint8Array.from([...received, ...chunk])
    wake?.()
  })
  for (const event of ['error', 'close'])
    port.readable.on(event, (error?: unknown) => {
      failure ??= new AedError('IO_FAILED', `${location}: the connection ended`, { cause: error })
      wake?.()
    })
  const more = (left: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, left)
      wake = () => {
        clearTimeout(timer)
        wake = null
        resolve()
      }
    })
  const receive = async (): Promise<Found> => {
    const end = Date.now() + timeout
    for (;;) {
      throwIfAborted(signal)
      if (failure) throw failure
      const found = findMessage(received)
      if (found) {
        received = received.slice(found.end)
        return found
      }
      if (Date.now() >= end) throw new AedError('VERIFY_FAILED', `${location}: no answer in ${timeout / 1000} s`, { hint: 'is the firmware verify on the board, and no other program at the port?' })
      await more(Math.min(500, end - Date.now()))
    }
  }
  const ask = async (message: Message, number: number): Promise<Uint8Array> => {
    for (let attempt = 1; ; attempt++) {
      received = new Uint8Array(0)
      port.write(encodeMessage(message, number))
      try {
        const answer = await receive()
        if (answer.kind !== '!' || attempt === TRIES) return payloadOf(message, number, answer)
      } catch (error) {
        // Samples must not be pushed twice: what was answered badly is an error then.
        if (!isAedError(error, 'VERIFY_FAILED') || attempt === TRIES || message.kind === 'p') throw error
      }
    }
  }
  return {
    board: 'serial',
    instructionTime: null,
    profile: null,
    async exchange(messages) {
      const answers: Uint8Array[] = []
      for (const [i, message] of messages.entries()) answers.push(await ask(message, i & 255))
      return answers
    },
    close: port.close,
  }
}

// Descriptors, not the handles of `fs/promises`, which close them when they are collected: the streams own them, and close them.
const openFile = promisify(fs.open)
const closeFile = promisify(fs.close)

async function openTty(location: string, baud: number): Promise<Port> {
  try {
    const input = await openFile(location, 'r+')
    await runTool('stty', [process.platform === 'darwin' ? '-f' : '-F', location, String(baud), 'raw', '-echo'])
    if (!tty.isatty(input)) {
      await closeFile(input)
      throw new AedError('IO_FAILED', `${location}: is no serial port`)
    }
    const readable = new tty.ReadStream(input)
    const writable = new tty.WriteStream(await openFile(location, 'r+'))
    return { readable, write: (bytes) => void writable.write(bytes), close: () => closed(() => (readable.destroy(), writable.destroy())) }
  } catch (error) {
    throw isAedError(error) ? error : fileError(error, location)
  }
}

function connectTcp(location: string): Promise<Port> {
  const [, host = '', port = ''] = /^tcp:(.*):(\d+)$/.exec(location) ?? []
  if (host === '') throw new AedError('INVALID_OPTION', `${location}: expected tcp:HOST:PORT`)
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), host)
    socket.once('connect', () => resolve({ readable: socket, write: (bytes) => void socket.write(bytes), close: () => closed(() => socket.destroy()) }))
    socket.once('error', (error) => reject(new AedError('IO_FAILED', `${location}: ${error.message}`, { cause: error })))
  })
}

async function closed(destroy: () => unknown): Promise<void> {
  destroy()
  await new Promise((resolve) => setImmediate(resolve))
}
