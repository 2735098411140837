#include <string.h>

#include "aed_kernels.h"

void aed_pad_s8(const aed_pad_s8_params *params, const int8_t *in, int8_t *out, int32_t index)
{
    const int32_t y = index - params->pad_top;
    int8_t *out_row = out + aed_row_offset(&params->out, index);

    memset(out_row, params->value, (size_t)aed_row_size(&params->out));
    if (y < 0 || y >= params->in.height) {
        return;
    }
    const int8_t *row = in + aed_row_offset(&params->in, y);

    out_row += params->pad_left * params->out.channels + params->pad_channels;
    for (int32_t x = 0; x < params->in.width; ++x) {
        memcpy(out_row, row, (size_t)params->in.channels);
        row += params->in.channels;
        out_row += params->out.channels;
    }
}
