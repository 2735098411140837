#include "aed_front_end.h"
#include "aed_log2.h"

void aed_fe_decibels_f32(const aed_front_end *fe, float reference, float *mel)
{
    const float lowest = fe->lowest;
    const float factor = fe->factor;
    const float floor = fe->floor;
    const float zero = aed_log2_f32(reference > lowest ? reference : lowest);

    for (const float *const end = mel + fe->n_mels; mel != end; ++mel) {
        const float decibels = aed_product(factor, aed_log2_f32(*mel > lowest ? *mel : lowest) - zero);

        *mel = decibels < floor ? floor : decibels;
    }
}
