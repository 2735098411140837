#include "aed_kernels.h"

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
