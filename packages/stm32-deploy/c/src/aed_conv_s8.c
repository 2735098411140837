#include <string.h>

#include "aed_kernels.h"

/* Copies the window of output (index, x) to `patch`; taps outside the input are the zero point. */
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
