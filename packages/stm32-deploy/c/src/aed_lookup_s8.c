#include "aed_kernels.h"

void aed_lookup_s8(const aed_lookup_s8_params *params, const int8_t *table, const int8_t *in, int8_t *out, int32_t index)
{
    const int8_t *row = in + aed_row_offset(&params->in, index);
    int8_t *out_row = out + aed_row_offset(&params->out, index);
    const int32_t size = aed_row_size(&params->in);

    for (int32_t i = 0; i < size; ++i) {
        out_row[i] = table[row[i] + 128];
    }
}
