#include <math.h>

#include "aed_front_end.h"

void aed_fe_magnitude_f32(const aed_front_end *fe, float *frame)
{
    for (int32_t k = 0; k <= fe->n_fft; k += 2) {
        frame[k] = sqrtf(frame[k]);
    }
}
