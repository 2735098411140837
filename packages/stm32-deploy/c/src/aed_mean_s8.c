#include <string.h>

#include "aed_kernels.h"

void aed_mean_s8(const aed_mean_s8_params *params, const int8_t *in, int8_t *out, int32_t *sum, int32_t index)
{
    const int8_t *row = in + aed_row_offset(&params->in, index);
    const int averages_rows = params->row_step == 0;

    if (!averages_rows || index == 0) {
        memset(sum, 0, (size_t)params->sums * sizeof *sum);
    }
    for (int32_t x = 0; x < params->in.width; ++x) {
        int32_t *to = sum + x * params->column_step;

        for (int32_t channel = 0; channel < params->in.channels; ++channel) {
            to[channel * params->channel_step] += *row++;
        }
    }
    if (!averages_rows || index == params->in.height - 1) {
        int8_t *out_row = out + aed_row_offset(&params->out, index * params->row_step);

        for (int32_t i = 0; i < params->sums; ++i) {
            const int32_t value = aed_scale(sum[i] - params->zero_sum, params->factor.multiplier, params->factor.shift);

            out_row[i] = aed_clamp(value + params->range.zero_point, &params->range);
        }
    }
}
