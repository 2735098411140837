#include "aed_kernels.h"

void aed_average_pool_s8(const aed_average_pool_s8_params *params, const int8_t *in, int8_t *out, int32_t index)
{
    const aed_window *window = &params->window;
    const int32_t channels = params->in.channels;
    const int32_t top = index * window->stride_height - window->pad_top;
    const int32_t y_begin = aed_max(top, 0);
    const int32_t y_end = aed_min(top + window->filter_height, params->in.height);
    int8_t *out_row = out + aed_row_offset(&params->out, index);

    for (int32_t x = 0; x < params->out.width; ++x) {
        const int32_t left = x * window->stride_width - window->pad_left;
        const int32_t x_begin = aed_max(left, 0);
        const int32_t x_end = aed_min(left + window->filter_width, params->in.width);
        const int32_t count = (y_end - y_begin) * (x_end - x_begin);

        for (int32_t channel = 0; channel < channels; ++channel) {
            int32_t sum = 0;

            for (int32_t y = y_begin; y < y_end; ++y) {
                const int8_t *row = in + aed_row_offset(&params->in, y) + channel;

                for (int32_t column = x_begin; column < x_end; ++column) {
                    sum += row[column * channels];
                }
            }
            /* Division truncates: half the count with the sum's sign makes it round half away from zero. */
            *out_row++ = aed_clamp((sum > 0 ? sum + count / 2 : sum - count / 2) / count, &params->range);
        }
    }
}
