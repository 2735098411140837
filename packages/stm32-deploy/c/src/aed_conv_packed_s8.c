#include <string.h>

#include "aed_kernels.h"

#if defined(__ARM_FEATURE_DSP)

#include <arm_acle.h>

/* Four int8 of one column, spread over a block of two columns. */
static inline void spread_4(const int8_t *from, int16_t *to)
{
    int32_t word;
    int32_t even;
    int32_t odd;

    memcpy(&word, from, sizeof word);
    even = (int32_t)__sxtb16((int8x4_t)word);
    odd = (int32_t)__sxtb16((int8x4_t)((uint32_t)word >> 8 | (uint32_t)word << 24));
    memcpy(to, &even, sizeof even);
    memcpy(to + 4, &odd, sizeof odd);
}

#else

static inline void spread_4(const int8_t *from, int16_t *to)
{
    to[0] = from[0];
    to[1] = from[2];
    to[4] = from[1];
    to[5] = from[3];
}

#endif

/* Where depth k of column 0 lies among the values that aed_matmul_packed_s8 reads; column 1 lies two further. */
static inline int32_t place(int32_t k)
{
    const uint32_t at = (uint32_t)k;

    return (int32_t)((at & ~3u) * 2 + (at & 1u) * 4 + (at >> 1 & 1u));
}

/* Writes `count` values from depth k on. */
static void spread(const int8_t *from, int32_t count, int16_t *column, int32_t k)
{
    const int32_t end = k + count;

    for (; k % 4 != 0 && k < end; ++k) {
        column[place(k)] = *from++;
    }
    for (; k + 4 <= end; k += 4) {
        spread_4(from, column + 2 * k);
        from += 4;
    }
    for (; k < end; ++k) {
        column[place(k)] = *from++;
    }
}

static void fill(int16_t value, int32_t count, int16_t *column, int32_t k)
{
    for (const int32_t end = k + count; k < end; ++k) {
        column[place(k)] = value;
    }
}

/* Takes the window of output (index, x) into one of the two columns; taps outside the input are the zero point. */
static void gather(const aed_conv_packed_s8_params *params, const int8_t *in, int16_t *column, int32_t index, int32_t x)
{
    const aed_window *window = &params->window;
    const int32_t channels = params->in.channels;
    const int32_t left = x * window->stride_width - window->pad_left;
    const int32_t width = window->filter_width;
    const int dense = window->dilation_width == 1 && left >= 0 && left + width <= params->in.width;
    int32_t k = 0;

    for (int32_t ky = 0; ky < window->filter_height; ++ky) {
        const int32_t y = index * window->stride_height - window->pad_top + ky * window->dilation_height;
        const int8_t *row = y >= 0 && y < params->in.height ? in + aed_row_offset(&params->in, y) : NULL;

        if (row != NULL && dense) {
            spread(row + left * channels, width * channels, column, k);
            k += width * channels;
            continue;
        }
        for (int32_t kx = 0; kx < width; ++kx) {
            const int32_t at = left + kx * window->dilation_width;

            if (row != NULL && at >= 0 && at < params->in.width) {
                spread(row + at * channels, channels, column, k);
            } else {
                fill(params->in_zero_point, channels, column, k);
            }
            k += channels;
        }
    }
}

void aed_conv_packed_s8(const aed_conv_packed_s8_params *params, const int32_t *weights, const int32_t *bias, const int32_t *multiplier,
                        const int8_t *shift, const int8_t *in, int8_t *out, int16_t *columns, int32_t index)
{
    const int32_t depth = (int32_t)params->window.filter_height * params->window.filter_width * params->in.channels;
    const int32_t blocks = (depth + 3) / 4;
    const int32_t channels = params->out.channels;
    int8_t *to = out + aed_row_offset(&params->out, index);

    /* Weights beyond the depth are 0, but what they multiply must be defined. */
    memset(columns, 0, (size_t)blocks * 8 * sizeof *columns);
    for (int32_t x = 0; x < params->out.width; x += 2) {
        const int two = x + 1 < params->out.width;

        gather(params, in, columns, index, x);
        if (two) {
            gather(params, in, columns + 2, index, x + 1);
        }
        aed_matmul_packed_s8(columns, blocks, weights, bias, multiplier, shift, channels, &params->range, to, two ? to + channels : to);
        to += 2 * channels;
    }
}
