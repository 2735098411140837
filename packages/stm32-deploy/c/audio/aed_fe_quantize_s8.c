#include "aed_front_end.h"

void aed_fe_quantize_s8(const float *values, int32_t count, float scale, int32_t zero_point, int8_t *out, int32_t step)
{
    for (int32_t i = 0; i < count; ++i) {
        const float quotient = values[i] / scale;
        /* Beyond +-1000 every zero point leads to a limit; within, the cast is defined and the rest below exact. */
        const float bounded = quotient < -1000.0f ? -1000.0f : quotient > 1000.0f ? 1000.0f : quotient;
        const int32_t whole = (int32_t)bounded;
        const float rest = bounded - (float)whole;
        const int32_t value = whole + (rest >= 0.5f) - (rest <= -0.5f) + zero_point;

        *out = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
        out += step;
    }
}
