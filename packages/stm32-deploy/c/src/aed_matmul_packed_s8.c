#include <string.h>

#include "aed_kernels.h"

/*
 * Packed weights: for each four channels c, for each four depths k, 16 bytes
 *     { c0 c1 of k0, c0 c1 of k2 }, { c2 c3 of k0, c2 c3 of k2 }, { c0 c1 of k1, c0 c1 of k3 }, { c2 c3 of k1, c2 c3 of k3 }.
 * A pair of bytes, little end first, is the 16-bit number even + 256 * odd: its high byte is `odd` less the borrow of a
 * negative `even`. One dual multiply-accumulate of it gives the sum of `even` plus 256 times that of `odd`, so that two
 * channels share a load and an instruction.
 */
#define BLOCK_BYTES 16

#if defined(__ARM_FEATURE_DSP)

#include <arm_acle.h>

static inline uint32_t load(const int8_t *from)
{
    uint32_t word;

    memcpy(&word, from, sizeof word);
    return word;
}

static inline uint32_t odd_bytes(uint32_t word)
{
    return (uint32_t)__sxtb16((int8x4_t)((word >> 8) | (word << 24)));
}

static inline int32_t dual(uint32_t a, uint32_t b, int32_t sum)
{
    return __smlad((int16x2_t)a, (int16x2_t)b, sum);
}

/* Sums of four channels: `even` of channel 0 or 2; `both` of the even channel plus 256 times the odd one. */
typedef struct {
    int32_t even0, both0, even2, both2;
} sums;

/* Two words of weights, by the same two depths of two columns. */
#define STEP(word0, word2)                       \
    do {                                         \
        uint32_t w0 = (word0);                   \
        uint32_t w2 = (word2);                   \
                                                 \
        a.both0 = dual(w0, x, a.both0);          \
        b.both0 = dual(w0, y, b.both0);          \
        w0 = (uint32_t)__sxtb16((int8x4_t)w0);   \
        a.both2 = dual(w2, x, a.both2);          \
        b.both2 = dual(w2, y, b.both2);          \
        w2 = (uint32_t)__sxtb16((int8x4_t)w2);   \
        a.even0 = dual(w0, x, a.even0);          \
        b.even0 = dual(w0, y, b.even0);          \
        a.even2 = dual(w2, x, a.even2);          \
        b.even2 = dual(w2, y, b.even2);          \
    } while (0)

/*
 * twice = 2 * sum, brought to int8. In aed_scale the second rounding takes one off where the first one's result is
 * negative; taking it off where the sum is negative differs for sums that the first rounds to 0 only, which stay 0.
 */
static inline int8_t requantize(int32_t twice, int32_t multiplier, int32_t right, const aed_range *range)
{
    const int32_t offset = ((int32_t)1 << (right - 1)) + range->zero_point * ((int32_t)1 << right);
    int32_t value;

    __asm("smmlar %0, %1, %2, %3" : "=r"(value) : "r"(twice), "r"(multiplier), "r"(offset));
    return aed_clamp((value + (twice >> 31)) >> right, range);
}

static inline void write_sums(const sums *s, const int32_t *multiplier, const int8_t *shift, const aed_range *range, int8_t *out)
{
    out[0] = requantize(s->even0 * 2, multiplier[0], -shift[0], range);
    out[1] = requantize((int32_t)((uint32_t)s->both0 - (uint32_t)s->even0) >> 7, multiplier[1], -shift[1], range);
    out[2] = requantize(s->even2 * 2, multiplier[2], -shift[2], range);
    out[3] = requantize((int32_t)((uint32_t)s->both2 - (uint32_t)s->even2) >> 7, multiplier[3], -shift[3], range);
}

static void four_channels(const int8_t *x0, const int8_t *x1, int32_t depth, const int8_t *weights, const int32_t *bias,
                          const int32_t *multiplier, const int8_t *shift, const aed_range *range, int8_t *out0, int8_t *out1)
{
    const int8_t *second = x1 != NULL ? x1 : x0;
    const int8_t *end = x0 + depth;
    sums a = { bias[0], (int32_t)((uint32_t)bias[0] + 256u * (uint32_t)bias[1]), bias[2],
               (int32_t)((uint32_t)bias[2] + 256u * (uint32_t)bias[3]) };
    sums b = a;

    do {
        uint32_t x = (uint32_t)__sxtb16((int8x4_t)load(x0));
        uint32_t y = (uint32_t)__sxtb16((int8x4_t)load(second));

        STEP(load(weights), load(weights + 4));
        x = odd_bytes(load(x0));
        y = odd_bytes(load(second));
        STEP(load(weights + 8), load(weights + 12));
        weights += BLOCK_BYTES;
        x0 += 4;
        second += 4;
    } while (x0 != end);
    write_sums(&a, multiplier, shift, range, out0);
    if (x1 != NULL) {
        write_sums(&b, multiplier, shift, range, out1);
    }
}

#else

/* Takes one input of both columns times a pair of weights into the sums of two channels. */
static inline void take(const int8_t *pair, int32_t x, int32_t y, int32_t *sum0, int32_t *sum1)
{
    const int32_t even = pair[0];
    const int32_t odd = pair[1] + (even < 0 ? 1 : 0);

    sum0[0] += even * x;
    sum0[1] += odd * x;
    sum1[0] += even * y;
    sum1[1] += odd * y;
}

static void four_channels(const int8_t *x0, const int8_t *x1, int32_t depth, const int8_t *weights, const int32_t *bias,
                          const int32_t *multiplier, const int8_t *shift, const aed_range *range, int8_t *out0, int8_t *out1)
{
    const int8_t *second = x1 != NULL ? x1 : x0;
    int32_t sum0[4] = { bias[0], bias[1], bias[2], bias[3] };
    int32_t sum1[4] = { bias[0], bias[1], bias[2], bias[3] };

    for (int32_t k = 0; k < depth; k += 4) {
        for (int32_t pair = 0; pair < 4; pair += 2) {
            const int8_t *w = weights + 2 * pair;

            take(w, x0[k], second[k], sum0 + pair, sum1 + pair);
            take(w + 2, x0[k + 2], second[k + 2], sum0 + pair, sum1 + pair);
            take(w + 8, x0[k + 1], second[k + 1], sum0 + pair, sum1 + pair);
            take(w + 10, x0[k + 3], second[k + 3], sum0 + pair, sum1 + pair);
        }
        weights += BLOCK_BYTES;
    }
    for (int32_t c = 0; c < 4; ++c) {
        out0[c] = aed_clamp(aed_scale(sum0[c], multiplier[c], shift[c]) + range->zero_point, range);
        if (x1 != NULL) {
            out1[c] = aed_clamp(aed_scale(sum1[c], multiplier[c], shift[c]) + range->zero_point, range);
        }
    }
}

#endif

void aed_matmul_packed_s8(const int8_t *x0, const int8_t *x1, int32_t depth, const int8_t *weights, const int32_t *bias,
                          const int32_t *multiplier, const int8_t *shift, int32_t channels, const aed_range *range,
                          int8_t *out0, int8_t *out1)
{
    for (int32_t c = 0; c < channels; c += 4) {
        four_channels(x0, x1, depth, weights + c * depth, bias + c, multiplier + c, shift + c, range, out0 + c, out1 + c);
    }
}
