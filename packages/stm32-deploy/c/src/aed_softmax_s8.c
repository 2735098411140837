#include "aed_kernels.h"

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
