#include "aed_dsp.h"
#include "aed_kernels.h"

/* Words of four channels in a block of four depths. */
#define WORDS 4
/* Values of a pair of columns in it; those of the second lie two further than the first one's. */
#define VALUES 8

/* Takes `fours` times four values into whole blocks of a column. */
static inline void spread(const int8_t *from, int32_t fours, int32_t offset, int16_t *to)
{
    for (int32_t i = 0; i < fours; ++i) {
        int32_t bytes;

        memcpy(&bytes, from, sizeof bytes);
        aed_store_lanes(to, aed_widen_even(bytes, offset));
        aed_store_lanes(to + 4, aed_widen_odd(bytes, offset));
        from += 4;
        to += 8;
    }
}

static inline void clear(int32_t fours, int16_t *to)
{
    for (int32_t i = 0; i < fours; ++i) {
        aed_store_lanes(to, 0);
        aed_store_lanes(to + 4, 0);
        to += VALUES;
    }
}

/* A filter row, tap by tap: those outside the input count nothing. Taps of whole blocks. */
static void spread_taps(const aed_conv_packed_s8_params *params, const int8_t *row, int32_t left, int32_t offset, int16_t *to)
{
    const int32_t channels = params->in.channels;
    const int32_t fours = channels / 4;

    for (int32_t kx = 0; kx < params->window.filter_width; ++kx) {
        const int32_t at = left + kx * params->window.dilation_width;

        if (at >= 0 && at < params->in.width) {
            spread(row + at * channels, fours, offset, to);
        } else {
            clear(fours, to);
        }
        to += fours * VALUES;
    }
}

/* Copies a filter row whose taps share blocks: what lies outside the input is the zero point, and so is what fills the last block. */
static void copy_taps(const aed_conv_packed_s8_params *params, const int8_t *row, int32_t left, int32_t size, int8_t *to)
{
    const int32_t channels = params->in.channels;

    memset(to, params->in_zero_point, (size_t)size);
    for (int32_t kx = 0; kx < params->window.filter_width; ++kx) {
        const int32_t at = left + kx * params->window.dilation_width;

        if (at >= 0 && at < params->in.width) {
            memcpy(to + kx * channels, row + at * channels, (size_t)channels);
        }
    }
}

void aed_conv_packed_s8(const aed_conv_packed_s8_params *params, const int32_t *weights, const int32_t *factors, const int8_t *in,
                        int8_t *out, int16_t *columns, int32_t index)
{
    const aed_window *window = &params->window;
    const int32_t top = index * window->stride_height - window->pad_top;
    const aed_filter_rows rows = aed_rows_inside(window, params->in.height, top);
    const int32_t in_channels = params->in.channels;
    const int32_t channels = params->out.channels;
    const int32_t fours = (window->filter_width * in_channels + 3) / 4;
    const int32_t blocks = rows.count * fours;
    const int32_t all_blocks = window->filter_height * fours;
    const int32_t offset = aed_both_lanes(-params->in_zero_point);
    /* The first byte from which all of a row's blocks can be read, what fills the last included. */
    const int32_t last = window->dilation_width == 1 ? aed_row_size(&params->in) - 4 * fours : -1;
    const aed_packed_sums sums = { weights + rows.first * fours * WORDS, aed_factors_of(factors), channels, params->range.zero_point, blocks,
                                   all_blocks * WORDS };
    int8_t *edge = (int8_t *)(columns + (params->columns + 1) / 2 * all_blocks * VALUES);
    int8_t *to = out + aed_row_offset(&params->out, index);

    for (int32_t x = 0; x < params->out.width; x += params->columns) {
        const int32_t count = aed_min(params->columns, params->out.width - x);

        for (int32_t ky = 0; ky < rows.count; ++ky) {
            const int8_t *row = in + aed_row_offset(&params->in, top + (rows.first + ky) * window->dilation_height);
            int32_t left = x * window->stride_width - window->pad_left;

            for (int32_t i = 0; i < count; ++i) {
                int16_t *column = columns + ((i / 2) * blocks + ky * fours) * VALUES + i % 2 * 2;

                if (left >= 0 && left * in_channels <= last) {
                    spread(row + left * in_channels, fours, offset, column);
                } else if (in_channels % 4 == 0) {
                    spread_taps(params, row, left, offset, column);
                } else {
                    copy_taps(params, row, left, 4 * fours, edge);
                    spread(edge, fours, offset, column);
                }
                left += window->stride_width;
            }
        }
        aed_matmul_packed_s8(&sums, columns, count, to + x * channels);
    }
    aed_limit(to, aed_row_size(&params->out), &params->range);
}
