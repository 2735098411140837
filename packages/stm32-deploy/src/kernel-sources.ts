// Made by scripts/embed-kernels.mjs from c/ and package.json: change those and run it again.

/** Version of the generator, as generated files name it. */
export const GENERATOR_VERSION = '0.1.0'

/** The C kernels by their path under c/. */
export const KERNEL_SOURCES: Readonly<Record<string, string>> = {
  'include/aed_kernels.h': `/*
 * int8 kernels that work row by row. Every one computes, for the index-th call of its layer, what TensorFlow Lite's
 * reference kernel (BUILTIN_REF) computes for that row: the same bytes. Tensors are rings of rows (aed_lines); \`in\` and \`out\`
 * point at their first slots. Callers see to it that the rows a call reads are there. Nothing is allocated, no state is kept.
 */
#ifndef AED_KERNELS_H
#define AED_KERNELS_H

#include "aed_types.h"

typedef struct {
    aed_lines in;
    aed_lines out;
    aed_window window;
    aed_range range;
    int16_t in_zero_point;
} aed_conv_s8_params;

/*
 * Convolution, output row \`index\`. weights [out.channels][filter_height][filter_width][in.channels]; bias with the input's
 * zero point folded in (bias - zero_point * sum of the channel's weights); multiplier and shift one for each output channel;
 * patch: scratch of 2 * filter_height * filter_width * in.channels bytes.
 */
void aed_conv_s8(const aed_conv_s8_params *params, const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                 const int8_t *shift, const int8_t *in, int8_t *out, int8_t *patch, int32_t index);

typedef struct {
    aed_lines in;
    aed_lines out;
    aed_range range;
    int16_t stride_height;
    int16_t stride_width;
} aed_conv_1x1_s8_params;

/* Convolution with a 1 x 1 filter and no padding, output row \`index\`: reads the input where it lies. Tables as aed_conv_s8. */
void aed_conv_1x1_s8(const aed_conv_1x1_s8_params *params, const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                     const int8_t *shift, const int8_t *in, int8_t *out, int32_t index);

/*
 * Two columns x0, x1 of \`depth\` values times \`channels\` rows of weights [channels][depth], brought to int8: out0, out1 get
 * \`channels\` values each. With x1 == NULL only the first column.
 */
void aed_matmul_s8(const int8_t *x0, const int8_t *x1, int32_t depth, const int8_t *weights, const int32_t *bias,
                   const int32_t *multiplier, const int8_t *shift, int32_t channels, const aed_range *range, int8_t *out0,
                   int8_t *out1);

typedef aed_conv_s8_params aed_conv_packed_s8_params;

/*
 * The same as aed_conv_s8 from packed weights (see aed_matmul_packed_s8.c), for channels in fours, sums below 2^23 and right
 * shifts from 1 to 20: the generator packs where it has proven that. columns: scratch for two windows of the depth
 * filter_height * filter_width * in.channels, rounded up to whole fours, as int16, aligned to 4.
 */
void aed_conv_packed_s8(const aed_conv_packed_s8_params *params, const int32_t *weights, const int32_t *bias, const int32_t *multiplier,
                        const int8_t *shift, const int8_t *in, int8_t *out, int16_t *columns, int32_t index);

/*
 * Two columns of 4 * blocks values each, interleaved as the source says and aligned to 4, times packed weights: out0, out1 get
 * \`channels\` values each; with out1 == out0 the first column's. With __ARM_FEATURE_DSP two channels share a multiplication.
 */
void aed_matmul_packed_s8(const int16_t *in, int32_t blocks, const int32_t *weights, const int32_t *bias,
                          const int32_t *multiplier, const int8_t *shift, int32_t channels, const aed_range *range,
                          int8_t *out0, int8_t *out1);

typedef struct {
    aed_lines in;
    aed_lines out;
    aed_window window;
    aed_range range;
    int16_t in_zero_point;
    int16_t channel_multiplier;
} aed_depthwise_conv_s8_params;

/*
 * Depthwise convolution, output row \`index\`. weights [filter_height][filter_width][out.channels], out.channels = in.channels *
 * channel_multiplier; bias as the model has it (the zero point is taken off each input, so that padding adds nothing).
 */
void aed_depthwise_conv_s8(const aed_depthwise_conv_s8_params *params, const int8_t *weights, const int32_t *bias,
                           const int32_t *multiplier, const int8_t *shift, const int8_t *in, int8_t *out, int32_t index);

typedef struct {
    aed_lines in;
    aed_lines out;
    aed_window window;
    aed_range range;
    int16_t pad_value; /* what padding counts as: -128 for none, the zero point for a PAD operator fused in */
} aed_max_pool_s8_params;

/*
 * Maximum pooling, fed by rows of the input: takes input row \`index\` into every output row whose window holds it, so that
 * of the input one row is enough. The first row of a window starts its output row.
 */
void aed_max_pool_s8(const aed_max_pool_s8_params *params, const int8_t *in, int8_t *out, int32_t index);

typedef struct {
    aed_lines in;
    aed_lines out;
    aed_window window;
    aed_range range;
} aed_average_pool_s8_params;

/* Average pooling, output row \`index\`; padding does not count; rounded half away from zero. */
void aed_average_pool_s8(const aed_average_pool_s8_params *params, const int8_t *in, int8_t *out, int32_t index);

typedef struct {
    aed_lines in;
    aed_lines out;
    aed_range range;
    aed_factor factor; /* the division by the number of values included */
    int32_t zero_sum;  /* number of values times the input's zero point */
    int16_t row_step;  /* 0 where rows are averaged, else 1 */
    int16_t column_step;
    int16_t channel_step;
    int16_t sums; /* values of \`sum\` */
} aed_mean_s8_params;

/* Mean over rows, columns and channels or some of them, fed by input row \`index\`; sum: \`sums\` values kept from call to call. */
void aed_mean_s8(const aed_mean_s8_params *params, const int8_t *in, int8_t *out, int32_t *sum, int32_t index);

typedef struct {
    aed_lines in;
    aed_lines out;
    aed_range range;
    int16_t shift;
} aed_affine_s8_params;

/*
 * (factor[channel] * in + offset[channel]) >> shift within range, row \`index\`: what a 1 x 1 depthwise convolution becomes where
 * the generator has proven equality for all 256 inputs of every channel. \`out\` may be the same row as \`in\`.
 */
void aed_affine_s8(const aed_affine_s8_params *params, const int32_t *factor, const int32_t *offset, const int8_t *in, int8_t *out,
                   int32_t index);

typedef struct {
    aed_lines a;
    aed_lines b;
    aed_lines out;
    aed_range range;
    int32_t factor_a;
    int32_t factor_b;
    int32_t offset;
    int16_t shift;
} aed_add_affine_s8_params;

/*
 * (factor_a * a + factor_b * b + offset) >> shift within range, row \`index\`: aed_add_s8 of two tensors of one shape where the
 * generator has proven equality for all 65,536 pairs. \`out\` may be the same row as \`a\` or \`b\`.
 */
void aed_add_affine_s8(const aed_add_affine_s8_params *params, const int8_t *a, const int8_t *b, int8_t *out, int32_t index);

/* An operand of aed_add_s8 or aed_mul_s8; a step is 0 where it is broadcast. */
typedef struct {
    aed_lines lines;
    int16_t zero_point;
    int16_t row_step;
    int16_t column_step;
    int16_t channel_step;
} aed_operand;

typedef struct {
    aed_operand a;
    aed_operand b;
    aed_lines out;
    aed_range range;
    aed_factor factor_a; /* to twice the larger scale */
    aed_factor factor_b;
    aed_factor factor;
} aed_add_s8_params;

/* Sum of two tensors, output row \`index\`. \`out\` may be the same row as \`a\` or \`b\`. */
void aed_add_s8(const aed_add_s8_params *params, const int8_t *a, const int8_t *b, int8_t *out, int32_t index);

typedef struct {
    aed_operand a;
    aed_operand b;
    aed_lines out;
    aed_range range;
    aed_factor factor;
} aed_mul_s8_params;

/* Product of two tensors, output row \`index\`. \`out\` may be the same row as \`a\` or \`b\`. */
void aed_mul_s8(const aed_mul_s8_params *params, const int8_t *a, const int8_t *b, int8_t *out, int32_t index);

typedef struct {
    aed_lines in;
    aed_lines out;
    int16_t pad_top;
    int16_t pad_left;
    int16_t pad_channels; /* before the first channel */
    int16_t value;
} aed_pad_s8_params;

/* Padding with one value, output row \`index\`. */
void aed_pad_s8(const aed_pad_s8_params *params, const int8_t *in, int8_t *out, int32_t index);

typedef struct {
    aed_lines in;
    aed_lines out;
} aed_lookup_s8_params;

/* Any function of one int8 from a table of 256 values (index q + 128), row \`index\`. \`out\` may be the same row as \`in\`. */
void aed_lookup_s8(const aed_lookup_s8_params *params, const int8_t *table, const int8_t *in, int8_t *out, int32_t index);

typedef struct {
    aed_lines in;
    aed_lines out;
} aed_reshape_s8_params;

/* The same values in rows of another length, fed by input row \`index\`; all of \`out\` is kept (slots == height). */
void aed_reshape_s8(const aed_reshape_s8_params *params, const int8_t *in, int8_t *out, int32_t index);

typedef struct {
    aed_lines in;
    aed_lines out;
    aed_range range;
} aed_dense_s8_params;

/*
 * Dense layer over all values of \`in\`, fed by input row \`index\`: weights [out.channels][in.height * in.width * in.channels],
 * bias, multiplier and shift as aed_conv_s8; sum: out.channels values kept from call to call. The last row gives the output.
 */
void aed_dense_s8(const aed_dense_s8_params *params, const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                  const int8_t *shift, const int8_t *in, int8_t *out, int32_t *sum, int32_t index);

typedef struct {
    aed_lines in;
    aed_lines out;
    float out_scale;
    int16_t out_zero_point;
} aed_softmax_s8_params;

/* Softmax over the channels, row \`index\`; exps[d] = e^(-beta * scale * d) in float32. \`out\` may be the same row as \`in\`. */
void aed_softmax_s8(const aed_softmax_s8_params *params, const float *exps, const int8_t *in, int8_t *out, int32_t index);

#endif
`,
  'include/aed_types.h': `/* Rows, sizes and the fixed-point arithmetic that all kernels share. */
#ifndef AED_TYPES_H
#define AED_TYPES_H

#include <stddef.h>
#include <stdint.h>

/*
 * A tensor [height, width, channels] of which only the last \`slots\` rows are kept: row y lies in slot y % slots.
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
`,
  'src/aed_add_affine_s8.c': `#include "aed_kernels.h"

void aed_add_affine_s8(const aed_add_affine_s8_params *params, const int8_t *a, const int8_t *b, int8_t *out, int32_t index)
{
    const int32_t size = aed_row_size(&params->out);
    const int32_t factor_a = params->factor_a;
    const int32_t factor_b = params->factor_b;
    const int32_t offset = params->offset;
    const int32_t shift = params->shift;
    const aed_range range = params->range;
    int8_t *out_row = out + aed_row_offset(&params->out, index);

    a += aed_row_offset(&params->a, index);
    b += aed_row_offset(&params->b, index);
    for (int32_t i = 0; i < size; ++i) {
        out_row[i] = aed_clamp((factor_a * a[i] + factor_b * b[i] + offset) >> shift, &range);
    }
}
`,
  'src/aed_add_s8.c': `#include "aed_kernels.h"

/* Bits by which both operands are shifted left, so that bringing them to one scale costs no precision. */
#define LEFT_SHIFT 20

static int32_t rescale(int8_t value, const aed_operand *operand, const aed_factor *factor)
{
    const int32_t shifted = (value - operand->zero_point) * ((int32_t)1 << LEFT_SHIFT);

    return aed_scale(shifted, factor->multiplier, factor->shift);
}

void aed_add_s8(const aed_add_s8_params *params, const int8_t *a, const int8_t *b, int8_t *out, int32_t index)
{
    const aed_factor *factor = &params->factor;
    int8_t *out_row = out + aed_row_offset(&params->out, index);

    a += aed_row_offset(&params->a.lines, index * params->a.row_step);
    b += aed_row_offset(&params->b.lines, index * params->b.row_step);
    for (int32_t x = 0; x < params->out.width; ++x) {
        const int8_t *value_a = a + x * params->a.column_step;
        const int8_t *value_b = b + x * params->b.column_step;

        for (int32_t channel = 0; channel < params->out.channels; ++channel) {
            const int32_t sum = rescale(*value_a, &params->a, &params->factor_a) + rescale(*value_b, &params->b, &params->factor_b);

            value_a += params->a.channel_step;
            value_b += params->b.channel_step;
            *out_row++ = aed_clamp(aed_scale(sum, factor->multiplier, factor->shift) + params->range.zero_point, &params->range);
        }
    }
}
`,
  'src/aed_affine_s8.c': `#include "aed_kernels.h"

void aed_affine_s8(const aed_affine_s8_params *params, const int32_t *factor, const int32_t *offset, const int8_t *in, int8_t *out,
                   int32_t index)
{
    const int32_t channels = params->in.channels;
    const int32_t size = aed_row_size(&params->in);
    const int32_t shift = params->shift;
    const aed_range range = params->range;
    const int8_t *row = in + aed_row_offset(&params->in, index);
    int8_t *out_row = out + aed_row_offset(&params->out, index);

    for (int32_t channel = 0; channel < channels; ++channel) {
        const int32_t f = factor[channel];
        const int32_t o = offset[channel];

        for (int32_t i = channel; i < size; i += channels) {
            out_row[i] = aed_clamp((f * row[i] + o) >> shift, &range);
        }
    }
}
`,
  'src/aed_average_pool_s8.c': `#include "aed_kernels.h"

void aed_average_pool_s8(const aed_average_pool_s8_params *params, const int8_t *in, int8_t *out, int32_t index)
{
    const aed_window *window = &params->window;
    const int32_t channels = params->in.channels;
    const int32_t top = index * window->stride_height - window->pad_top;
    const int32_t y_begin = aed_max(top, 0);
    const int32_t y_end = aed_min(top + window->filter_height, params->in.height);
    int8_t *out_row = out + aed_row_offset(&params->out, index);

    for (int32_t x = 0; x < params->out.width; ++x) {
        const int32_t left = x * window->stride_width - window->pad_left;
        const int32_t x_begin = aed_max(left, 0);
        const int32_t x_end = aed_min(left + window->filter_width, params->in.width);
        const int32_t count = (y_end - y_begin) * (x_end - x_begin);

        for (int32_t channel = 0; channel < channels; ++channel) {
            int32_t sum = 0;

            for (int32_t y = y_begin; y < y_end; ++y) {
                const int8_t *row = in + aed_row_offset(&params->in, y) + channel;

                for (int32_t column = x_begin; column < x_end; ++column) {
                    sum += row[column * channels];
                }
            }
            /* Division truncates: half the count with the sum's sign makes it round half away from zero. */
            *out_row++ = aed_clamp((sum > 0 ? sum + count / 2 : sum - count / 2) / count, &params->range);
        }
    }
}
`,
  'src/aed_conv_1x1_s8.c': `#include "aed_kernels.h"

void aed_conv_1x1_s8(const aed_conv_1x1_s8_params *params, const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                     const int8_t *shift, const int8_t *in, int8_t *out, int32_t index)
{
    const int32_t depth = params->in.channels;
    const int32_t channels = params->out.channels;
    const int32_t step = params->stride_width * depth;
    const int8_t *row = in + aed_row_offset(&params->in, index * params->stride_height);
    int8_t *out_row = out + aed_row_offset(&params->out, index);

    for (int32_t x = 0; x < params->out.width; x += 2) {
        const int8_t *first = row + x * step;
        const int8_t *second = x + 1 < params->out.width ? first + step : NULL;
        int8_t *to = out_row + x * channels;

        aed_matmul_s8(first, second, depth, weights, bias, multiplier, shift, channels, &params->range, to, to + channels);
    }
}
`,
  'src/aed_conv_packed_s8.c': `#include <string.h>

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

/* Writes \`count\` values from depth k on. */
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
`,
  'src/aed_conv_s8.c': `#include <string.h>

#include "aed_kernels.h"

/* Copies the window of output (index, x) to \`patch\`; taps outside the input are the zero point. */
static void gather(const aed_conv_s8_params *params, const int8_t *in, int8_t *patch, int32_t index, int32_t x)
{
    const aed_window *window = &params->window;
    const size_t channels = (size_t)params->in.channels;
    const int32_t top = index * window->stride_height - window->pad_top;
    const int32_t left = x * window->stride_width - window->pad_left;

    for (int32_t ky = 0; ky < window->filter_height; ++ky) {
        const int32_t y = top + ky * window->dilation_height;
        const int8_t *row = y >= 0 && y < params->in.height ? in + aed_row_offset(&params->in, y) : NULL;

        for (int32_t kx = 0; kx < window->filter_width; ++kx) {
            const int32_t column = left + kx * window->dilation_width;

            if (row != NULL && column >= 0 && column < params->in.width) {
                memcpy(patch, row + column * params->in.channels, channels);
            } else {
                memset(patch, params->in_zero_point, channels);
            }
            patch += channels;
        }
    }
}

void aed_conv_s8(const aed_conv_s8_params *params, const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                 const int8_t *shift, const int8_t *in, int8_t *out, int8_t *patch, int32_t index)
{
    const int32_t depth = (int32_t)params->window.filter_height * params->window.filter_width * params->in.channels;
    const int32_t channels = params->out.channels;
    int8_t *out_row = out + aed_row_offset(&params->out, index);

    for (int32_t x = 0; x < params->out.width; x += 2) {
        const int8_t *second = x + 1 < params->out.width ? patch + depth : NULL;
        int8_t *to = out_row + x * channels;

        gather(params, in, patch, index, x);
        if (second != NULL) {
            gather(params, in, patch + depth, index, x + 1);
        }
        aed_matmul_s8(patch, second, depth, weights, bias, multiplier, shift, channels, &params->range, to, to + channels);
    }
}
`,
  'src/aed_dense_s8.c': `#include <string.h>

#include "aed_kernels.h"

void aed_dense_s8(const aed_dense_s8_params *params, const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                  const int8_t *shift, const int8_t *in, int8_t *out, int32_t *sum, int32_t index)
{
    const int32_t size = aed_row_size(&params->in);
    const int32_t depth = size * params->in.height;
    const int32_t channels = params->out.channels;
    const int8_t *row = in + aed_row_offset(&params->in, index);

    if (index == 0) {
        memcpy(sum, bias, (size_t)channels * sizeof *sum);
    }
    for (int32_t channel = 0; channel < channels; ++channel) {
        const int8_t *w = weights + channel * depth + index * size;
        int32_t partial = 0;

        for (int32_t k = 0; k < size; ++k) {
            partial += w[k] * row[k];
        }
        sum[channel] += partial;
    }
    if (index == params->in.height - 1) {
        for (int32_t channel = 0; channel < channels; ++channel) {
            const int32_t value = aed_scale(sum[channel], multiplier[channel], shift[channel]);

            out[channel] = aed_clamp(value + params->range.zero_point, &params->range);
        }
    }
}
`,
  'src/aed_depthwise_conv_s8.c': `#include "aed_kernels.h"

/* Sum of the window's products for one output channel; padding is the zero point and so adds nothing. */
static int32_t window_sum(const aed_depthwise_conv_s8_params *params, const int8_t *weights, const int8_t *in, int32_t top,
                          int32_t left, int32_t channel)
{
    const aed_window *window = &params->window;
    const int32_t in_channel = channel / params->channel_multiplier;
    int32_t sum = 0;

    for (int32_t ky = 0; ky < window->filter_height; ++ky) {
        const int32_t y = top + ky * window->dilation_height;

        if (y < 0 || y >= params->in.height) {
            continue;
        }
        const int8_t *row = in + aed_row_offset(&params->in, y) + in_channel;
        const int8_t *taps = weights + ky * window->filter_width * params->out.channels + channel;

        for (int32_t kx = 0; kx < window->filter_width; ++kx) {
            const int32_t x = left + kx * window->dilation_width;

            if (x >= 0 && x < params->in.width) {
                sum += (row[x * params->in.channels] - params->in_zero_point) * taps[kx * params->out.channels];
            }
        }
    }
    return sum;
}

/* A 1 x 1 window that lies on the input's own columns: a scale and an offset for each channel. */
static void scale_row(const aed_depthwise_conv_s8_params *params, const int8_t *weights, const int32_t *bias,
                      const int32_t *multiplier, const int8_t *shift, const int8_t *row, int8_t *out_row)
{
    const int32_t channels = params->out.channels;
    const int32_t width = params->out.width;

    for (int32_t channel = 0; channel < channels; ++channel) {
        const int32_t weight = weights[channel];
        const int32_t start = bias[channel] - weight * params->in_zero_point;
        const int32_t m = multiplier[channel];
        const int32_t s = shift[channel];
        const int8_t *from = row + channel;
        int8_t *to = out_row + channel;

        for (int32_t x = 0; x < width; ++x) {
            *to = aed_clamp(aed_scale(start + weight * *from, m, s) + params->range.zero_point, &params->range);
            from += channels;
            to += channels;
        }
    }
}

void aed_depthwise_conv_s8(const aed_depthwise_conv_s8_params *params, const int8_t *weights, const int32_t *bias,
                           const int32_t *multiplier, const int8_t *shift, const int8_t *in, int8_t *out, int32_t index)
{
    const int32_t top = index * params->window.stride_height - params->window.pad_top;
    const aed_window *window = &params->window;
    int8_t *out_row = out + aed_row_offset(&params->out, index);

    if (window->filter_height == 1 && window->filter_width == 1 && window->stride_height == 1 && window->stride_width == 1 &&
        window->pad_top == 0 && window->pad_left == 0 && params->channel_multiplier == 1 &&
        params->in.width == params->out.width && index < params->in.height) {
        scale_row(params, weights, bias, multiplier, shift, in + aed_row_offset(&params->in, index), out_row);
        return;
    }
    for (int32_t x = 0; x < params->out.width; ++x) {
        const int32_t left = x * params->window.stride_width - params->window.pad_left;

        for (int32_t channel = 0; channel < params->out.channels; ++channel) {
            const int32_t sum = bias[channel] + window_sum(params, weights, in, top, left, channel);
            const int32_t value = aed_scale(sum, multiplier[channel], shift[channel]) + params->range.zero_point;

            *out_row++ = aed_clamp(value, &params->range);
        }
    }
}
`,
  'src/aed_lookup_s8.c': `#include "aed_kernels.h"

void aed_lookup_s8(const aed_lookup_s8_params *params, const int8_t *table, const int8_t *in, int8_t *out, int32_t index)
{
    const int8_t *row = in + aed_row_offset(&params->in, index);
    int8_t *out_row = out + aed_row_offset(&params->out, index);
    const int32_t size = aed_row_size(&params->in);

    for (int32_t i = 0; i < size; ++i) {
        out_row[i] = table[row[i] + 128];
    }
}
`,
  'src/aed_matmul_packed_s8.c': `#include "aed_kernels.h"

/*
 * Weights: for each four channels c, for each four depths k, four words of two 16-bit lanes
 *     { c0 c1 of k0, c0 c1 of k2 }, { c2 c3 of k0, c2 c3 of k2 }, { c0 c1 of k1, c0 c1 of k3 }, { c2 c3 of k1, c2 c3 of k3 }.
 * A lane is the number even + 256 * odd: its low byte is \`even\`, its high byte \`odd\` less the borrow of a negative \`even\`.
 * One dual multiply-accumulate of it gives the sum of \`even\` plus 256 times that of \`odd\`, so that two channels share a load and
 * an instruction.
 */
#define WORDS 4

/* Values of a block of columns: lanes { x of k0, x of k2 }, { y of k0, y of k2 }, { x of k1, x of k3 }, { y of k1, y of k3 }. */
#define VALUES 8

/* Sums of channels 0 and 2, and of these plus 256 times those of channels 1 and 3, for columns x and y. */
typedef struct {
    int32_t x0, x01, x2, x23;
    int32_t y0, y01, y2, y23;
} block_sums;

/* A register for each sum, four values and two pointers are all that there are: where the compiler keeps one back, plain C. */
#if defined(__ARM_FEATURE_DSP) && defined(__OPTIMIZE__) && defined(__GNUC__) && !defined(__clang__)

#define HALF                               \\
    "ldrd %[x], %[y], [%[in]], #8\\n\\t"     \\
    "ldrd %[v], %[w], [%[weights]], #8\\n\\t" \\
    "smlad %[x01], %[v], %[x], %[x01]\\n\\t" \\
    "smlad %[y01], %[v], %[y], %[y01]\\n\\t" \\
    "sxtb16 %[v], %[v]\\n\\t"                \\
    "smlad %[x23], %[w], %[x], %[x23]\\n\\t" \\
    "smlad %[y23], %[w], %[y], %[y23]\\n\\t" \\
    "sxtb16 %[w], %[w]\\n\\t"                \\
    "smlad %[x0], %[v], %[x], %[x0]\\n\\t"   \\
    "smlad %[y0], %[v], %[y], %[y0]\\n\\t"   \\
    "smlad %[x2], %[w], %[x], %[x2]\\n\\t"   \\
    "smlad %[y2], %[w], %[y], %[y2]\\n\\t"

/* Blocks by ones up to \`odd\`, then by fours up to \`end\`. */
static inline void add_blocks(const int16_t *in, const int32_t *weights, int32_t blocks, block_sums *sums)
{
    const int16_t *const odd = in + (blocks % 4) * VALUES;
    const int16_t *const end = in + blocks * VALUES;
    int32_t x0 = sums->x0, x01 = sums->x01, x2 = sums->x2, x23 = sums->x23;
    int32_t y0 = sums->y0, y01 = sums->y01, y2 = sums->y2, y23 = sums->y23;
    int32_t x, y, v, w;

    __asm volatile("b 2f\\n"
                   "1:\\n\\t" HALF HALF
                   "2:\\n\\t"
                   "ldr %[x], %[odd]\\n\\t"
                   "cmp %[in], %[x]\\n\\t"
                   "bne 1b\\n\\t"
                   "b 4f\\n"
                   "3:\\n\\t" HALF HALF HALF HALF HALF HALF HALF HALF
                   "4:\\n\\t"
                   "ldr %[x], %[end]\\n\\t"
                   "cmp %[in], %[x]\\n\\t"
                   "bne 3b\\n\\t"
                   : [x0] "+r"(x0), [x01] "+r"(x01), [x2] "+r"(x2), [x23] "+r"(x23), [y0] "+r"(y0), [y01] "+r"(y01),
                     [y2] "+r"(y2), [y23] "+r"(y23), [in] "+r"(in), [weights] "+r"(weights), [x] "=&r"(x), [y] "=&r"(y),
                     [v] "=&r"(v), [w] "=&r"(w)
                   : [odd] "m"(odd), [end] "m"(end)
                   : "cc", "memory");
    *sums = (block_sums){ x0, x01, x2, x23, y0, y01, y2, y23 };
}

/*
 * twice = 2 * sum of both columns, brought to int8. In aed_scale the second rounding takes one off where the first one's result
 * is negative; taking it off where the sum is negative differs for sums that the first rounds to 0 only, which stay 0.
 */
static inline void requantize(int32_t twice0, int32_t twice1, int32_t multiplier, int32_t shift, const aed_range *range, int8_t *out0,
                              int8_t *out1)
{
    const int32_t offset = (2 * range->zero_point + 1) * ((int32_t)1 << (-shift - 1));
    int32_t value0;
    int32_t value1;

    __asm("smmlar %0, %1, %2, %3" : "=r"(value0) : "r"(twice0), "r"(multiplier), "r"(offset));
    __asm("smmlar %0, %1, %2, %3" : "=r"(value1) : "r"(twice1), "r"(multiplier), "r"(offset));
    *out0 = aed_clamp((value0 + (twice0 >> 31)) >> -shift, range);
    *out1 = aed_clamp((value1 + (twice1 >> 31)) >> -shift, range);
}

#else

static int32_t dual(int32_t word, const int16_t *values, int32_t sum)
{
    const uint32_t lanes = (uint32_t)word;

    return (int32_t)((uint32_t)sum + (uint32_t)((int16_t)(lanes & 0xffffu) * values[0]) + (uint32_t)((int16_t)(lanes >> 16) * values[1]));
}

static int32_t low_bytes(int32_t word)
{
    const uint32_t lanes = (uint32_t)word;

    return (int32_t)(((uint32_t)(int8_t)(lanes & 0xffu) & 0xffffu) | (uint32_t)(int8_t)((lanes >> 16) & 0xffu) << 16);
}

static void add_blocks(const int16_t *in, const int32_t *weights, int32_t blocks, block_sums *sums)
{
    for (int32_t half = 0; half < 2 * blocks; ++half) {
        const int32_t v = weights[0];
        const int32_t w = weights[1];

        sums->x01 = dual(v, in, sums->x01);
        sums->y01 = dual(v, in + 2, sums->y01);
        sums->x23 = dual(w, in, sums->x23);
        sums->y23 = dual(w, in + 2, sums->y23);
        sums->x0 = dual(low_bytes(v), in, sums->x0);
        sums->y0 = dual(low_bytes(v), in + 2, sums->y0);
        sums->x2 = dual(low_bytes(w), in, sums->x2);
        sums->y2 = dual(low_bytes(w), in + 2, sums->y2);
        in += 4;
        weights += 2;
    }
}

static void requantize(int32_t twice0, int32_t twice1, int32_t multiplier, int32_t shift, const aed_range *range, int8_t *out0,
                       int8_t *out1)
{
    *out0 = aed_clamp(aed_scale(twice0 >> 1, multiplier, shift) + range->zero_point, range);
    *out1 = aed_clamp(aed_scale(twice1 >> 1, multiplier, shift) + range->zero_point, range);
}

#endif

/* Twice the sum of an odd channel. */
static inline int32_t twice_odd(int32_t both, int32_t even)
{
    return (int32_t)((uint32_t)both - (uint32_t)even) >> 7;
}

static inline int32_t both(const int32_t *bias)
{
    return (int32_t)((uint32_t)bias[0] + 256u * (uint32_t)bias[1]);
}

void aed_matmul_packed_s8(const int16_t *in, int32_t blocks, const int32_t *weights, const int32_t *bias,
                          const int32_t *multiplier, const int8_t *shift, int32_t channels, const aed_range *range,
                          int8_t *out0, int8_t *out1)
{
    const aed_range limits = *range;

    for (int32_t c = 0; c < channels; c += 4) {
        block_sums sums = { bias[0], both(bias), bias[2], both(bias + 2), bias[0], both(bias), bias[2], both(bias + 2) };

        add_blocks(in, weights, blocks, &sums);
        /* Column 1 first: where it is column 0's place, column 0 stays. */
        requantize(2 * sums.y0, 2 * sums.x0, multiplier[0], shift[0], &limits, out1, out0);
        requantize(twice_odd(sums.y01, sums.y0), twice_odd(sums.x01, sums.x0), multiplier[1], shift[1], &limits, out1 + 1, out0 + 1);
        requantize(2 * sums.y2, 2 * sums.x2, multiplier[2], shift[2], &limits, out1 + 2, out0 + 2);
        requantize(twice_odd(sums.y23, sums.y2), twice_odd(sums.x23, sums.x2), multiplier[3], shift[3], &limits, out1 + 3, out0 + 3);
        out0 += 4;
        out1 += 4;
        weights += blocks * WORDS;
        bias += 4;
        multiplier += 4;
        shift += 4;
    }
}
`,
  'src/aed_matmul_s8.c': `#include "aed_kernels.h"

/* Four channels by two columns: every value loaded serves two or four products. */
static void dot_4x2(const int8_t *x0, const int8_t *x1, int32_t depth, const int8_t *weights, int32_t *sum0, int32_t *sum1)
{
    const int8_t *w0 = weights;
    const int8_t *w1 = w0 + depth;
    const int8_t *w2 = w1 + depth;
    const int8_t *w3 = w2 + depth;
    int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0;
    int32_t b0 = 0, b1 = 0, b2 = 0, b3 = 0;

    for (int32_t k = 0; k < depth; ++k) {
        const int32_t x = x0[k];
        const int32_t y = x1[k];

        a0 += w0[k] * x;
        b0 += w0[k] * y;
        a1 += w1[k] * x;
        b1 += w1[k] * y;
        a2 += w2[k] * x;
        b2 += w2[k] * y;
        a3 += w3[k] * x;
        b3 += w3[k] * y;
    }
    sum0[0] = a0;
    sum0[1] = a1;
    sum0[2] = a2;
    sum0[3] = a3;
    sum1[0] = b0;
    sum1[1] = b1;
    sum1[2] = b2;
    sum1[3] = b3;
}

static int32_t dot(const int8_t *x, int32_t depth, const int8_t *weights)
{
    int32_t sum = 0;

    for (int32_t k = 0; k < depth; ++k) {
        sum += weights[k] * x[k];
    }
    return sum;
}

void aed_matmul_s8(const int8_t *x0, const int8_t *x1, int32_t depth, const int8_t *weights, const int32_t *bias,
                   const int32_t *multiplier, const int8_t *shift, int32_t channels, const aed_range *range, int8_t *out0,
                   int8_t *out1)
{
    int32_t channel = 0;

    if (x1 != NULL) {
        for (; channel + 4 <= channels; channel += 4) {
            int32_t sum0[4];
            int32_t sum1[4];

            dot_4x2(x0, x1, depth, weights + channel * depth, sum0, sum1);
            for (int32_t i = 0; i < 4; ++i) {
                const int32_t c = channel + i;

                out0[c] = aed_clamp(aed_scale(bias[c] + sum0[i], multiplier[c], shift[c]) + range->zero_point, range);
                out1[c] = aed_clamp(aed_scale(bias[c] + sum1[i], multiplier[c], shift[c]) + range->zero_point, range);
            }
        }
    }
    for (; channel < channels; ++channel) {
        const int8_t *row = weights + channel * depth;
        const int32_t m = multiplier[channel];
        const int32_t s = shift[channel];

        out0[channel] = aed_clamp(aed_scale(bias[channel] + dot(x0, depth, row), m, s) + range->zero_point, range);
        if (x1 != NULL) {
            out1[channel] = aed_clamp(aed_scale(bias[channel] + dot(x1, depth, row), m, s) + range->zero_point, range);
        }
    }
}
`,
  'src/aed_max_pool_s8.c': `#include <string.h>

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

/* Four channels at a time; the rest, if any, from \`channel\` on is left to the caller. Limits none but int8's. */
static int32_t take_fours(const int8_t *row, int8_t *out, int32_t channels, int32_t columns, int32_t padding)
{
    const uint32_t pad = (uint32_t)(uint8_t)padding * 0x01010101u;
    int32_t channel = 0;

    for (; channel + 4 <= channels; channel += 4) {
        const int8_t *from = row + channel;
        uint32_t value = max_4(load(out + channel), pad);

        for (int32_t column = 0; column < columns; ++column) {
            value = max_4(value, load(from));
            from += channels;
        }
        memcpy(out + channel, &value, sizeof value);
    }
    return channel;
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
    /* The windows that hold row \`index\`: top <= index < top + filter_height, top = y * stride - pad_top. */
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
`,
  'src/aed_mean_s8.c': `#include <string.h>

#include "aed_kernels.h"

void aed_mean_s8(const aed_mean_s8_params *params, const int8_t *in, int8_t *out, int32_t *sum, int32_t index)
{
    const int8_t *row = in + aed_row_offset(&params->in, index);
    const int averages_rows = params->row_step == 0;

    if (!averages_rows || index == 0) {
        memset(sum, 0, (size_t)params->sums * sizeof *sum);
    }
    for (int32_t x = 0; x < params->in.width; ++x) {
        int32_t *to = sum + x * params->column_step;

        for (int32_t channel = 0; channel < params->in.channels; ++channel) {
            to[channel * params->channel_step] += *row++;
        }
    }
    if (!averages_rows || index == params->in.height - 1) {
        int8_t *out_row = out + aed_row_offset(&params->out, index * params->row_step);

        for (int32_t i = 0; i < params->sums; ++i) {
            const int32_t value = aed_scale(sum[i] - params->zero_sum, params->factor.multiplier, params->factor.shift);

            out_row[i] = aed_clamp(value + params->range.zero_point, &params->range);
        }
    }
}
`,
  'src/aed_mul_s8.c': `#include "aed_kernels.h"

void aed_mul_s8(const aed_mul_s8_params *params, const int8_t *a, const int8_t *b, int8_t *out, int32_t index)
{
    const aed_factor *factor = &params->factor;
    int8_t *out_row = out + aed_row_offset(&params->out, index);

    a += aed_row_offset(&params->a.lines, index * params->a.row_step);
    b += aed_row_offset(&params->b.lines, index * params->b.row_step);
    for (int32_t x = 0; x < params->out.width; ++x) {
        const int8_t *value_a = a + x * params->a.column_step;
        const int8_t *value_b = b + x * params->b.column_step;

        for (int32_t channel = 0; channel < params->out.channels; ++channel) {
            const int32_t product = (*value_a - params->a.zero_point) * (*value_b - params->b.zero_point);

            value_a += params->a.channel_step;
            value_b += params->b.channel_step;
            *out_row++ = aed_clamp(aed_scale(product, factor->multiplier, factor->shift) + params->range.zero_point, &params->range);
        }
    }
}
`,
  'src/aed_pad_s8.c': `#include <string.h>

#include "aed_kernels.h"

void aed_pad_s8(const aed_pad_s8_params *params, const int8_t *in, int8_t *out, int32_t index)
{
    const int32_t y = index - params->pad_top;
    int8_t *out_row = out + aed_row_offset(&params->out, index);

    memset(out_row, params->value, (size_t)aed_row_size(&params->out));
    if (y < 0 || y >= params->in.height) {
        return;
    }
    const int8_t *row = in + aed_row_offset(&params->in, y);

    out_row += params->pad_left * params->out.channels + params->pad_channels;
    for (int32_t x = 0; x < params->in.width; ++x) {
        memcpy(out_row, row, (size_t)params->in.channels);
        row += params->in.channels;
        out_row += params->out.channels;
    }
}
`,
  'src/aed_reshape_s8.c': `#include <string.h>

#include "aed_kernels.h"

void aed_reshape_s8(const aed_reshape_s8_params *params, const int8_t *in, int8_t *out, int32_t index)
{
    const int32_t size = aed_row_size(&params->in);

    memcpy(out + index * size, in + aed_row_offset(&params->in, index), (size_t)size);
}
`,
  'src/aed_softmax_s8.c': `#include "aed_kernels.h"

/* value >= 0 to the nearest integer, halves up; beyond int8 whatever is above 255. */
static int32_t round_probability(float value)
{
    const int32_t whole = value < 256.0f ? (int32_t)value : 256;

    return whole + (value - (float)whole >= 0.5f ? 1 : 0);
}

void aed_softmax_s8(const aed_softmax_s8_params *params, const float *exps, const int8_t *in, int8_t *out, int32_t index)
{
    const int32_t channels = params->in.channels;
    const int8_t *row = in + aed_row_offset(&params->in, index);
    int8_t *out_row = out + aed_row_offset(&params->out, index);

    for (int32_t x = 0; x < params->in.width; ++x) {
        int32_t largest = -128;
        float sum = 0.0f;

        for (int32_t i = 0; i < channels; ++i) {
            largest = aed_max(largest, row[i]);
        }
        for (int32_t i = 0; i < channels; ++i) {
            sum += exps[largest - row[i]];
        }
        const float inverse = 1.0f / (sum * params->out_scale);

        for (int32_t i = 0; i < channels; ++i) {
            /* volatile: a fused multiply-add would keep more bits of the product than float32 has. */
            const volatile float scaled = exps[largest - row[i]] * inverse;

            out_row[i] = (int8_t)aed_min(aed_max(round_probability(scaled) + params->out_zero_point, -128), 127);
        }
        row += channels;
        out_row += channels;
    }
}
`,
}
