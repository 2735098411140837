#include <stddef.h>

#include "aed_front_end.h"

/* Where four points are joined, turned already: s = a + c, m = a - c, t = b + d, u = b - d; a = s + t, b = m - i u, c = s - t, d = m + i u. */
static inline void join(float *a, float *b, float *c, float *d, float br, float bi, float cr, float ci, float dr, float di)
{
    const float sr = a[0] + cr;
    const float si = a[1] + ci;
    const float mr = a[0] - cr;
    const float mi = a[1] - ci;
    const float tr = br + dr;
    const float ti = bi + di;
    const float ur = br - dr;
    const float ui = bi - di;

    a[0] = sr + tr;
    a[1] = si + ti;
    b[0] = mr + ui;
    b[1] = mi - ur;
    c[0] = sr - tr;
    c[1] = si - ti;
    d[0] = mr - ui;
    d[1] = mi + ur;
}

/* Points 0, which are not turned. */
static void pass_4_first(float *a, const float *end, size_t span)
{
    float *b = a + 2 * span;
    float *c = b + 2 * span;
    float *d = c + 2 * span;

    for (; a < end; a += 8 * span, b += 8 * span, c += 8 * span, d += 8 * span) {
        join(a, b, c, d, b[0], b[1], c[0], c[1], d[0], d[1]);
    }
}

/* A point turned by e^(-i phi). */
#define TURNED_RE(z, cos, sin) (aed_product((z)[0], cos) + aed_product((z)[1], sin))
#define TURNED_IM(z, cos, sin) (aed_product((z)[1], cos) - aed_product((z)[0], sin))

/*
 * Joins four neighbouring transforms of `span` points: point j of b, c, d is turned by w^j, w^2j, w^3j, w = e^(-2 pi i / (4 span)), and joined.
 */
static void pass_4(float *z, const float *sine, size_t n, size_t span)
{
    const float *const cosine = sine + n / 4;
    const float *const end = z + n;
    const size_t step = n / (4 * span);

    size_t k = 0;

    if (cosine[0] == 1.0f) { /* not so in a table of 16 bits */
        pass_4_first(z, end, span);
        k = step;
        z += 2;
    }
    for (; k < n / 4; k += step) {
        const float w1r = cosine[k];
        const float w1i = sine[k];
        const float w2r = cosine[2 * k];
        const float w2i = sine[2 * k];
        const float w3r = cosine[3 * k];
        const float w3i = sine[3 * k];
        float *a = z;
        float *b = a + 2 * span;
        float *c = b + 2 * span;
        float *d = c + 2 * span;

        for (; a < end; a += 8 * span, b += 8 * span, c += 8 * span, d += 8 * span) {
            const float br = TURNED_RE(b, w1r, w1i);
            const float bi = TURNED_IM(b, w1r, w1i);
            const float cr = TURNED_RE(c, w2r, w2i);
            const float ci = TURNED_IM(c, w2r, w2i);
            const float dr = TURNED_RE(d, w3r, w3i);
            const float di = TURNED_IM(d, w3r, w3i);

            join(a, b, c, d, br, bi, cr, ci, dr, di);
        }
        z += 2;
    }
}

void aed_fe_fft_f32(const aed_front_end *fe, float *frame)
{
    const size_t n = (size_t)fe->n_fft;

    for (size_t span = fe->radix_2 ? 2 : 1; span < n / 2; span *= 4) {
        pass_4(frame, fe->sine, n, span);
    }
}
