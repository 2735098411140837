#include "aed_kernels.h"

/* Sum of the window's products for one output channel; padding is the zero point and so adds nothing. */
static int32_t window_sum(const aed_depthwise_conv_s8_params *params, const int8_t *weights, const int8_t *in, int32_t top,
                          int32_t left, int32_t channel)
{
    const aed_window *window = &params->window;
    const int32_t in_channel = channel / params->channel_multiplier;
    int32_t sum = 0;

    for (int32_t ky = 0; ky < window->filter_height; ++ky) {
        const int32_t y = top + ky * window->dilation_height;

        if (y < 0 || y >= params->in.height) {
            continue;
        }
        const int8_t *row = in + aed_row_offset(&params->in, y) + in_channel;
        const int8_t *taps = weights + ky * window->filter_width * params->out.channels + channel;

        for (int32_t kx = 0; kx < window->filter_width; ++kx) {
            const int32_t x = left + kx * window->dilation_width;

            if (x >= 0 && x < params->in.width) {
                sum += (row[x * params->in.channels] - params->in_zero_point) * taps[kx * params->out.channels];
            }
        }
    }
    return sum;
}

/* A 1 x 1 window that lies on the input's own columns: a scale and an offset for each channel. */
static void scale_row(const aed_depthwise_conv_s8_params *params, const int8_t *weights, const int32_t *bias,
                      const int32_t *multiplier, const int8_t *shift, const int8_t *row, int8_t *out_row)
{
    const int32_t channels = params->out.channels;
    const int32_t width = params->out.width;

    for (int32_t channel = 0; channel < channels; ++channel) {
        const int8_t weight = weights[channel];
        const int32_t start = bias[channel] - weight * params->in_zero_point;
        const int32_t m = multiplier[channel];
        const int8_t s = shift[channel];
        const int8_t *from = row + channel;
        int8_t *to = out_row + channel;

        for (int32_t x = 0; x < width; ++x) {
            *to = aed_clamp(aed_scale(start + weight * *from, m, s) + params->range.zero_point, &params->range);
            from += channels;
            to += channels;
        }
    }
}

void aed_depthwise_conv_s8(const aed_depthwise_conv_s8_params *params, const int8_t *weights, const int32_t *bias,
                           const int32_t *multiplier, const int8_t *shift, const int8_t *in, int8_t *out, int32_t index)
{
    const int32_t top = index * params->window.stride_height - params->window.pad_top;
    const aed_window *window = &params->window;
    int8_t *out_row = out + aed_row_offset(&params->out, index);

    if (window->filter_height == 1 && window->filter_width == 1 && window->stride_height == 1 && window->stride_width == 1 &&
        window->pad_top == 0 && window->pad_left == 0 && params->channel_multiplier == 1 &&
        params->in.width == params->out.width && index < params->in.height) {
        scale_row(params, weights, bias, multiplier, shift, in + aed_row_offset(&params->in, index), out_row);
        return;
    }
    for (int32_t x = 0; x < params->out.width; ++x) {
        const int32_t left = x * params->window.stride_width - params->window.pad_left;

        for (int32_t channel = 0; channel < params->out.channels; ++channel) {
            const int32_t sum = bias[channel] + window_sum(params, weights, in, top, left, channel);
            const int32_t value = aed_scale(sum, multiplier[channel], shift[channel]) + params->range.zero_point;

            *out_row++ = aed_clamp(value, &params->range);
        }
    }
}
