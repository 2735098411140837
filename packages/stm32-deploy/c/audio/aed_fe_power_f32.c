#include "aed_front_end.h"

static inline float square_sum(float re, float im)
{
    return aed_product(re, re) + aed_product(im, im);
}

/*
 * From the transform of the pairs of a real signal: for k = 1 ... n/4 and m = n/2 - k, A = z[k], B = z[m]: e = A + conj B,
 * d = (A - conj B) / i, t = (cos - i sin)(2 pi k / n) d; bin k is e + t, bin m conj(e - t).
 */
void aed_fe_power_f32(const aed_front_end *fe, float *frame)
{
    const int32_t n = fe->n_fft;
    const float dc = 2.0f * (frame[0] + frame[1]);
    const float nyquist = 2.0f * (frame[0] - frame[1]);
    const float *sine = fe->sine;
    float *a = frame;
    float *b = frame + n;

    a[0] = aed_product(dc, dc);
    b[0] = aed_product(nyquist, nyquist);
    for (int32_t k = n / 4; k > 0; --k) {
        float er, ei, dr, di, c, s, tr, ti;

        a += 2;
        b -= 2;
        s = *++sine;
        c = sine[n / 4];
        er = a[0] + b[0];
        ei = a[1] - b[1];
        dr = a[1] + b[1];
        di = b[0] - a[0];
        tr = aed_product(c, dr) + aed_product(s, di);
        ti = aed_product(c, di) - aed_product(s, dr);
        a[0] = square_sum(er + tr, ei + ti);
        b[0] = square_sum(er - tr, ei - ti);
    }
}
