#include "aed_dsp.h"
#include "aed_kernels.h"

/* A channel at a time, from `channel` on. */
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
