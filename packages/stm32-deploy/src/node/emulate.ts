import path from 'node:path'
import { AedError } from '@aed/core'
import { TARGETS } from '../targets.ts'
import { readHeader, sourcesOf, unpack, type LibraryFiles } from './library-files.ts'
import { runTool } from './run-tool.ts'

const COMPILER = 'arm-none-eabi-gcc'
const EMULATOR = 'qemu-system-arm'
/** `-icount shift=0` gives an instruction 1 ns, and the 20 MHz clock of the board's SysTick ticks each 50 ns. */
const INSTRUCTIONS_PER_TICK = 50

export interface Emulation {
  /** int8 `[count, outputSize]` */
  readonly outputs: Int8Array
  /** Executed by each run of the network, within 50. */
  readonly instructions: readonly number[]
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

const runner = (name: string, inputs: Int8Array, count: number) => {
  const upper = name.toUpperCase()
  return `#include "${name}.h"

#define SYSTICK ((volatile uint32_t *)0xE000E010)
#define CPACR (*(volatile uint32_t *)0xE000ED88)

extern char stack_top;
void reset(void);

static union {
    int64_t align[2];
    unsigned char bytes[${upper}_ARENA_SIZE];
} arena;
static int8_t output[${upper}_OUTPUT_SIZE];
static const int8_t inputs[] = { ${inputs.join(',')} };

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

static void fault(void)
{
    stop(2);
}

void reset(void)
{
    CPACR |= 0xfu << 20;
    __asm volatile("dsb\\n\\tisb");
    SYSTICK[1] = 0xffffff;
    for (int32_t run = 0; run < ${count}; ++run) {
        for (uint32_t i = 0; i < sizeof arena; ++i) {
            arena.bytes[i] = (unsigned char)(run + 0x5a);
        }
        SYSTICK[2] = 0;
        SYSTICK[0] = 5;
        if (${name}_run(inputs + run * ${upper}_INPUT_SIZE, output, &arena) != 0) {
            stop(1);
        }
        print((int32_t)(0xffffff - SYSTICK[2]));
        for (int32_t i = 0; i < ${upper}_OUTPUT_SIZE; ++i) {
            print(output[i]);
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
export async function runOnEmulator(files: LibraryFiles, inputs: Int8Array, count: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Emulation> {
  const { name, inputSize, outputSize } = readHeader(files)
  if (inputs.length !== count * inputSize) throw new AedError('INVALID_INPUT', `runOnEmulator: ${count} inputs of '${name}' are ${count * inputSize} values, got ${inputs.length}`)
  const { dir, remove } = await unpack({ ...files, 'runner/main.c': runner(name, inputs, count), 'runner/an505.ld': LINKER_SCRIPT })
  try {
    const flags = [...TARGETS.stm32u585.flags, '-std=c99', '-O2', '-ffunction-sections', '-Wl,--gc-sections', '-nostartfiles']
    const install = 'install gcc-arm-none-eabi and qemu-system-arm'
    await runTool(COMPILER, [...flags, '-Iinclude', ...sourcesOf(files), '-std=gnu99', 'runner/main.c', '-T', 'runner/an505.ld', '-lm', '-o', 'runner/run.elf'], { cwd: dir, hint: install, signal })
    const semihosting = ['-semihosting-config', 'enable=on,target=native']
    const { stdout, stderr } = await runTool(EMULATOR, ['-M', 'mps2-an505', '-icount', 'shift=0', '-display', 'none', '-monitor', 'none', '-serial', 'none', ...semihosting, '-kernel', path.join(dir, 'runner', 'run.elf')], { hint: install, signal })
    const printed = `${new TextDecoder().decode(stdout)}${stderr}`.trim().split('\n').map(Number)
    if (printed.length !== count * (outputSize + 1) || printed.some(Number.isNaN))
      throw new AedError('TOOL_FAILED', `runOnEmulator: '${name}' printed ${printed.length} numbers for ${count} inputs, expected ${count * (outputSize + 1)}`)
    const isCount = (i: number) => i % (outputSize + 1) === 0
    return { outputs: Int8Array.from(printed.filter((_, i) => !isCount(i))), instructions: printed.filter((_, i) => isCount(i)).map((ticks) => ticks * INSTRUCTIONS_PER_TICK) }
  } finally {
    await remove()
  }
}
