#include <string.h>

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
