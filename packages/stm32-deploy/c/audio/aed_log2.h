/* The binary logarithm in float32 that gives the same bits everywhere. */
#ifndef AED_LOG2_H
#define AED_LOG2_H

#include <stdint.h>
#include <string.h>

#include "aed_float.h"

/*
 * log2 of a normal positive number, within 3e-6: x = 2^e m with sqrt(1/2) <= m < sqrt(2), s = (m - 1) / (m + 1), and four terms
 * 2 / (i ln 2) s^i of the series.
 */
static inline float aed_log2_f32(float x)
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

#endif
