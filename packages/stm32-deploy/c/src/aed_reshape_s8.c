#include <string.h>

#include "aed_kernels.h"

void aed_reshape_s8(const aed_reshape_s8_params *params, const int8_t *in, int8_t *out, int32_t index)
{
    const int32_t size = aed_row_size(&params->in);

    memcpy(out + index * size, in + aed_row_offset(&params->in, index), (size_t)size);
}
