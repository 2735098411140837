/* This machine: the byte stream is standard input and output. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../board.h"

uint32_t board_ticks(void)
{
    return (uint32_t)((uint64_t)clock() * 1000000u / CLOCKS_PER_SEC);
}

uint32_t board_ticks_per_second(void)
{
    return 1000000;
}

uint32_t *board_stack(void)
{
    return NULL;
}

int board_read(void *to, size_t n)
{
    return fread(to, 1, n, stdin) == n ? 0 : -1;
}

int board_write(const void *from, size_t n)
{
    return fwrite(from, 1, n, stdout) == n && fflush(stdout) == 0 ? 0 : -1;
}

int board_listen(uint32_t sample_rate, board_samples *on_samples)
{
    (void)sample_rate;
    (void)on_samples;
    return -1;
}

void board_init(void)
{
}

void board_wait(void)
{
}

void board_stop(int status)
{
    exit(status);
}
