import path from 'node:path'
import { AedError } from '@aed/core'
import { TARGETS } from '../targets.ts'
import { readHeader, sourcesOf, unpack, type LibraryFiles, type LibraryHeader } from './library-files.ts'
import { runText } from './run-text.ts'
import { runTool } from './run-tool.ts'

const COMPILER = 'arm-none-eabi-gcc'
const EMULATOR = 'qemu-system-arm'
/**
 * `-icount shift=N` lets the emulated clock go on by 2^N ns an instruction. The board's 32-bit timer runs at 20 MHz: with 128 ns an instruction, intervals
 * of up to 1,677 million instructions are counted exactly, as a tick is less than half of one.
 */
const CLOCK_SHIFT = 7

export interface Emulation {
  /** Bytes `[count, outputSize]` */
  readonly outputs: Int8Array
  /** Executed by each run of the network: the exact count. */
  readonly instructions: readonly number[]
  /**
   * `[count][layers]`: of each run by each layer, with the step of the schedule that calls it; asked for with `perLayer`, else empty. The hook that
   * divides a run keeps some registers of `NAME_run` busy, so that their sum differs from `instructions` by a few a call.
   */
  readonly layers: readonly (readonly number[])[]
}

export interface EmulationOptions {
  /** Count the instructions of each of so many layers too: builds and runs the library once more. */
  readonly perLayer?: number
  readonly signal?: AbortSignal | undefined
}

/** Memory of the MPS2 board AN505, secure world; sizes are the emulator's, far larger than any microcontroller's. */
const LINKER_SCRIPT = `MEMORY {
    FLASH (rx) : ORIGIN = 0x10000000, LENGTH = 4M
    RAM (rwx) : ORIGIN = 0x38000000, LENGTH = 2M
}
ENTRY(reset)
SECTIONS {
    .text : { KEEP(*(.vectors)) *(.text*) *(.rodata*) *(.ARM.exidx*) } > FLASH
    .bss (NOLOAD) : { *(.bss*) *(COMMON) } > RAM
    stack_top = ORIGIN(RAM) + LENGTH(RAM);
}
`

/** Declares the hook for `NAME_ON_CALL` in front of every file. */
const PROFILE_HEADER = '#include <stdint.h>\nvoid on_call(int32_t layer);\n'

const runner = (header: LibraryHeader, inputs: Int8Array, count: number) => {
  const { name } = header
  const upper = name.toUpperCase()
  return `#include "${name}.h"

#define TIMER ((volatile uint32_t *)0x50000000)
#define NOW TIMER[1]
#define CPACR (*(volatile uint32_t *)0xE000ED88)

extern char stack_top;
void reset(void);

${runText(header)}static const int8_t inputs[] = { ${inputs.join(',')} };

static void semihosting(int operation, const void *argument)
{
    register int r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = argument;

    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void print(int32_t value)
{
    char text[13];
    char *at = text + sizeof text - 1;
    uint32_t rest = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;

    *at = 0;
    *--at = '\\n';
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0) {
        *--at = '-';
    }
    semihosting(4, at);
}

static void stop(uint32_t status)
{
    const uint32_t block[2] = { 0x20026, status };

    semihosting(0x20, block);
    for (;;) {
    }
}

/* Instructions between two readings of the timer: an interval is known to a tick, which is less than half an instruction. */
static int32_t instructions(uint32_t from, uint32_t to)
{
    return (int32_t)(((uint64_t)(from - to) * 50u + (1u << ${CLOCK_SHIFT - 1})) >> ${CLOCK_SHIFT});
}

/* Of each layer, then of an interval that holds this function's own alone. */
static int32_t spent[LAYERS + 1];
static int32_t current;
static uint32_t since;

__attribute__((noinline)) void on_call(int32_t layer)
{
    const uint32_t now = NOW;

    spent[current] += instructions(since, now) - spent[LAYERS];
    current = layer;
    since = NOW;
}

static void fault(void)
{
    stop(2);
}

void reset(void)
{
    CPACR |= 0xfu << 20;
    __asm volatile("dsb\\n\\tisb");
    TIMER[2] = 0xffffffff;
    TIMER[1] = 0xffffffff;
    TIMER[0] = 1;
    for (int32_t run = 0; run < ${count}; ++run) {
        for (uint32_t i = 0; i < sizeof arena; ++i) {
            arena.bytes[i] = (unsigned char)(run + 0x5a);
        }
        for (int32_t i = 0; i <= LAYERS; ++i) {
            spent[i] = 0;
        }
        start_input(inputs + run * ${upper}_INPUT_SIZE);
        on_call(LAYERS);
        spent[LAYERS] = 0;
        on_call(LAYERS);
        on_call(0);

        const uint32_t before = NOW;
        const int status = run_input(inputs + run * ${upper}_INPUT_SIZE);
        const uint32_t after = NOW;

        on_call(0);
        if (status != 0) {
            stop(1);
        }
        print(instructions(before, after));
        for (int32_t i = 0; i < LAYERS; ++i) {
            print(spent[i]);
        }
        take_output();
        for (uint32_t i = 0; i < sizeof output; ++i) {
            print(((const int8_t *)output)[i]);
        }
    }
    stop(0);
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = { &stack_top, reset, fault, fault, fault, fault, fault, fault };
`
}

