#include "aed_kernels.h"

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
