#include <stddef.h>

#include "aed_front_end.h"

typedef struct {
    float re;
    float im;
} complex_f32;

/* Two neighbouring samples as a point. */
static inline complex_f32 point(const aed_front_end *fe, const int16_t *samples, size_t pair)
{
    const int16_t *const from = samples + 2 * pair;
    const float *const window = fe->window + 2 * pair;
    const complex_f32 z = {aed_product((float)from[0], window[0]), aed_product((float)from[1], window[1])};

    return z;
}

void aed_fe_window_f32(const aed_front_end *fe, const int16_t *samples, float *frame)
{
    const uint16_t *order = fe->order;
    const float *const end = frame + fe->n_fft;

    if (fe->radix_2) {
        for (; frame != end; frame += 4) {
            const complex_f32 a = point(fe, samples, *order++);
            const complex_f32 b = point(fe, samples, *order++);

            frame[0] = a.re + b.re;
            frame[1] = a.im + b.im;
            frame[2] = a.re - b.re;
            frame[3] = a.im - b.im;
        }
    } else {
        for (; frame != end; frame += 2) {
            const complex_f32 a = point(fe, samples, *order++);

            frame[0] = a.re;
            frame[1] = a.im;
        }
    }
}
