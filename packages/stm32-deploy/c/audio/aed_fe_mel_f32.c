#include <stddef.h>

#include "aed_front_end.h"

void aed_fe_mel_f32(const aed_front_end *fe, const float *frame, float *mel)
{
    const float *weight = fe->weights;

    for (int32_t m = 0; m < fe->n_mels; ++m) {
        const float *bin = frame + (ptrdiff_t)2 * fe->start[m];
        const float *const end = fe->weights + fe->offset[m + 1];
        float sum = 0.0f;

        if ((end - weight) % 2 != 0) {
            sum = aed_product(*weight, *bin);
            ++weight;
            bin += 2;
        }
        for (; weight != end; weight += 2, bin += 4) {
            sum += aed_product(weight[0], bin[0]);
            sum += aed_product(weight[1], bin[2]);
        }
        mel[m] = sum;
    }
}
