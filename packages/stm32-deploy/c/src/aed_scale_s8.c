#include "aed_dsp.h"
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
