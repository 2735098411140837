/* QEMU's mps2-an505: a Cortex-M33. */
#define UART_BASE 0x50200000u
#define TIMER_BASE 0x50000000u
#define TIMER_HZ 20000000u
#include "../mps2.h"
