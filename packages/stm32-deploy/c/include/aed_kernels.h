/*
 * int8 kernels that work row by row. Every one computes, for the index-th call of its layer, what TensorFlow Lite's
 * reference kernel (BUILTIN_REF) computes for that row: the same bytes. Tensors are rings of rows (aed_lines); `in` and `out`
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
 * Convolution, output row `index`. weights [out.channels][filter_height][filter_width][in.channels]; bias with the input's
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

/* Convolution with a 1 x 1 filter and no padding, output row `index`: reads the input where it lies. Tables as aed_conv_s8. */
void aed_conv_1x1_s8(const aed_conv_1x1_s8_params *params, const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                     const int8_t *shift, const int8_t *in, int8_t *out, int32_t index);

/*
 * Two columns x0, x1 of `depth` values times `channels` rows of weights [channels][depth], brought to int8: out0, out1 get
 * `channels` values each. With x1 == NULL only the first column.
 */
void aed_matmul_s8(const int8_t *x0, const int8_t *x1, int32_t depth, const int8_t *weights, const int32_t *bias,
                   const int32_t *multiplier, const int8_t *shift, int32_t channels, const aed_range *range, int8_t *out0,
                   int8_t *out1);

typedef struct {
    aed_lines in;
    aed_lines out;
    aed_window window;
    aed_range range;
    int16_t in_zero_point;
    int16_t columns; /* gathered at once: 1 or an even number */
} aed_conv_packed_s8_params;

/*
 * The same as aed_conv_s8 from packed weights (see aed_matmul_packed_s8.c), for channels in fours, sums below 2^23 and right
 * shifts from 1 to 20: the generator packs where it has proven that. factors: an aed_factors for each four channels, with the
 * model's own bias; the zero point is taken off each input, so that rows of padding are left out. Each filter row takes blocks of
 * four depths of its own.
 * columns: scratch aligned to 4, for each pair of columns filter_height * fours times 8 int16, fours = ceil(filter_width *
 * in.channels / 4), and where in.channels are not in fours 4 * fours bytes.
 */
void aed_conv_packed_s8(const aed_conv_packed_s8_params *params, const int32_t *weights, const int32_t *factors, const int8_t *in,
                        int8_t *out, int16_t *columns, int32_t index);

typedef aed_conv_packed_s8_params aed_conv_winograd_s8_params;

/*
 * The same for filters three wide with strides and dilations of 1 along the row, from filters transformed as the source says;
 * factors as aed_conv_packed_s8, channels in fours. tiles: scratch aligned to 4, for each four columns
 * 8 * filter_height * in.channels int16.
 */
void aed_conv_winograd_s8(const aed_conv_winograd_s8_params *params, const int32_t *weights, const int32_t *factors, const int8_t *in,
                          int8_t *out, int16_t *tiles, int32_t index);

/* What four channels of a layer with packed weights need beside these: nine words of a table. */
typedef struct {
    int32_t bias[4];
    int32_t multiplier[4];
    int32_t shifts; /* right shifts less one, 0 to 19: a byte for each channel, the first lowest */
} aed_factors;

static inline const aed_factors *aed_factors_of(const int32_t *table)
{
    return (const aed_factors *)(const void *)table;
}

/* Packed weights of a layer, as far as its call needs them. */
typedef struct {
    const int32_t *weights; /* from the first block on that is used */
    const aed_factors *factors;
    int32_t channels;
    int32_t zero_point; /* of the output */
    int32_t blocks;     /* of four depths */
    int32_t stride;     /* words from four channels to the next four */
} aed_packed_sums;

/*
 * `count` columns times packed weights, brought to int8: out [count][channels]. Columns lie in pairs, 4 * blocks values each,
 * interleaved as the source says and aligned to 4; the last of an odd count has a pair's room to itself. With __ARM_FEATURE_DSP two
 * channels share a multiplication.
 */
void aed_matmul_packed_s8(const aed_packed_sums *packed, const int16_t *columns, int32_t count, int8_t *out);

typedef struct {
    aed_lines in;
    aed_lines out;
    aed_window window;
    aed_range range;
    int16_t in_zero_point;
    int16_t channel_multiplier;
} aed_depthwise_conv_s8_params;

/*
 * Depthwise convolution, output row `index`. weights [filter_height][filter_width][out.channels], out.channels = in.channels *
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
 * Maximum pooling, fed by rows of the input: takes input row `index` into every output row whose window holds it, so that
 * of the input one row is enough. The first row of a window starts its output row.
 */
void aed_max_pool_s8(const aed_max_pool_s8_params *params, const int8_t *in, int8_t *out, int32_t index);

typedef struct {
    aed_lines in;
    aed_lines out;
    aed_window window;
    aed_range range;
} aed_average_pool_s8_params;

/* Average pooling, output row `index`; padding does not count; rounded half away from zero. */
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
    int16_t sums; /* values of `sum` */
} aed_mean_s8_params;

