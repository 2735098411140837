#include <string.h>

#include "aed_kernels.h"

#if defined(__ARM_FEATURE_DSP)

#include <arm_acle.h>

/* Largest of each of four signed bytes. */
static inline uint32_t max_4(uint32_t a, uint32_t b)
{
    (void)__ssub8((int8x4_t)a, (int8x4_t)b); /* sets the flags that __sel reads */
    return __sel(a, b);
}

static inline uint32_t load(const int8_t *from)
{
    uint32_t word;

    memcpy(&word, from, sizeof word);
    return word;
}

/* `fours` times four channels of `columns` neighbouring pixels; inlined for each number, so that nothing counts them. */
static inline void take_columns(const int8_t *row, int8_t *out, int32_t fours, int32_t channels, int32_t columns, uint32_t pad)
{
    for (int32_t i = 0; i < fours; ++i) {
        uint32_t value = max_4(load(out), load(row));

        for (int32_t column = 1; column < columns; ++column) {
            value = max_4(value, load(row + column * channels));
        }
        value = max_4(value, pad);
        memcpy(out, &value, sizeof value);
        row += 4;
        out += 4;
    }
}

/* Four channels at a time; the rest, if any, from the channel returned on is left to the caller. Limits none but int8's. */
static int32_t take_fours(const int8_t *row, int8_t *out, int32_t channels, int32_t columns, int32_t padding)
{
    const uint32_t pad = (uint32_t)(uint8_t)padding * 0x01010101u;
    const int32_t fours = channels / 4;

    switch (columns) {
    case 0:
        return 0;
    case 1:
        take_columns(row, out, fours, channels, 1, pad);
        break;
    case 2:
        take_columns(row, out, fours, channels, 2, pad);
        break;
    case 3:
        take_columns(row, out, fours, channels, 3, pad);
        break;
    default:
        take_columns(row, out, fours, channels, columns, pad);
        break;
    }
    return fours * 4;
}

#else

static int32_t take_fours(const int8_t *row, int8_t *out, int32_t channels, int32_t columns, int32_t padding)
{
    (void)row;
    (void)out;
    (void)channels;
    (void)columns;
    (void)padding;
    return 0;
}

#endif

/* Takes one input row into one output row. */
static void take_row(const aed_max_pool_s8_params *params, const int8_t *row, int8_t *out_row)
{
    const aed_window *window = &params->window;
    const int32_t channels = params->in.channels;

    for (int32_t x = 0; x < params->out.width; ++x) {
        const int32_t left = x * window->stride_width - window->pad_left;
        const int32_t begin = aed_max(left, 0);
        const int32_t end = aed_min(left + window->filter_width, params->in.width);
        const int32_t padding = end - begin < window->filter_width ? params->pad_value : -128;

        const int unlimited = params->range.min == -128 && params->range.max == 127;
        int32_t channel = unlimited ? take_fours(row + begin * channels, out_row, channels, end - begin, padding) : 0;

        for (; channel < channels; ++channel) {
            int32_t value = aed_max(out_row[channel], padding);

            for (int32_t column = begin; column < end; ++column) {
                value = aed_max(value, row[column * channels + channel]);
            }
            out_row[channel] = aed_clamp(value, &params->range);
        }
        out_row += channels;
    }
}

void aed_max_pool_s8(const aed_max_pool_s8_params *params, const int8_t *in, int8_t *out, int32_t index)
{
    const aed_window *window = &params->window;
    const int8_t *row = in + aed_row_offset(&params->in, index);
    const int32_t stride = window->stride_height;
    /* The windows that hold row `index`: top <= index < top + filter_height, top = y * stride - pad_top. */
    const int32_t over = index + window->pad_top - window->filter_height + 1;
    const int32_t first = over > 0 ? (over + stride - 1) / stride : 0;
    const int32_t last = aed_min((index + window->pad_top) / stride, params->out.height - 1);

    for (int32_t y = first; y <= last; ++y) {
        const int32_t top = y * stride - window->pad_top;
        int8_t *out_row = out + aed_row_offset(&params->out, y);

        if (index == aed_max(top, 0)) {
            const int cut = top < 0 || top + window->filter_height > params->in.height;

            memset(out_row, cut ? params->pad_value : -128, (size_t)aed_row_size(&params->out));
        }
        take_row(params, row, out_row);
    }
}
