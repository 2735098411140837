/*
 * An MPS2 board on QEMU. With BOARD_FILES the byte stream is a file of the host, requests.bin, and what is written goes to
 * responses.bin (semihosting, fast); else both are UART0. With -icount shift=7 an instruction takes 128 ns, more than two ticks of the
 * timer, so that ticks tell the exact number of instructions.
 */
#include "board.h"

#define TIMER ((volatile uint32_t *)TIMER_BASE) /* control, value, reload */
#define UART ((volatile uint32_t *)UART_BASE)   /* data, state, control, -, divider */

extern uint32_t stack_bottom[];

static int semihosting(int operation, const void *argument)
{
    register int r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = argument;

    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

#ifdef BOARD_FILES

static int input;
static int output;

static int open_file(const char *name, uint32_t length, uint32_t mode)
{
    const uint32_t block[3] = {(uint32_t)name, mode, length};

    return semihosting(1, block);
}

static void init_stream(void)
{
    input = open_file("requests.bin", 12, 1);
    output = open_file("responses.bin", 13, 5);
}

int board_read(void *to, size_t n)
{
    const uint32_t block[3] = {(uint32_t)input, (uint32_t)to, n};

    return semihosting(6, block) == 0 ? 0 : -1;
}

int board_write(const void *from, size_t n)
{
    const uint32_t block[3] = {(uint32_t)output, (uint32_t)from, n};

    return semihosting(5, block) == 0 ? 0 : -1;
}

#else

static void init_stream(void)
{
    UART[4] = 16;
    UART[2] = 3;
}

int board_read(void *to, size_t n)
{
    for (uint8_t *byte = to; n > 0; --n) {
        while ((UART[1] & 2u) == 0) {
        }
        *byte++ = (uint8_t)UART[0];
    }
    return 0;
}

int board_write(const void *from, size_t n)
{
    for (const uint8_t *byte = from; n > 0; --n) {
        while ((UART[1] & 1u) != 0) {
        }
        UART[0] = *byte++;
    }
    return 0;
}

#endif

void board_init(void)
{
    TIMER[2] = 0xffffffff;
    TIMER[1] = 0xffffffff;
    TIMER[0] = 1;
    init_stream();
}

uint32_t board_ticks(void)
{
    return ~TIMER[1];
}

uint32_t board_ticks_per_second(void)
{
    return TIMER_HZ;
}

uint32_t *board_stack(void)
{
    return stack_bottom;
}

int board_listen(uint32_t sample_rate, board_samples *on_samples)
{
    (void)sample_rate;
    (void)on_samples;
    return -1;
}

void board_wait(void)
{
}

void board_stop(int status)
{
    const uint32_t block[2] = {0x20026, (uint32_t)status};

    semihosting(0x20, block);
    for (;;) {
    }
}