/**
 * Compiles a library for the Cortex-M33 and runs inputs through it on the emulated core (QEMU's mps2-an505), counting instructions.
 * @param inputs int8 `[count, inputSize]`
 * @throws AedError `TOOL_NOT_FOUND` without compiler or emulator, `TOOL_FAILED` when one complains or the core faults, `INVALID_INPUT`
 */
export async function runOnEmulator(files: LibraryFiles, inputs: Int8Array, count: number, { perLayer = 0, signal }: EmulationOptions = {}): Promise<Emulation> {
  const header = readHeader(files)
  const { name, inputSize } = header
  if (inputs.length !== count * inputSize) throw new AedError('INVALID_INPUT', `runOnEmulator: ${count} inputs of '${name}' are ${count * inputSize} values, got ${inputs.length}`)
  const { dir, remove } = await unpack({ ...files, 'runner/main.c': runner(header, inputs, count), 'runner/profile.h': PROFILE_HEADER, 'runner/an505.ld': LINKER_SCRIPT })
  try {
    const runs = await emulate(files, dir, count, 0, signal)
    const layers = perLayer > 0 ? (await emulate(files, dir, count, perLayer, signal)).map(({ spent }) => spent) : []
    return { outputs: Int8Array.from(runs.flatMap(({ output }) => output)), instructions: runs.map(({ instructions }) => instructions), layers }
  } finally {
    await remove()
  }
}

/** Builds and runs what lies in a folder, with the hook where layers are counted. */
async function emulate(files: LibraryFiles, dir: string, count: number, layers: number, signal: AbortSignal | undefined) {
  const { name, outputSize } = readHeader(files)
  const hook = layers > 0 ? [`-D${name.toUpperCase()}_ON_CALL=on_call`, '-include', 'runner/profile.h'] : []
  const flags = [...TARGETS.stm32u585.flags, '-O2', '-ffunction-sections', '-Wl,--gc-sections', '-nostartfiles', ...hook]
  const hint = 'install gcc-arm-none-eabi and qemu-system-arm'
  const semihosting = ['-semihosting-config', 'enable=on,target=native']
  await runTool(COMPILER, [...flags, `-DLAYERS=${layers}`, '-Iinclude', '-std=c99', ...sourcesOf(files), '-std=gnu99', 'runner/main.c', '-T', 'runner/an505.ld', '-lm', '-o', 'runner/run.elf'], { cwd: dir, hint, signal })
  const board = ['-M', 'mps2-an505', '-icount', `shift=${CLOCK_SHIFT}`, '-display', 'none', '-monitor', 'none', '-serial', 'none']
  const { stdout, stderr } = await runTool(EMULATOR, [...board, ...semihosting, '-kernel', path.join(dir, 'runner', 'run.elf')], { hint, signal })
  const printed = `${new TextDecoder().decode(stdout)}${stderr}`.trim().split('\n').map(Number)
  const each = 1 + layers + outputSize
  if (printed.length !== count * each || printed.some(Number.isNaN)) throw new AedError('TOOL_FAILED', `runOnEmulator: '${name}' printed ${printed.length} numbers for ${count} inputs, expected ${count * each}`)
  return Array.from({ length: count }, (_, run) => {
    const [instructions, ...rest] = printed.slice(run * each, (run + 1) * each)
    return { instructions: instructions!, spent: rest.slice(0, layers), output: rest.slice(layers) }
  })
}
