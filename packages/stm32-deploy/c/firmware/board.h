/* What a board gives to the programs here: a byte stream, a counter, and where it has one a microphone. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

/* Clocks, caches, the byte stream. Called once, before main. */
void board_init(void);

/* Counts up with the clock that board_ticks_per_second names; one tick is board_instructions_per_tick on an emulator, 0 elsewhere. */
uint32_t board_ticks(void);
uint32_t board_ticks_mask(void);
uint32_t board_ticks_per_second(void);
uint32_t board_instructions_per_tick(void);

/* All n bytes; 0, or -1 when the stream has ended. */
int board_read(void *to, size_t n);
int board_write(const void *from, size_t n);

/* Called from an interrupt with the next samples, 16 bits, one channel. */
typedef void board_samples(const int16_t *samples, size_t n);

/* Starts the microphone at a sample rate in Hz. 0, or -1 where there is none or it has another rate. */
int board_listen(uint32_t sample_rate, board_samples *on_samples);

/* Sleeps until an interrupt has been. */
void board_wait(void);

/* After main, or after a fault. Does not return. */
void board_stop(int status);

/* Bounds of the stack, from the linker script. */
extern uint32_t stack_bottom[];
extern uint32_t stack_top[];

#endif
