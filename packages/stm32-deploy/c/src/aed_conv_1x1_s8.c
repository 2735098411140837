#include "aed_kernels.h"

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
