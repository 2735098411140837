import { readFile, rm, writeFile, mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { AedError } from '@aed/core'
import { BOARDS, type Board, type BoardName } from '../firmware/boards.ts'
import type { CoreProfile } from '../estimate/estimate-cycles.ts'
import { emitFirmware } from '../firmware/emit-firmware.ts'
import { encodeMessage, findMessage, payloadOf, type Message } from '../firmware/messages.ts'
import { TARGETS } from '../targets.ts'
import { hintFor } from './find-tools.ts'
import { STRICT_FLAGS } from './host-build.ts'
import { profilePlugin, readProfile } from './core-profile.ts'
import { sourcesOf, unpack, type LibraryFiles } from './library-files.ts'
import { runTool } from './run-tool.ts'

/** Something that runs the program `verify`. */
export interface Device {
  readonly board: BoardName | 'serial'
  /** Nanoseconds of an instruction, of an emulator: what makes a number of instructions of a time; else null. */
  readonly instructionTime: number | null
  /** Sends messages in turn and returns the payloads of their answers. Those of one call follow each other without a reset. */
  exchange(messages: readonly Message[]): Promise<readonly Uint8Array[]>
  /** Of an emulator: what the core and its cache did in the measured calls of one exchange; else null. */
  readonly profile: ((messages: readonly Message[]) => Promise<CoreProfile>) | null
  close(): Promise<void>
}

export interface DeviceOptions {
  /** Of the host's: stop at the first undefined behaviour or access out of bounds. Default false. */
  readonly sanitize?: boolean
  /** Host's compiler, default `cc`. */
  readonly compiler?: string
  readonly optimization?: '-O1' | '-O2' | '-O3' | '-Os'
  /** Of an emulated board: `files` of the host (fast), or its `uart`. Default `files`. */
  readonly stream?: 'files' | 'uart'
  readonly signal?: AbortSignal | undefined
}

const ARM = 'arm-none-eabi-gcc'
const EMULATOR = 'qemu-system-arm'
/** `-icount shift=7`: an instruction takes 128 ns, more than two ticks of the boards' timers. */
const CLOCK_SHIFT = 7

/**
 * Builds the program `verify` around a library, for this machine or an emulated board. Each exchange is a run of its own, from reset.
 * @throws AedError `TOOL_NOT_FOUND`, `TOOL_FAILED`, `INVALID_INPUT`
 */
export async function openDevice(files: LibraryFiles, board: Exclude<BoardName, 'b-u585i-iot02a'>, options: DeviceOptions = {}): Promise<Device> {
  const { machine, target }: Board = BOARDS[board]
  const { dir, remove } = await unpack({ ...files, ...emitFirmware(files, target) })
  const program = path.join(dir, 'verify.elf')
  try {
    await buildVerify(dir, program, files, board, options)
  } catch (error) {
    await remove()
    throw error
  }
  const encode = (messages: readonly Message[]) => Buffer.concat(messages.map((message, i) => encodeMessage(message, i & 255)))
  const exchange = async (messages: readonly Message[]) => {
    const input = encode(messages)
    const output = machine === null ? (await runTool(program, [], { input, signal: options.signal })).stdout : await emulate(dir, program, machine, input, [], options.signal)
    return answersIn(output, messages)
  }
  const profile = async (messages: readonly Message[]) => {
    const counts = path.join(dir, 'counts.txt')
    const plugin = await profilePlugin(dir, program, counts, TARGETS[target].timing!.cache, options.signal)
    answersIn(await emulate(dir, program, machine!, encode(messages), ['-plugin', plugin], options.signal), messages)
    return readProfile(program, counts, options.signal)
  }
  return { board, instructionTime: machine === null ? null : 2 ** CLOCK_SHIFT, exchange, profile: machine === null ? null : profile, close: remove }
}

/** Compiles the program `verify` in a folder that holds a library and its firmware. */
export async function buildVerify(dir: string, program: string, files: LibraryFiles, board: BoardName, { sanitize = false, compiler = 'cc', optimization = '-O2', stream = 'files', signal }: DeviceOptions): Promise<void> {
  const sources = sourcesOf(files)
  const host = board === 'host'
  const [command, flags] = host
    ? [compiler, sanitize ? ['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'] : [optimization]]
    : [ARM, [...TARGETS[BOARDS[board].target].flags, optimization, ...(stream === 'files' ? ['-DBOARD_FILES'] : []), '-ffunction-sections', '-fdata-sections', '-Wl,--gc-sections', '-nostartfiles', '-Lfirmware', '-T', `firmware/${board}/link.ld`]]
  const programs = ['firmware/verify.c', `firmware/${board}/board.c`, ...(host ? [] : ['firmware/startup.c'])]
  await runTool(command, [...STRICT_FLAGS, ...flags, '-Iinclude', '-Ifirmware', ...sources, '-std=gnu99', '-Wno-pedantic', ...programs, '-lm', '-o', program], { cwd: dir, hint: hintFor(command), signal })
}

/** One run of an emulated board, its stream in files of a folder of its own. */
async function emulate(dir: string, program: string, machine: string, input: Uint8Array, more: readonly string[], signal: AbortSignal | undefined): Promise<Uint8Array> {
  const folder = await mkdtemp(path.join(dir, 'run-'))
  try {
    await writeFile(path.join(folder, 'requests.bin'), input)
    const quiet = ['-display', 'none', '-monitor', 'none', '-serial', 'none', '-semihosting-config', 'enable=on,target=native']
    await runTool(EMULATOR, ['-M', machine, '-icount', `shift=${CLOCK_SHIFT}`, ...quiet, ...more, '-kernel', program], { cwd: folder, hint: hintFor(EMULATOR), signal })
    return await readFile(path.join(folder, 'responses.bin'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function answersIn(output: Uint8Array, messages: readonly Message[]): Uint8Array[] {
  let rest = output
  return messages.map((message, i) => {
    const answer = findMessage(rest)
    if (!answer) throw new AedError('VERIFY_FAILED', `the device: ended after ${i} of ${messages.length} answers`)
    rest = rest.subarray(answer.end)
    return payloadOf(message, i & 255, answer)
  })
}
