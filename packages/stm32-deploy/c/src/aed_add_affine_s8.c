#include "aed_kernels.h"

void aed_add_affine_s8(const aed_add_affine_s8_params *params, const int8_t *a, const int8_t *b, int8_t *out, int32_t index)
{
    const int32_t size = aed_row_size(&params->out);
    const int32_t factor_a = params->factor_a;
    const int32_t factor_b = params->factor_b;
    const int32_t offset = params->offset;
    const int32_t shift = params->shift;
    const aed_range range = params->range;
    int8_t *out_row = out + aed_row_offset(&params->out, index);

    a += aed_row_offset(&params->a, index);
    b += aed_row_offset(&params->b, index);
    for (int32_t i = 0; i < size; ++i) {
        out_row[i] = aed_clamp((factor_a * a[i] + factor_b * b[i] + offset) >> shift, &range);
    }
}
