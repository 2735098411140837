/* Rows, sizes and the fixed-point arithmetic that all kernels share. */
#ifndef AED_TYPES_H
#define AED_TYPES_H

#include <stddef.h>
#include <stdint.h>

/*
 * A tensor [height, width, channels] of which only the last `slots` rows are kept: row y lies in slot y % slots.
 * A whole tensor is one with slots == height. Rows follow each other without gaps, channels last.
 */
typedef struct {
    int16_t slots;
    int16_t height;
    int16_t width;
    int16_t channels;
} aed_lines;

/* Where outputs are brought to: zero point, and limits that a fused activation narrows. */
typedef struct {
    int16_t zero_point;
    int16_t min;
    int16_t max;
} aed_range;

/* A sliding window. Dilation is 1 for dense windows; pad_top and pad_left lie before the first row and column. */
typedef struct {
    int16_t filter_height;
    int16_t filter_width;
    int16_t stride_height;
    int16_t stride_width;
    int16_t dilation_height;
    int16_t dilation_width;
    int16_t pad_top;
    int16_t pad_left;
} aed_window;

/* A positive factor multiplier * 2^(shift - 31), the multiplier below 2^31. */
typedef struct {
    int32_t multiplier;
    int32_t shift;
} aed_factor;

/* Bytes of a row. */
static inline int32_t aed_row_size(const aed_lines *lines)
{
    return (int32_t)lines->width * lines->channels;
}

/* Offset of row y from the first slot. */
static inline int32_t aed_row_offset(const aed_lines *lines, int32_t y)
{
    return (y % lines->slots) * aed_row_size(lines);
}

static inline int32_t aed_min(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static inline int32_t aed_max(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* The rows of a filter that lie inside the input. */
typedef struct {
    int32_t first;
    int32_t count;
} aed_filter_rows;

/* Of a filter whose first row lies on input row `top`. */
static inline aed_filter_rows aed_rows_inside(const aed_window *window, int32_t height, int32_t top)
{
    const int32_t dilation = window->dilation_height;
    const int32_t first = top < 0 ? aed_min((dilation - 1 - top) / dilation, window->filter_height) : 0;
    const int32_t end = top < height ? aed_min((height - top + dilation - 1) / dilation, window->filter_height) : 0;
    const aed_filter_rows rows = { first, aed_max(end - first, 0) };

    return rows;
}

static inline int8_t aed_clamp(int32_t value, const aed_range *range)
{
    return (int8_t)aed_min(aed_max(value, range->min), range->max);
}

/*
 * value * multiplier * 2^(shift - 31) as TensorFlow Lite's reference kernels round it, in two steps: the high half of the
 * doubled product, ties toward +infinity; then the right shift, ties away from zero.
 * Right shifts of negative numbers are arithmetic, as on every compiler for these targets.
 */
static inline int32_t aed_scale(int32_t value, int32_t multiplier, int32_t shift)
{
    const int32_t left = aed_max(shift, 0);
    const int32_t right = aed_max(-shift, 0);
    const int32_t shifted = (int32_t)((uint32_t)value << left);
    const int32_t high = (int32_t)(((int64_t)shifted * multiplier + ((int64_t)1 << 30)) >> 31);
    const int32_t mask = (int32_t)(((uint32_t)1 << right) - 1u);
    const int32_t threshold = (mask >> 1) + (high < 0 ? 1 : 0);

    return (high >> right) + ((high & mask) > threshold ? 1 : 0);
}

#endif
