#include "aed_kernels.h"

void aed_pooled_tap_statistics_s8(const aed_pooled_tap_statistics_s8_params *params, const int8_t *in, int32_t *sum, uint32_t *squares,
                                  int16_t *max, int32_t index)
{
    const int32_t channels = params->in.channels;
    const int32_t size = aed_row_size(&params->in);
    const int32_t pool = params->row_pool;
    const int8_t *const first = in + aed_row_offset(&params->in, index * pool);
    const int8_t *const end = in + params->in.slots * size;
    const int32_t slots = index * channels;

    for (int32_t channel = 0; channel < channels; ++channel) {
        const int32_t slot = slots + channel;
        int32_t of_rows = 0;
        uint32_t of_squares = 0;
        int32_t most = INT16_MIN;

        for (int32_t i = channel; i < size; i += channels) {
            const int8_t *row = first;
            int32_t x = 0;

            for (int32_t y = 0; y < pool; ++y) {
                x += row[i];
                row = row + size == end ? in : row + size;
            }
            most = aed_max(most, x);
            x -= pool * params->zero_point;
            of_rows += x;
            of_squares += (uint32_t)(x * x);
        }
        if (sum != NULL) {
            sum[slot] += of_rows;
        }
        if (squares != NULL) {
            squares[slot] += of_squares;
        }
        if (max != NULL) {
            max[slot] = (int16_t)aed_max(max[slot], most);
        }
    }
}
