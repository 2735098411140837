#include "aed_kernels.h"

void aed_tap_statistics_s8(const aed_tap_statistics_s8_params *params, const int8_t *in, int32_t *sum, uint32_t *squares, int8_t *max,
                           int32_t index)
{
    const int8_t *row = in + aed_row_offset(&params->in, index);
    const int32_t channels = params->in.channels;
    const int32_t size = aed_row_size(&params->in);
    const int32_t slots = index * channels;

    for (int32_t channel = 0; channel < channels; ++channel) {
        const int32_t slot = slots + channel;
        int32_t of_row = 0;
        uint32_t of_squares = 0;
        int32_t most = -128;

        for (int32_t i = channel; i < size; i += channels) {
            const int32_t x = row[i] - params->zero_point;

            of_row += x;
            of_squares += (uint32_t)(x * x);
            most = aed_max(most, row[i]);
        }
        if (sum != NULL) {
            sum[slot] += of_row;
        }
        if (squares != NULL) {
            squares[slot] += of_squares;
        }
        if (max != NULL) {
            max[slot] = (int8_t)aed_max(max[slot], most);
        }
    }
}
