/* What a board gives to the programs here: a byte stream, a counter, and where it has one a microphone. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

/* Clocks, caches, the byte stream. Called once, before main. */
void board_init(void);

/* Counts up. */
uint32_t board_ticks(void);
uint32_t board_ticks_per_second(void);

/* The lowest word of a stack that may be painted to see how deep it gets; NULL where there is none. */
uint32_t *board_stack(void);

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

#endif