/* Mean over rows, columns and channels or some of them, fed by input row `index`; sum: `sums` values kept from call to call. */
void aed_mean_s8(const aed_mean_s8_params *params, const int8_t *in, int8_t *out, int32_t *sum, int32_t index);

typedef struct {
    aed_lines in;
    aed_lines out;
    aed_range range;
    int16_t shift;
} aed_affine_s8_params;

/*
 * (factor[channel] * in + offset[channel]) >> shift within range, row `index`: what a 1 x 1 depthwise convolution becomes where
 * the generator has proven equality for all 256 inputs of every channel. `out` may be the same row as `in`.
 */
void aed_affine_s8(const aed_affine_s8_params *params, const int32_t *factor, const int32_t *offset, const int8_t *in, int8_t *out,
                   int32_t index);

typedef struct {
    aed_lines in;
    aed_lines out;
    aed_range range;
    int32_t multiplier;
    int16_t shift; /* right shift less one, 0 to 19 */
    int16_t in_zero_point;
    int16_t constant_zero_point;
} aed_scale_s8_params;

/* aed_mul_s8 by a constant for each channel, row `index`, for right shifts from 1 to 20. `out` may be the same row as `in`. */
void aed_scale_s8(const aed_scale_s8_params *params, const int8_t *constant, const int8_t *in, int8_t *out, int32_t index);

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
 * (factor_a * a + factor_b * b + offset) >> shift within range, row `index`: aed_add_s8 of two tensors of one shape where the
 * generator has proven equality for all 65,536 pairs. `out` may be the same row as `a` or `b`.
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

/* Sum of two tensors, output row `index`. `out` may be the same row as `a` or `b`. */
void aed_add_s8(const aed_add_s8_params *params, const int8_t *a, const int8_t *b, int8_t *out, int32_t index);

typedef struct {
    aed_operand a;
    aed_operand b;
    aed_lines out;
    aed_range range;
    aed_factor factor;
} aed_mul_s8_params;

/* Product of two tensors, output row `index`. `out` may be the same row as `a` or `b`. */
void aed_mul_s8(const aed_mul_s8_params *params, const int8_t *a, const int8_t *b, int8_t *out, int32_t index);

typedef struct {
    aed_lines in;
    aed_lines out;
    int16_t pad_top;
    int16_t pad_left;
    int16_t pad_channels; /* before the first channel */
    int16_t value;
} aed_pad_s8_params;

/* Padding with one value, output row `index`. */
void aed_pad_s8(const aed_pad_s8_params *params, const int8_t *in, int8_t *out, int32_t index);

typedef struct {
    aed_lines in;
    aed_lines out;
} aed_lookup_s8_params;

/* Any function of one int8 from a table of 256 values (index q + 128), row `index`. `out` may be the same row as `in`. */
void aed_lookup_s8(const aed_lookup_s8_params *params, const int8_t *table, const int8_t *in, int8_t *out, int32_t index);

typedef struct {
    aed_lines in;
    aed_lines out;
} aed_reshape_s8_params;

/* The same values in rows of another length, fed by input row `index`; all of `out` is kept (slots == height). */
void aed_reshape_s8(const aed_reshape_s8_params *params, const int8_t *in, int8_t *out, int32_t index);

typedef struct {
    aed_lines in;
    aed_lines out;
    aed_range range;
} aed_dense_s8_params;

/*
 * Dense layer over all values of `in`, fed by input row `index`: weights [out.channels][in.height * in.width * in.channels],
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

/* Softmax over the channels, row `index`; exps[d] = e^(-beta * scale * d) in float32. `out` may be the same row as `in`. */
void aed_softmax_s8(const aed_softmax_s8_params *params, const float *exps, const int8_t *in, int8_t *out, int32_t index);

typedef struct {
    aed_lines in;
    int16_t zero_point;
} aed_tap_statistics_s8_params;

/*
 * Statistics of a clip head, fed by input row `index`, over its columns: with x = in - zero_point, sum += x, squares += x * x, and the
 * largest `in`; [in.height][in.channels] values each, kept from run to run by the caller. NULL: not wanted.
 * x is of 9 bits: with at most 65,793 columns in all, sums stay below 2^24 and squares below 2^32.
 */
void aed_tap_statistics_s8(const aed_tap_statistics_s8_params *params, const int8_t *in, int32_t *sum, uint32_t *squares, int8_t *max,
                           int32_t index);

typedef struct {
    aed_lines in;
    int16_t zero_point;
    int16_t row_pool; /* divides in.height; at most 255 */
} aed_pooled_tap_statistics_s8_params;

/*
 * The same of the sums of row_pool neighbouring rows: x = their sum - row_pool * zero_point; [in.height / row_pool][in.channels] values, fed
 * by pool `index`. With at most 2^24 / (255 row_pool^2) columns in all the same limits hold.
 */
void aed_pooled_tap_statistics_s8(const aed_pooled_tap_statistics_s8_params *params, const int8_t *in, int32_t *sum, uint32_t *squares,
                                  int16_t *max, int32_t index);

#endif
