/* From reset to main, for any Cortex-M with an FPU of single precision. */
#include "board.h"

#define CPACR (*(volatile uint32_t *)0xE000ED88u)

extern uint32_t data_start[], data_end[], bss_start[], bss_end[];
extern const uint32_t data_load[];
extern const uint32_t stack_top[];

int main(void);
void reset(void);
void fault(void);
void unused(void);
void board_interrupt_0(void);

void fault(void)
{
    board_stop(99);
}

void unused(void)
{
    board_stop(98);
}

/* The DMA of the microphone, where a board has one. */
__attribute__((weak)) void board_interrupt_0(void)
{
    unused();
}

void reset(void)
{
    const uint32_t *from = data_load;

    CPACR |= 0xfu << 20;
    __asm volatile("dsb\n\tisb" ::: "memory");
    for (uint32_t *to = data_start; to < data_end; ++to) {
        *to = *from++;
    }
    for (uint32_t *to = bss_start; to < bss_end; ++to) {
        *to = 0;
    }
    board_init();
    board_stop(main());
}

#ifndef BOARD_INTERRUPT_0
#define BOARD_INTERRUPT_0 0
#endif

typedef union {
    void (*handler)(void);
    const void *stack;
} vector;

/* Sixteen of the core's, then those of the chip up to the one that is used. */
__attribute__((section(".vectors"), used)) static const vector vectors[17 + BOARD_INTERRUPT_0] = {
    [0] = {.stack = stack_top},
    [1] = {reset},
    [2] = {fault},
    [3] = {fault},
    [4] = {fault},
    [5] = {fault},
    [6] = {fault},
    [7] = {fault},
    [11] = {unused},
    [12] = {unused},
    [14] = {unused},
    [15] = {unused},
    [16 + BOARD_INTERRUPT_0] = {board_interrupt_0},
};
