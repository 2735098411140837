/* QEMU's mps2-an386: a Cortex-M4 with FPU. */
#define UART_BASE 0x40004000u
#define TIMER_BASE 0x40000000u
#define TIMER_HZ 25000000u
#include "../mps2.h"
