#include <string.h>

#include "aed_front_end.h"

/*
 * log2 of a normal positive number, within 3e-6: x = 2^e m with sqrt(1/2) <= m < sqrt(2), s = (m - 1) / (m + 1), and four terms
 * 2 / (i ln 2) s^i of the series.
 */
static inline float log2_f32(float x)
{
    uint32_t bits;
    uint32_t mantissa;
    int32_t high;
    float m, f, s, q;

    memcpy(&bits, &x, sizeof bits);
    mantissa = bits & 0x7fffffu;
    high = mantissa > 0x3504f3u;
    mantissa |= high ? 0x3f000000u : 0x3f800000u;
    memcpy(&m, &mantissa, sizeof m);
    f = m - 1.0f;
    s = f / (2.0f + f);
    q = aed_product(s, s);
    return (float)((int32_t)(bits >> 23) - 127 + high) +
           aed_product(s, 2.88539004f + aed_product(q, 0.961796701f + aed_product(q, 0.577078044f + aed_product(q, 0.412198573f))));
}

void aed_fe_decibels_f32(const aed_front_end *fe, float reference, float *mel)
{
    const float lowest = fe->lowest;
    const float factor = fe->factor;
    const float floor = fe->floor;
    const float zero = log2_f32(reference > lowest ? reference : lowest);

    for (const float *const end = mel + fe->n_mels; mel != end; ++mel) {
        const float decibels = aed_product(factor, log2_f32(*mel > lowest ? *mel : lowest) - zero);

        *mel = decibels < floor ? floor : decibels;
    }
}
