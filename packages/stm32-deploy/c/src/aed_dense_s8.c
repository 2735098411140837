#include <string.h>

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
