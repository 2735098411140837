#include "aed_kernels.h"

void aed_mul_s8(const aed_mul_s8_params *params, const int8_t *a, const int8_t *b, int8_t *out, int32_t index)
{
    const aed_factor *factor = &params->factor;
    int8_t *out_row = out + aed_row_offset(&params->out, index);

    a += aed_row_offset(&params->a.lines, index * params->a.row_step);
    b += aed_row_offset(&params->b.lines, index * params->b.row_step);
    for (int32_t x = 0; x < params->out.width; ++x) {
        const int8_t *value_a = a + x * params->a.column_step;
        const int8_t *value_b = b + x * params->b.column_step;

        for (int32_t channel = 0; channel < params->out.channels; ++channel) {
            const int32_t product = (*value_a - params->a.zero_point) * (*value_b - params->b.zero_point);

            value_a += params->a.channel_step;
            value_b += params->b.channel_step;
            *out_row++ = aed_clamp(aed_scale(product, factor->multiplier, factor->shift) + params->range.zero_point, &params->range);
        }
    }
}
