#include "aed_kernels.h"

/* Bits by which both operands are shifted left, so that bringing them to one scale costs no precision. */
#define LEFT_SHIFT 20

static int32_t rescale(int8_t value, const aed_operand *operand, const aed_factor *factor)
{
    const int32_t shifted = (value - operand->zero_point) * ((int32_t)1 << LEFT_SHIFT);

    return aed_scale(shifted, factor->multiplier, factor->shift);
}

void aed_add_s8(const aed_add_s8_params *params, const int8_t *a, const int8_t *b, int8_t *out, int32_t index)
{
    const aed_factor *factor = &params->factor;
    int8_t *out_row = out + aed_row_offset(&params->out, index);

    a += aed_row_offset(&params->a.lines, index * params->a.row_step);
    b += aed_row_offset(&params->b.lines, index * params->b.row_step);
    for (int32_t x = 0; x < params->out.width; ++x) {
        const int8_t *value_a = a + x * params->a.column_step;
        const int8_t *value_b = b + x * params->b.column_step;

        for (int32_t channel = 0; channel < params->out.channels; ++channel) {
            const int32_t sum = rescale(*value_a, &params->a, &params->factor_a) + rescale(*value_b, &params->b, &params->factor_b);

            value_a += params->a.channel_step;
            value_b += params->b.channel_step;
            *out_row++ = aed_clamp(aed_scale(sum, factor->multiplier, factor->shift) + params->range.zero_point, &params->range);
        }
    }
}
