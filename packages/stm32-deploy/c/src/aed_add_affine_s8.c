#include "aed_dsp.h"
#include "aed_kernels.h"

void aed_add_affine_s8(const aed_add_affine_s8_params *params, const int8_t *a, const int8_t *b, int8_t *out, int32_t index)
{
    const int32_t size = aed_row_size(&params->out);
    const int32_t factor_a = params->factor_a;
    const int32_t factor_b = params->factor_b;
    const int32_t offset = params->offset;
    const int32_t shift = params->shift;
    int8_t *out_row = out + aed_row_offset(&params->out, index);
    int32_t i = 0;

    a += aed_row_offset(&params->a, index);
    b += aed_row_offset(&params->b, index);
    for (; i + 4 <= size; i += 4) {
        out_row[i] = (int8_t)aed_saturate((factor_a * a[i] + factor_b * b[i] + offset) >> shift);
        out_row[i + 1] = (int8_t)aed_saturate((factor_a * a[i + 1] + factor_b * b[i + 1] + offset) >> shift);
        out_row[i + 2] = (int8_t)aed_saturate((factor_a * a[i + 2] + factor_b * b[i + 2] + offset) >> shift);
        out_row[i + 3] = (int8_t)aed_saturate((factor_a * a[i + 3] + factor_b * b[i + 3] + offset) >> shift);
    }
    for (; i < size; ++i) {
        out_row[i] = (int8_t)aed_saturate((factor_a * a[i] + factor_b * b[i] + offset) >> shift);
    }
    aed_limit(out_row, size, &params->range);
}
