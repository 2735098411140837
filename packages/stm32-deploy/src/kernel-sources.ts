// Made by scripts/embed-kernels.mjs from c/ and package.json: change those and run it again.

/** Version of the generator, as generated files name it. */
export const GENERATOR_VERSION = '0.1.0'

/** The C kernels by their path under c/. */
export const KERNEL_SOURCES: Readonly<Record<string, string>> = {
  'include/aed_dsp.h': `/* Steps that the fast kernels share: with the DSP instructions of Armv7E-M and Armv8-M, and the same values in plain C. */
#ifndef AED_DSP_H
#define AED_DSP_H

#include <string.h>

#include "aed_kernels.h"

#if defined(__ARM_FEATURE_DSP)
#include <arm_acle.h>
#endif

/*
 * Loops that need all fourteen registers are in assembly where the compiler keeps none back; elsewhere in plain C. Define
 * AED_NO_ASSEMBLY where your flags do keep one: -ffixed-r9, -msingle-pic-base, -finstrument-functions.
 */
#if defined(__ARM_FEATURE_DSP) && defined(__OPTIMIZE__) && defined(__GNUC__) && !defined(__clang__) && !defined(AED_NO_ASSEMBLY)
#define AED_ALL_REGISTERS 1
/* A frame pointer would take one of them, whatever the compiler's flags say elsewhere. */
#pragma GCC optimize("omit-frame-pointer")
#endif

/* Keeps the registers of a function to itself. */
#if defined(__GNUC__)
#define AED_APART __attribute__((noinline))
#else
#define AED_APART
#endif

/* Twice the sums of four channels, for columns x and y. */
typedef struct {
    int32_t x[4];
    int32_t y[4];
} aed_twice;

#if defined(__ARM_FEATURE_DSP)

/*
 * Twice a sum brought to int8: times multiplier * 2^-(32 + shift), plus the zero point; shift is the right shift less one, 0 to 19.
 * In aed_scale the second rounding takes one off where the first one's result is negative; taking it off where the sum is
 * negative differs for sums that the first rounds to 0 only, which stay 0.
 */
static inline int8_t aed_requantize(int32_t twice, int32_t multiplier, int32_t shift, int32_t zero_point)
{
    const int32_t offset = (int32_t)((uint32_t)(2 * zero_point + 1) << shift);
    int32_t value;

    __asm("smmlar %0, %1, %2, %3" : "=r"(value) : "r"(twice), "r"(multiplier), "r"(offset));
    value = (value + (twice >> 31)) >> shift;
    __asm("ssat %0, #8, %1, asr #1" : "=r"(value) : "r"(value));
    return (int8_t)value;
}

static inline int32_t aed_saturate(int32_t value)
{
    int32_t saturated;

    __asm("ssat %0, #8, %1" : "=r"(saturated) : "r"(value));
    return saturated;
}

/* Two 16-bit products added to a sum, which wraps. */
static inline int32_t aed_dual(int32_t word, const int16_t *values, int32_t sum)
{
    int32_t lanes;

    memcpy(&lanes, values, sizeof lanes);
    return (int32_t)__smlad((int16x2_t)word, (int16x2_t)lanes, sum);
}

static inline void aed_store_lanes(int16_t *to, int32_t lanes)
{
    memcpy(to, &lanes, sizeof lanes);
}

/* Bytes 0 and 2, or 1 and 3, as int16, plus the lanes of \`offset\`. */
static inline int32_t aed_widen_even(int32_t bytes, int32_t offset)
{
    int32_t lanes;

    __asm("sxtab16 %0, %1, %2" : "=r"(lanes) : "r"(offset), "r"(bytes));
    return lanes;
}

static inline int32_t aed_widen_odd(int32_t bytes, int32_t offset)
{
    int32_t lanes;

    __asm("sxtab16 %0, %1, %2, ror #8" : "=r"(lanes) : "r"(offset), "r"(bytes));
    return lanes;
}

static inline int32_t aed_add_lanes(int32_t a, int32_t b)
{
    return (int32_t)__sadd16((int16x2_t)a, (int16x2_t)b);
}

static inline int32_t aed_subtract_lanes(int32_t a, int32_t b)
{
    return (int32_t)__ssub16((int16x2_t)a, (int16x2_t)b);
}

#else

static inline int8_t aed_requantize(int32_t twice, int32_t multiplier, int32_t shift, int32_t zero_point)
{
    const int32_t value = aed_scale(twice >> 1, multiplier, -shift - 1) + zero_point;

    return (int8_t)aed_min(aed_max(value, -128), 127);
}

static inline int32_t aed_saturate(int32_t value)
{
    return aed_min(aed_max(value, -128), 127);
}

static inline int32_t aed_lanes(int32_t low, int32_t high)
{
    return (int32_t)(((uint32_t)low & 0xffffu) | (uint32_t)high << 16);
}

static inline int32_t aed_low(int32_t lanes)
{
    return (int16_t)(uint16_t)((uint32_t)lanes & 0xffffu);
}

static inline int32_t aed_high(int32_t lanes)
{
    return lanes >> 16;
}

static inline int32_t aed_dual(int32_t word, const int16_t *values, int32_t sum)
{
    return (int32_t)((uint32_t)sum + (uint32_t)(aed_low(word) * values[0]) + (uint32_t)(aed_high(word) * values[1]));
}

static inline void aed_store_lanes(int16_t *to, int32_t lanes)
{
    to[0] = (int16_t)aed_low(lanes);
    to[1] = (int16_t)aed_high(lanes);
}

static inline int32_t aed_widen_even(int32_t bytes, int32_t offset)
{
    int8_t values[4];

    memcpy(values, &bytes, sizeof values);
    return aed_lanes(values[0] + aed_low(offset), values[2] + aed_high(offset));
}

static inline int32_t aed_widen_odd(int32_t bytes, int32_t offset)
{
    int8_t values[4];

    memcpy(values, &bytes, sizeof values);
    return aed_lanes(values[1] + aed_low(offset), values[3] + aed_high(offset));
}

static inline int32_t aed_add_lanes(int32_t a, int32_t b)
{
    return aed_lanes(aed_low(a) + aed_low(b), aed_high(a) + aed_high(b));
}

static inline int32_t aed_subtract_lanes(int32_t a, int32_t b)
{
    return aed_lanes(aed_low(a) - aed_low(b), aed_high(a) - aed_high(b));
}

#endif

/* Brings the sums of column x to int8. */
static inline void aed_store_x(const aed_twice *twice, const aed_factors *factors, int32_t zero_point, int8_t *x)
{
    const uint32_t shifts = (uint32_t)factors->shifts;

    for (int32_t i = 0; i < 4; ++i) {
        x[i] = aed_requantize(twice->x[i], factors->multiplier[i], (int32_t)(shifts >> 8 * i & 0xffu), zero_point);
    }
}

#if defined(AED_ALL_REGISTERS)

/* The same operations as aed_requantize, on one channel of both columns; T holds the offset less the sign of x. */
#define AED_CHANNEL_OFFSET           \\
    "ldr %[c], %[doubled]\\n\\t"       \\
    "lsl %[c], %[c], %[k]\\n\\t"
#define AED_CHANNEL_STORE(SUM, OFFSET, TO, AT)              \\
    "smmlar %[" SUM "], %[" SUM "], %[m], %[" OFFSET "]\\n\\t" \\
    "asr %[" SUM "], %[" SUM "], %[k]\\n\\t"                  \\
    "ssat %[" SUM "], #8, %[" SUM "], asr #1\\n\\t"           \\
    "strb %[" SUM "], [%[" TO "], #" AT "]\\n\\t"
#define AED_CHANNEL(X, Y, MULTIPLIER, AT)                   \\
    "ldr %[m], [%[multiplier], #" MULTIPLIER "]\\n\\t"        \\
    AED_CHANNEL_OFFSET                                      \\
    "add %[x0], %[c], %[" X "], asr #31\\n\\t"                \\
    AED_CHANNEL_STORE(X, "x0", "x", AT)                     \\
    "add %[c], %[c], %[" Y "], asr #31\\n\\t"                 \\
    AED_CHANNEL_STORE(Y, "c", "y", AT)

/* Both columns: by hand, as eight sums leave the compiler too few registers. The first channel's x0 is a spare one afterwards. */
static inline void aed_store_xy(const aed_twice *twice, const aed_factors *factors, int32_t zero_point, int8_t *x, int8_t *y)
{
    const int32_t doubled = 2 * zero_point + 1;
    int32_t x0 = twice->x[0], x1 = twice->x[1], x2 = twice->x[2], x3 = twice->x[3];
    int32_t y0 = twice->y[0], y1 = twice->y[1], y2 = twice->y[2], y3 = twice->y[3];
    int32_t m, c, k;

    __asm volatile("ldr %[k], [%[multiplier], #16]\\n\\t"
                   "ldr %[m], [%[multiplier]]\\n\\t"
                   AED_CHANNEL_OFFSET
                   "add %[c], %[c], %[x0], asr #31\\n\\t"
                   AED_CHANNEL_STORE("x0", "c", "x", "0")
                   AED_CHANNEL_OFFSET
                   "add %[c], %[c], %[y0], asr #31\\n\\t"
                   AED_CHANNEL_STORE("y0", "c", "y", "0")
                   "lsr %[k], %[k], #8\\n\\t"
                   AED_CHANNEL("x1", "y1", "4", "1")
                   "lsr %[k], %[k], #8\\n\\t"
                   AED_CHANNEL("x2", "y2", "8", "2")
                   "lsr %[k], %[k], #8\\n\\t"
                   AED_CHANNEL("x3", "y3", "12", "3")
                   : [x0] "+r"(x0), [x1] "+r"(x1), [x2] "+r"(x2), [x3] "+r"(x3), [y0] "+r"(y0), [y1] "+r"(y1), [y2] "+r"(y2),
                     [y3] "+r"(y3), [m] "=&r"(m), [c] "=&r"(c), [k] "=&r"(k)
                   : [multiplier] "r"(factors->multiplier), [x] "r"(x), [y] "r"(y), [doubled] "m"(doubled)
                   : "memory");
}

#else

static inline void aed_store_xy(const aed_twice *twice, const aed_factors *factors, int32_t zero_point, int8_t *x, int8_t *y)
{
    const aed_twice second = { { twice->y[0], twice->y[1], twice->y[2], twice->y[3] }, { 0, 0, 0, 0 } };

    aed_store_x(twice, factors, zero_point, x);
    aed_store_x(&second, factors, zero_point, y);
}

#endif

static inline int32_t aed_both_lanes(int32_t value)
{
    return (int32_t)(((uint32_t)value & 0xffffu) * 0x10001u);
}

/* Limits narrower than int8's, after the fact. */
static inline void aed_limit(int8_t *row, int32_t size, const aed_range *range)
{
    if (range->min == -128 && range->max == 127) {
        return;
    }
    for (int32_t i = 0; i < size; ++i) {
        row[i] = aed_clamp(row[i], range);
    }
}

#endif
`,
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
 * \`count\` columns times packed weights, brought to int8: out [count][channels]. Columns lie in pairs, 4 * blocks values each,
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
    aed_lines in;
    aed_lines out;
    aed_range range;
    int32_t multiplier;
    int16_t shift; /* right shift less one, 0 to 19 */
    int16_t in_zero_point;
    int16_t constant_zero_point;
} aed_scale_s8_params;

/* aed_mul_s8 by a constant for each channel, row \`index\`, for right shifts from 1 to 20. \`out\` may be the same row as \`in\`. */
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

typedef struct {
    aed_lines in;
    int16_t zero_point;
} aed_tap_statistics_s8_params;

/*
 * Statistics of a clip head, fed by input row \`index\`, over its columns: with x = in - zero_point, sum += x, squares += x * x, and the
 * largest \`in\`; [in.height][in.channels] values each, kept from run to run by the caller. NULL: not wanted.
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
 * by pool \`index\`. With at most 2^24 / (255 row_pool^2) columns in all the same limits hold.
 */
void aed_pooled_tap_statistics_s8(const aed_pooled_tap_statistics_s8_params *params, const int8_t *in, int32_t *sum, uint32_t *squares,
                                  int16_t *max, int32_t index);

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

/* The rows of a filter that lie inside the input. */
typedef struct {
    int32_t first;
    int32_t count;
} aed_filter_rows;

/* Of a filter whose first row lies on input row \`top\`. */
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
`,
  'src/aed_add_affine_s8.c': `#include "aed_dsp.h"
#include "aed_kernels.h"

void aed_add_affine_s8(const aed_add_affine_s8_params *params, const int8_t *a, const int8_t *b, int8_t *out, int32_t index)
{
    const int32_t size = aed_row_size(&params->out);
    const int32_t factor_a = params->factor_a;
    const int32_t factor_b = params->factor_b;
    const int32_t offset = params->offset;
    const int32_t shift = params->shift;
    int8_t *out_row = out + aed_row_offset(&params->out, index);
    int32_t i = 0;

    a += aed_row_offset(&params->a, index);
    b += aed_row_offset(&params->b, index);
    for (; i + 4 <= size; i += 4) {
        out_row[i] = (int8_t)aed_saturate((factor_a * a[i] + factor_b * b[i] + offset) >> shift);
        out_row[i + 1] = (int8_t)aed_saturate((factor_a * a[i + 1] + factor_b * b[i + 1] + offset) >> shift);
        out_row[i + 2] = (int8_t)aed_saturate((factor_a * a[i + 2] + factor_b * b[i + 2] + offset) >> shift);
        out_row[i + 3] = (int8_t)aed_saturate((factor_a * a[i + 3] + factor_b * b[i + 3] + offset) >> shift);
    }
    for (; i < size; ++i) {
        out_row[i] = (int8_t)aed_saturate((factor_a * a[i] + factor_b * b[i] + offset) >> shift);
    }
    aed_limit(out_row, size, &params->range);
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
  'src/aed_affine_s8.c': `#include "aed_dsp.h"
#include "aed_kernels.h"

/* A channel at a time, from \`channel\` on. */
static void take_channel(const int8_t *in, int8_t *out, int32_t pixels, int32_t channels, int32_t factor, int32_t offset, int32_t shift)
{
    for (int32_t i = 0; i < pixels; ++i) {
        *out = (int8_t)aed_saturate((factor * *in + offset) >> shift);
        in += channels;
        out += channels;
    }
}

/* Four channels at a time: their factors and offsets stay in registers. */
static void take_four(const int8_t *in, int8_t *out, int32_t pixels, int32_t channels, const int32_t *factor, const int32_t *offset, int32_t shift)
{
    const int32_t f0 = factor[0], f1 = factor[1], f2 = factor[2], f3 = factor[3];
    const int32_t o0 = offset[0], o1 = offset[1], o2 = offset[2], o3 = offset[3];

    for (int32_t i = 0; i < pixels; ++i) {
        out[0] = (int8_t)aed_saturate((f0 * in[0] + o0) >> shift);
        out[1] = (int8_t)aed_saturate((f1 * in[1] + o1) >> shift);
        out[2] = (int8_t)aed_saturate((f2 * in[2] + o2) >> shift);
        out[3] = (int8_t)aed_saturate((f3 * in[3] + o3) >> shift);
        in += channels;
        out += channels;
    }
}

void aed_affine_s8(const aed_affine_s8_params *params, const int32_t *factor, const int32_t *offset, const int8_t *in, int8_t *out,
                   int32_t index)
{
    const int32_t channels = params->in.channels;
    const int32_t pixels = params->in.width;
    const int8_t *row = in + aed_row_offset(&params->in, index);
    int8_t *out_row = out + aed_row_offset(&params->out, index);
    int32_t channel = 0;

    for (; channel + 4 <= channels; channel += 4) {
        take_four(row + channel, out_row + channel, pixels, channels, factor + channel, offset + channel, params->shift);
    }
    for (; channel < channels; ++channel) {
        take_channel(row + channel, out_row + channel, pixels, channels, factor[channel], offset[channel], params->shift);
    }
    aed_limit(out_row, aed_row_size(&params->out), &params->range);
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
  'src/aed_conv_packed_s8.c': `#include "aed_dsp.h"
#include "aed_kernels.h"

/* Words of four channels in a block of four depths. */
#define WORDS 4
/* Values of a pair of columns in it; those of the second lie two further than the first one's. */
#define VALUES 8

/* Takes \`fours\` times four values into whole blocks of a column. */
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
  'src/aed_conv_winograd_s8.c': `#include "aed_dsp.h"
#include "aed_kernels.h"

/*
 * F(2,3) along the row: two neighbouring outputs of a filter row g0 g1 g2 on inputs d0 d1 d2 d3 from four products,
 *     m1 = (d1 + d2) (g0 + g1 + g2),  m2 = (d2 - d1) (g0 - g1 + g2),  m0 = (d0 - d2) 2 g0,  m3 = (d1 - d3) (-2 g2),
 *     twice the first output = m1 + m2 + m0,  twice the second = m1 - m2 + m3,
 * in integers, hence exactly. The sums over filter rows and channels are taken before the outputs are, product by product in the
 * order above, in which the transformed filters lie.
 */
#define PRODUCTS 4

/* int16 of four depths of four channels: for depths { k0, k2 } and { k1, k3 } one word of two lanes for each channel. */
#define BLOCK 16
/* Values of a block of a pair of tiles, as aed_matmul_packed_s8 has columns. */
#define VALUES 8

typedef struct {
    int32_t x0, x1, x2, x3;
    int32_t y0, y1, y2, y3;
} tile_sums;

#if defined(AED_ALL_REGISTERS)

#define HALF_PAIR                           \\
    "ldrd %[x], %[y], [%[in]], #8\\n\\t"      \\
    "ldrd %[v], %[w], [%[filter]], #8\\n\\t"  \\
    "smlad %[x0], %[v], %[x], %[x0]\\n\\t"    \\
    "smlad %[y0], %[v], %[y], %[y0]\\n\\t"    \\
    "smlad %[x1], %[w], %[x], %[x1]\\n\\t"    \\
    "smlad %[y1], %[w], %[y], %[y1]\\n\\t"    \\
    "ldrd %[v], %[w], [%[filter]], #8\\n\\t"  \\
    "smlad %[x2], %[v], %[x], %[x2]\\n\\t"    \\
    "smlad %[y2], %[v], %[y], %[y2]\\n\\t"    \\
    "smlad %[x3], %[w], %[x], %[x3]\\n\\t"    \\
    "smlad %[y3], %[w], %[y], %[y3]\\n\\t"

#define HALF_SINGLE                         \\
    "ldr %[x], [%[in]], #8\\n\\t"             \\
    "ldrd %[v], %[w], [%[filter]], #8\\n\\t"  \\
    "smlad %[x0], %[v], %[x], %[x0]\\n\\t"    \\
    "smlad %[x1], %[w], %[x], %[x1]\\n\\t"    \\
    "ldrd %[v], %[w], [%[filter]], #8\\n\\t"  \\
    "smlad %[x2], %[v], %[x], %[x2]\\n\\t"    \\
    "smlad %[x3], %[w], %[x], %[x3]\\n\\t"

/* Blocks by ones up to \`odd\`, then by fours up to \`end\`. */
#define LOOPS(HALF)          \\
    "b 2f\\n"                 \\
    "1:\\n\\t" HALF HALF       \\
    "2:\\n\\t"                 \\
    "ldr %[x], %[odd]\\n\\t"   \\
    "cmp %[in], %[x]\\n\\t"    \\
    "bne 1b\\n\\t"             \\
    "b 4f\\n"                 \\
    "3:\\n\\t" HALF HALF HALF HALF HALF HALF HALF HALF \\
    "4:\\n\\t"                 \\
    "ldr %[x], %[end]\\n\\t"   \\
    "cmp %[in], %[x]\\n\\t"    \\
    "bne 3b\\n\\t"

static inline void add_pair(const int16_t *in, const int32_t *filter, int32_t blocks, tile_sums *sums)
{
    const int16_t *const odd = in + (blocks % 4) * VALUES;
    const int16_t *const end = in + blocks * VALUES;
    int32_t x0 = sums->x0, x1 = sums->x1, x2 = sums->x2, x3 = sums->x3;
    int32_t y0 = sums->y0, y1 = sums->y1, y2 = sums->y2, y3 = sums->y3;
    int32_t x, y, v, w;

    __asm volatile(LOOPS(HALF_PAIR)
                   : [x0] "+r"(x0), [x1] "+r"(x1), [x2] "+r"(x2), [x3] "+r"(x3), [y0] "+r"(y0), [y1] "+r"(y1), [y2] "+r"(y2),
                     [y3] "+r"(y3), [in] "+r"(in), [filter] "+r"(filter), [x] "=&r"(x), [y] "=&r"(y), [v] "=&r"(v), [w] "=&r"(w)
                   : [odd] "m"(odd), [end] "m"(end)
                   : "cc", "memory");
    *sums = (tile_sums){ x0, x1, x2, x3, y0, y1, y2, y3 };
}

static inline void add_single(const int16_t *in, const int32_t *filter, int32_t blocks, tile_sums *sums)
{
    const int16_t *const odd = in + (blocks % 4) * VALUES;
    const int16_t *const end = in + blocks * VALUES;
    int32_t x0 = sums->x0, x1 = sums->x1, x2 = sums->x2, x3 = sums->x3;
    int32_t x, v, w;

    __asm volatile(LOOPS(HALF_SINGLE)
                   : [x0] "+r"(x0), [x1] "+r"(x1), [x2] "+r"(x2), [x3] "+r"(x3), [in] "+r"(in), [filter] "+r"(filter), [x] "=&r"(x),
                     [v] "=&r"(v), [w] "=&r"(w)
                   : [odd] "m"(odd), [end] "m"(end)
                   : "cc", "memory");
    *sums = (tile_sums){ x0, x1, x2, x3, 0, 0, 0, 0 };
}

#else

static void add_single(const int16_t *in, const int32_t *filter, int32_t blocks, tile_sums *sums)
{
    for (int32_t half = 0; half < 2 * blocks; ++half) {
        sums->x0 = aed_dual(filter[0], in, sums->x0);
        sums->x1 = aed_dual(filter[1], in, sums->x1);
        sums->x2 = aed_dual(filter[2], in, sums->x2);
        sums->x3 = aed_dual(filter[3], in, sums->x3);
        in += 4;
        filter += 4;
    }
}

static void add_pair(const int16_t *in, const int32_t *filter, int32_t blocks, tile_sums *sums)
{
    tile_sums second = { sums->y0, sums->y1, sums->y2, sums->y3, 0, 0, 0, 0 };

    add_single(in, filter, blocks, sums);
    add_single(in + 2, filter, blocks, &second);
    sums->y0 = second.x0;
    sums->y1 = second.x1;
    sums->y2 = second.x2;
    sums->y3 = second.x3;
}

#endif

/* Four neighbouring pixels: those outside the input repeat one word that stands for zero. */
typedef struct {
    const int8_t *pixel[4];
    int32_t step[4];
} tile_row;

static inline int32_t next_four(const int8_t **from, int32_t step, int32_t offset, int32_t *odd)
{
    int32_t bytes;

    memcpy(&bytes, *from, sizeof bytes);
    *from += step;
    *odd = aed_widen_odd(bytes, offset);
    return aed_widen_even(bytes, offset);
}

/* Stores the four sums and differences of two lanes, \`product\` values apart. */
static inline void store_products(int16_t *to, int32_t product, int32_t d0, int32_t d1, int32_t d2, int32_t d3)
{
    aed_store_lanes(to, aed_add_lanes(d1, d2));
    aed_store_lanes(to + product, aed_subtract_lanes(d2, d1));
    aed_store_lanes(to + 2 * product, aed_subtract_lanes(d0, d2));
    aed_store_lanes(to + 3 * product, aed_subtract_lanes(d1, d3));
}

/* Transforms one row of a tile: \`fours\` times four channels. */
static void transform_row(tile_row *row, int32_t fours, int32_t offset, int16_t *to, int32_t product)
{
    const int8_t *p0 = row->pixel[0];
    const int8_t *p1 = row->pixel[1];
    const int8_t *p2 = row->pixel[2];
    const int8_t *p3 = row->pixel[3];

    for (int32_t i = 0; i < fours; ++i) {
        int32_t odd0, odd1, odd2, odd3;
        const int32_t even0 = next_four(&p0, row->step[0], offset, &odd0);
        const int32_t even1 = next_four(&p1, row->step[1], offset, &odd1);
        const int32_t even2 = next_four(&p2, row->step[2], offset, &odd2);
        const int32_t even3 = next_four(&p3, row->step[3], offset, &odd3);

        store_products(to, product, even0, even1, even2, even3);
        store_products(to + 4, product, odd0, odd1, odd2, odd3);
        to += VALUES;
    }
}

/* Transforms the tile of outputs x and x + 1 into one of the two tiles of a pair. */
static void transform(const aed_conv_winograd_s8_params *params, const int8_t *in, int32_t top, aed_filter_rows rows, int32_t x, int16_t *to)
{
    const int32_t channels = params->in.channels;
    const int32_t left = x - params->window.pad_left;
    const int8_t zero[4] = { (int8_t)params->in_zero_point, (int8_t)params->in_zero_point, (int8_t)params->in_zero_point, (int8_t)params->in_zero_point };
    const int32_t offset = aed_both_lanes(-params->in_zero_point);
    const int32_t fours = channels / 4;

    for (int32_t ky = 0; ky < rows.count; ++ky) {
        const int8_t *line = in + aed_row_offset(&params->in, top + (rows.first + ky) * params->window.dilation_height);
        tile_row row;

        for (int32_t i = 0; i < 4; ++i) {
            const int inside = left + i >= 0 && left + i < params->in.width;

            row.pixel[i] = inside ? line + (left + i) * channels : zero;
            row.step[i] = inside ? 4 : 0;
        }
        transform_row(&row, fours, offset, to, rows.count * fours * VALUES);
        to += fours * VALUES;
    }
}

/* What four channels of a call need. */
typedef struct {
    const int32_t *filter;
    const aed_factors *factors;
    int32_t zero_point;
    int32_t blocks; /* of a product, of the filter rows in use */
    int32_t stride; /* words from product to product */
    int32_t channels;
} quad;

static inline int32_t plus_twice(int32_t sum, int32_t value)
{
    return (int32_t)((uint32_t)sum + 2u * (uint32_t)value);
}

/* The bias, for both tiles. */
static inline void add_bias(tile_sums *s, const int32_t *bias)
{
    s->x0 = plus_twice(s->x0, bias[0]);
    s->x1 = plus_twice(s->x1, bias[1]);
    s->x2 = plus_twice(s->x2, bias[2]);
    s->x3 = plus_twice(s->x3, bias[3]);
    s->y0 = plus_twice(s->y0, bias[0]);
    s->y1 = plus_twice(s->y1, bias[1]);
    s->y2 = plus_twice(s->y2, bias[2]);
    s->y3 = plus_twice(s->y3, bias[3]);
}

/* m1 - m2 from m1 and m1 + m2. */
static inline int32_t difference(int32_t first, int32_t both)
{
    return (int32_t)(2u * (uint32_t)first - (uint32_t)both);
}

static inline tile_sums differences(const tile_sums *m1, const tile_sums *both)
{
    const tile_sums s = { difference(m1->x0, both->x0), difference(m1->x1, both->x1), difference(m1->x2, both->x2), difference(m1->x3, both->x3),
                          difference(m1->y0, both->y0), difference(m1->y1, both->y1), difference(m1->y2, both->y2), difference(m1->y3, both->y3) };

    return s;
}

static inline aed_twice twice_of(const tile_sums *s)
{
    const aed_twice twice = { { s->x0, s->x1, s->x2, s->x3 }, { s->y0, s->y1, s->y2, s->y3 } };

    return twice;
}

/* Outputs x to x + 2 and, with \`four\`, x + 3: two tiles. */
AED_APART static void pair(const quad *q, const int16_t *in, int four, int8_t *to)
{
    const int32_t values = q->blocks * VALUES;
    const int32_t *bias = q->factors->bias;
    tile_sums s = { 0, 0, 0, 0, 0, 0, 0, 0 };

    add_pair(in, q->filter, q->blocks, &s);

    const tile_sums m1 = s;

    add_pair(in + values, q->filter + q->stride, q->blocks, &s);

    const tile_sums both = s;

    add_pair(in + 2 * values, q->filter + 2 * q->stride, q->blocks, &s);
    add_bias(&s, bias);

    const aed_twice first = twice_of(&s);

    aed_store_xy(&first, q->factors, q->zero_point, to, to + 2 * q->channels);
    s = differences(&m1, &both);
    add_bias(&s, bias);
    add_pair(in + 3 * values, q->filter + 3 * q->stride, q->blocks, &s);

    const aed_twice second = twice_of(&s);

    to += q->channels;
    if (four) {
        aed_store_xy(&second, q->factors, q->zero_point, to, to + 2 * q->channels);
    } else {
        aed_store_x(&second, q->factors, q->zero_point, to);
    }
}

/* Outputs x and, with \`two\`, x + 1: one tile. */
static void single(const quad *q, const int16_t *in, int two, int8_t *to)
{
    const int32_t values = q->blocks * VALUES;
    const int32_t *bias = q->factors->bias;
    tile_sums s = { 0, 0, 0, 0, 0, 0, 0, 0 };

    add_single(in, q->filter, q->blocks, &s);

    const tile_sums m1 = s;

    add_single(in + values, q->filter + q->stride, q->blocks, &s);

    const tile_sums both = s;

    add_single(in + 2 * values, q->filter + 2 * q->stride, q->blocks, &s);
    add_bias(&s, bias);

    const aed_twice first = twice_of(&s);

    aed_store_x(&first, q->factors, q->zero_point, to);
    if (two) {
        s = differences(&m1, &both);
        add_bias(&s, bias);
        add_single(in + 3 * values, q->filter + 3 * q->stride, q->blocks, &s);

        const aed_twice second = twice_of(&s);

        aed_store_x(&second, q->factors, q->zero_point, to + q->channels);
    }
}

void aed_conv_winograd_s8(const aed_conv_winograd_s8_params *params, const int32_t *weights, const int32_t *factors, const int8_t *in,
                          int8_t *out, int16_t *tiles, int32_t index)
{
    const aed_window *window = &params->window;
    const int32_t top = index * window->stride_height - window->pad_top;
    const aed_filter_rows rows = aed_rows_inside(window, params->in.height, top);
    const int32_t fours = params->in.channels / 4;
    const int32_t width = params->out.width;
    const int32_t product = window->filter_height * fours * (BLOCK / 2);
    int8_t *to = out + aed_row_offset(&params->out, index);

    /* \`columns\` outputs at once, which are half as many tiles. */
    for (int32_t x = 0; x < width; x += params->columns) {
        const int32_t count = aed_min(params->columns, width - x);
        const int32_t room = PRODUCTS * rows.count * fours * VALUES;

        for (int32_t i = 0; i < count; i += 2) {
            transform(params, in, top, rows, x + i, tiles + (i / 4) * room + (i / 2 % 2) * 2);
        }
        for (int32_t c = 0; c < params->out.channels; c += 4) {
            const quad q = { weights + c / 4 * PRODUCTS * product + rows.first * fours * (BLOCK / 2), aed_factors_of(factors) + c / 4,
                             params->range.zero_point, rows.count * fours, product, params->out.channels };
            for (int32_t i = 0; i < count; i += 4) {
                const int16_t *from = tiles + i / 4 * room;
                int8_t *first = to + (x + i) * q.channels + c;

                if (count - i > 2) {
                    pair(&q, from, count - i > 3, first);
                } else {
                    single(&q, from, count - i > 1, first);
                }
            }
        }
    }
    aed_limit(to, aed_row_size(&params->out), &params->range);
}
`,
  'src/aed_dense_s8.c': `#include <string.h>

#include "aed_dsp.h"
#include "aed_kernels.h"

#if defined(__ARM_FEATURE_DSP)

/* Four products by two dual multiplications. */
static inline int32_t dot_4(const int8_t *w, int32_t even, int32_t odd, int32_t sum)
{
    int32_t bytes;

    memcpy(&bytes, w, sizeof bytes);
    sum = __smlad((int16x2_t)__sxtb16((int8x4_t)bytes), (int16x2_t)even, sum);
    return __smlad((int16x2_t)aed_widen_odd(bytes, 0), (int16x2_t)odd, sum);
}

/* Four channels share each value. */
static void add_4(const int8_t *w, int32_t depth, const int8_t *row, int32_t size, int32_t *sum)
{
    int32_t s0 = sum[0], s1 = sum[1], s2 = sum[2], s3 = sum[3];
    int32_t k = 0;

    for (; k + 4 <= size; k += 4) {
        int32_t bytes;

        memcpy(&bytes, row + k, sizeof bytes);

        const int32_t even = (int32_t)__sxtb16((int8x4_t)bytes);
        const int32_t odd = aed_widen_odd(bytes, 0);

        s0 = dot_4(w, even, odd, s0);
        s1 = dot_4(w + depth, even, odd, s1);
        s2 = dot_4(w + 2 * depth, even, odd, s2);
        s3 = dot_4(w + 3 * depth, even, odd, s3);
        w += 4;
    }
    for (; k < size; ++k) {
        s0 += w[0] * row[k];
        s1 += w[depth] * row[k];
        s2 += w[2 * depth] * row[k];
        s3 += w[3 * depth] * row[k];
        ++w;
    }
    sum[0] = s0;
    sum[1] = s1;
    sum[2] = s2;
    sum[3] = s3;
}

#endif

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
    int32_t channel = 0;

#if defined(__ARM_FEATURE_DSP)
    for (; channel + 4 <= channels; channel += 4) {
        add_4(weights + channel * depth + index * size, depth, row, size, sum + channel);
    }
#endif
    for (; channel < channels; ++channel) {
        const int8_t *w = weights + channel * depth + index * size;
        int32_t partial = 0;

        for (int32_t k = 0; k < size; ++k) {
            partial += w[k] * row[k];
        }
        sum[channel] += partial;
    }
    if (index == params->in.height - 1) {
        for (channel = 0; channel < channels; ++channel) {
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
        const int8_t weight = weights[channel];
        const int32_t start = bias[channel] - weight * params->in_zero_point;
        const int32_t m = multiplier[channel];
        const int8_t s = shift[channel];
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
  'src/aed_matmul_packed_s8.c': `#include "aed_dsp.h"
#include "aed_kernels.h"

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

#if defined(AED_ALL_REGISTERS)

#define HALF_PAIR                           \\
    "ldrd %[x], %[y], [%[in]], #8\\n\\t"      \\
    "ldrd %[v], %[w], [%[weights]], #8\\n\\t" \\
    "smlad %[x01], %[v], %[x], %[x01]\\n\\t"  \\
    "smlad %[y01], %[v], %[y], %[y01]\\n\\t"  \\
    "sxtb16 %[v], %[v]\\n\\t"                 \\
    "smlad %[x23], %[w], %[x], %[x23]\\n\\t"  \\
    "smlad %[y23], %[w], %[y], %[y23]\\n\\t"  \\
    "sxtb16 %[w], %[w]\\n\\t"                 \\
    "smlad %[x0], %[v], %[x], %[x0]\\n\\t"    \\
    "smlad %[y0], %[v], %[y], %[y0]\\n\\t"    \\
    "smlad %[x2], %[w], %[x], %[x2]\\n\\t"    \\
    "smlad %[y2], %[w], %[y], %[y2]\\n\\t"

#define HALF_SINGLE                         \\
    "ldr %[x], [%[in]], #8\\n\\t"             \\
    "ldrd %[v], %[w], [%[weights]], #8\\n\\t" \\
    "smlad %[x01], %[v], %[x], %[x01]\\n\\t"  \\
    "sxtb16 %[v], %[v]\\n\\t"                 \\
    "smlad %[x23], %[w], %[x], %[x23]\\n\\t"  \\
    "sxtb16 %[w], %[w]\\n\\t"                 \\
    "smlad %[x0], %[v], %[x], %[x0]\\n\\t"    \\
    "smlad %[x2], %[w], %[x], %[x2]\\n\\t"

/* Blocks by ones up to \`odd\`, then by fours up to \`end\`. */
#define LOOPS(HALF)          \\
    "b 2f\\n"                 \\
    "1:\\n\\t" HALF HALF       \\
    "2:\\n\\t"                 \\
    "ldr %[x], %[odd]\\n\\t"   \\
    "cmp %[in], %[x]\\n\\t"    \\
    "bne 1b\\n\\t"             \\
    "b 4f\\n"                 \\
    "3:\\n\\t" HALF HALF HALF HALF HALF HALF HALF HALF \\
    "4:\\n\\t"                 \\
    "ldr %[x], %[end]\\n\\t"   \\
    "cmp %[in], %[x]\\n\\t"    \\
    "bne 3b\\n\\t"

static inline void add_pair(const int16_t *in, const int32_t *weights, int32_t blocks, block_sums *sums)
{
    const int16_t *const odd = in + (blocks % 4) * VALUES;
    const int16_t *const end = in + blocks * VALUES;
    int32_t x0 = sums->x0, x01 = sums->x01, x2 = sums->x2, x23 = sums->x23;
    int32_t y0 = sums->y0, y01 = sums->y01, y2 = sums->y2, y23 = sums->y23;
    int32_t x, y, v, w;

    __asm volatile(LOOPS(HALF_PAIR)
                   : [x0] "+r"(x0), [x01] "+r"(x01), [x2] "+r"(x2), [x23] "+r"(x23), [y0] "+r"(y0), [y01] "+r"(y01),
                     [y2] "+r"(y2), [y23] "+r"(y23), [in] "+r"(in), [weights] "+r"(weights), [x] "=&r"(x), [y] "=&r"(y),
                     [v] "=&r"(v), [w] "=&r"(w)
                   : [odd] "m"(odd), [end] "m"(end)
                   : "cc", "memory");
    *sums = (block_sums){ x0, x01, x2, x23, y0, y01, y2, y23 };
}

static inline void add_single(const int16_t *in, const int32_t *weights, int32_t blocks, block_sums *sums)
{
    const int16_t *const odd = in + (blocks % 4) * VALUES;
    const int16_t *const end = in + blocks * VALUES;
    int32_t x0 = sums->x0, x01 = sums->x01, x2 = sums->x2, x23 = sums->x23;
    int32_t x, v, w;

    __asm volatile(LOOPS(HALF_SINGLE)
                   : [x0] "+r"(x0), [x01] "+r"(x01), [x2] "+r"(x2), [x23] "+r"(x23), [in] "+r"(in), [weights] "+r"(weights),
                     [x] "=&r"(x), [v] "=&r"(v), [w] "=&r"(w)
                   : [odd] "m"(odd), [end] "m"(end)
                   : "cc", "memory");
    sums->x0 = x0;
    sums->x01 = x01;
    sums->x2 = x2;
    sums->x23 = x23;
}

#else

static int32_t low_bytes(int32_t word)
{
    const uint32_t lanes = (uint32_t)word;

    return (int32_t)(((uint32_t)(int8_t)(lanes & 0xffu) & 0xffffu) | (uint32_t)(int8_t)((lanes >> 16) & 0xffu) << 16);
}

static void add_single(const int16_t *in, const int32_t *weights, int32_t blocks, block_sums *sums)
{
    for (int32_t half = 0; half < 2 * blocks; ++half) {
        const int32_t v = weights[0];
        const int32_t w = weights[1];

        sums->x01 = aed_dual(v, in, sums->x01);
        sums->x23 = aed_dual(w, in, sums->x23);
        sums->x0 = aed_dual(low_bytes(v), in, sums->x0);
        sums->x2 = aed_dual(low_bytes(w), in, sums->x2);
        in += 4;
        weights += 2;
    }
}

static void add_pair(const int16_t *in, const int32_t *weights, int32_t blocks, block_sums *sums)
{
    block_sums second = { sums->y0, sums->y01, sums->y2, sums->y23, 0, 0, 0, 0 };

    add_single(in, weights, blocks, sums);
    add_single(in + 2, weights, blocks, &second);
    sums->y0 = second.x0;
    sums->y01 = second.x01;
    sums->y2 = second.x2;
    sums->y23 = second.x23;
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

void aed_matmul_packed_s8(const aed_packed_sums *packed, const int16_t *columns, int32_t count, int8_t *out)
{
    const int32_t blocks = packed->blocks;
    const int32_t channels = packed->channels;
    const int32_t zero_point = packed->zero_point;
    const int32_t *weights = packed->weights;

    for (int32_t c = 0; c < channels; c += 4) {
        const aed_factors *factors = packed->factors + c / 4;
        const int32_t *bias = factors->bias;
        const int16_t *in = columns;
        int8_t *to = out + c;
        int32_t left = count;

        for (; left > 1; left -= 2) {
            const int32_t b01 = both(bias);
            const int32_t b23 = both(bias + 2);
            block_sums s = { bias[0], b01, bias[2], b23, bias[0], b01, bias[2], b23 };

            add_pair(in, weights, blocks, &s);

            const aed_twice twice = { { 2 * s.x0, twice_odd(s.x01, s.x0), 2 * s.x2, twice_odd(s.x23, s.x2) },
                                      { 2 * s.y0, twice_odd(s.y01, s.y0), 2 * s.y2, twice_odd(s.y23, s.y2) } };

            aed_store_xy(&twice, factors, zero_point, to, to + channels);
            in += blocks * VALUES;
            to += 2 * channels;
        }
        if (left > 0) {
            block_sums s = { bias[0], both(bias), bias[2], both(bias + 2), 0, 0, 0, 0 };

            add_single(in, weights, blocks, &s);

            const aed_twice twice = { { 2 * s.x0, twice_odd(s.x01, s.x0), 2 * s.x2, twice_odd(s.x23, s.x2) }, { 0, 0, 0, 0 } };

            aed_store_x(&twice, factors, zero_point, to);
        }
        weights += packed->stride;
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
        const int8_t x = x0[k];
        const int8_t y = x1[k];

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
        const int8_t s = shift[channel];

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

/* \`fours\` times four channels of \`columns\` neighbouring pixels; inlined for each number, so that nothing counts them. */
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
  'src/aed_pooled_tap_statistics_s8.c': `#include "aed_kernels.h"

void aed_pooled_tap_statistics_s8(const aed_pooled_tap_statistics_s8_params *params, const int8_t *in, int32_t *sum, uint32_t *squares,
                                  int16_t *max, int32_t index)
{
    const int32_t channels = params->in.channels;
    const int32_t size = aed_row_size(&params->in);
    const int32_t pool = params->row_pool;
    const int8_t *const first = in + aed_row_offset(&params->in, index * pool);
    const int8_t *const end = in + params->in.slots * size;
    const int32_t slots = index * channels;

    for (int32_t channel = 0; channel < channels; ++channel) {
        const int32_t slot = slots + channel;
        int32_t of_rows = 0;
        uint32_t of_squares = 0;
        int32_t most = INT16_MIN;

        for (int32_t i = channel; i < size; i += channels) {
            const int8_t *row = first;
            int32_t x = 0;

            for (int32_t y = 0; y < pool; ++y) {
                x += row[i];
                row = row + size == end ? in : row + size;
            }
            most = aed_max(most, x);
            x -= pool * params->zero_point;
            of_rows += x;
            of_squares += (uint32_t)(x * x);
        }
        if (sum != NULL) {
            sum[slot] += of_rows;
        }
        if (squares != NULL) {
            squares[slot] += of_squares;
        }
        if (max != NULL) {
            max[slot] = (int16_t)aed_max(max[slot], most);
        }
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
  'src/aed_scale_s8.c': `#include "aed_dsp.h"
#include "aed_kernels.h"

void aed_scale_s8(const aed_scale_s8_params *params, const int8_t *constant, const int8_t *in, int8_t *out, int32_t index)
{
    const int32_t channels = params->in.channels;
    const int32_t pixels = params->in.width;
    const int32_t multiplier = params->multiplier;
    const int32_t shift = params->shift;
    const int32_t zero_point = params->range.zero_point;
    const int8_t *row = in + aed_row_offset(&params->in, index);
    int8_t *out_row = out + aed_row_offset(&params->out, index);

    for (int32_t channel = 0; channel < channels; ++channel) {
        const int32_t f = 2 * (constant[channel] - params->constant_zero_point);
        const int32_t o = -f * params->in_zero_point;
        const int8_t *from = row + channel;
        int8_t *to = out_row + channel;

        for (int32_t i = 0; i < pixels; ++i) {
            *to = aed_requantize(f * *from + o, multiplier, shift, zero_point);
            from += channels;
            to += channels;
        }
    }
    aed_limit(out_row, aed_row_size(&params->out), &params->range);
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
  'src/aed_tap_statistics_s8.c': `#include "aed_kernels.h"

void aed_tap_statistics_s8(const aed_tap_statistics_s8_params *params, const int8_t *in, int32_t *sum, uint32_t *squares, int8_t *max,
                           int32_t index)
{
    const int8_t *row = in + aed_row_offset(&params->in, index);
    const int32_t channels = params->in.channels;
    const int32_t size = aed_row_size(&params->in);
    const int32_t slots = index * channels;

    for (int32_t channel = 0; channel < channels; ++channel) {
        const int32_t slot = slots + channel;
        int32_t of_row = 0;
        uint32_t of_squares = 0;
        int32_t most = -128;

        for (int32_t i = channel; i < size; i += channels) {
            const int32_t x = row[i] - params->zero_point;

            of_row += x;
            of_squares += (uint32_t)(x * x);
            most = aed_max(most, row[i]);
        }
        if (sum != NULL) {
            sum[slot] += of_row;
        }
        if (squares != NULL) {
            squares[slot] += of_squares;
        }
        if (max != NULL) {
            max[slot] = (int8_t)aed_max(max[slot], most);
        }
    }
}
`,
}
