/* The device's front end in plain C, for one test: pcm on stdin to mel power and dB (floats) on stdout.
   tables.h, which the test writes, holds the tables of deviceTables as float32. Compile without contraction. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "tables.h"

static float z[N_FFT], bins[N_FFT / 2 + 1], mel[N_MELS], db[N_MELS];
static int16_t pcm[N_SAMPLES];

static void pass2(void) {
  for (int a = 0; a < N_FFT; a += 4)
    for (int part = a; part < a + 2; part++) {
      const float sum = z[part] + z[part + 2];
      z[part + 2] = z[part] - z[part + 2];
      z[part] = sum;
    }
}

static void pass4(int span) {
  const int mask = N_FFT - 1, quarter = N_FFT / 4, step = N_FFT / (4 * span);
  for (int j = 0; j < span; j++) {
    const int k = j * step;
    const float w1r = SINE[(k + quarter) & mask], w1i = -SINE[k & mask];
    const float w2r = SINE[(2 * k + quarter) & mask], w2i = -SINE[(2 * k) & mask];
    const float w3r = SINE[(3 * k + quarter) & mask], w3i = -SINE[(3 * k) & mask];
    for (int a = 2 * j; a < N_FFT; a += 8 * span) {
      float *A = z + a, *B = A + 2 * span, *C = B + 2 * span, *D = C + 2 * span;
      const float ar = A[0], ai = A[1];
      const float br = B[0] * w1r - B[1] * w1i, bi = B[0] * w1i + B[1] * w1r;
      const float cr = C[0] * w2r - C[1] * w2i, ci = C[0] * w2i + C[1] * w2r;
      const float dr = D[0] * w3r - D[1] * w3i, di = D[0] * w3i + D[1] * w3r;
      const float sr = ar + cr, si = ai + ci, mr = ar - cr, mi = ai - ci;
      const float tr = br + dr, ti = bi + di, ur = br - dr, ui = bi - di;
      A[0] = sr + tr, A[1] = si + ti, B[0] = mr + ui, B[1] = mi - ur;
      C[0] = sr - tr, C[1] = si - ti, D[0] = mr - ui, D[1] = mi + ur;
    }
  }
}

static void split_power(void) {
  const int half = N_FFT / 2, quarter = N_FFT / 4;
  const float dc = 2.0f * (z[0] + z[1]), nyquist = 2.0f * (z[0] - z[1]);
  bins[0] = dc * dc;
  bins[half] = nyquist * nyquist;
  for (int k = 1; k <= quarter; k++) {
    const int m = half - k;
    const float c = SINE[k + quarter], s = SINE[k];
    const float er = z[2 * k] + z[2 * m], ei = z[2 * k + 1] - z[2 * m + 1];
    const float or_ = z[2 * k + 1] + z[2 * m + 1], oi = z[2 * m] - z[2 * k];
    const float tr = c * or_ + s * oi, ti = c * oi - s * or_;
    const float xr = er + tr, xi = ei + ti, yr = er - tr, yi = ei - ti;
    bins[k] = xr * xr + xi * xi;
    bins[m] = yr * yr + yi * yi;
  }
}

static float log2_f32(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  const uint32_t mantissa = bits & 0x7fffffu;
  const int high = mantissa > 0x3504f3u;
  const float exponent = (float)((int)(bits >> 23) - 127 + high);
  bits = mantissa | (high ? 0x3f000000u : 0x3f800000u);
  float m;
  memcpy(&m, &bits, 4);
  const float f = m - 1.0f, s = f / (2.0f + f), q = s * s;
  return exponent + s * (C1 + q * (C3 + q * (C5 + q * C7)));
}

int main(void) {
  float reference = 0.0f;
  if (fread(pcm, sizeof pcm, 1, stdin) != 1) return 1;
  for (int t = 0; t * HOP + N_FFT / 2 <= N_SAMPLES + N_FFT / 2; t++) {
    for (int i = 0; i < N_FFT / 2; i++)
      for (int part = 0; part < 2; part++) {
        const int at = 2 * ORDER[i] + part, from = t * HOP - N_FFT / 2 + at;
        z[2 * i + part] = (from < 0 || from >= N_SAMPLES ? 0.0f : (float)pcm[from]) * WINDOW[at] * 0x1p-16f;
      }
    int span = 1;
    if (FIRST_IS_2) pass2(), span = 2;
    for (; span < N_FFT / 2; span *= 4) pass4(span);
    split_power();
    if (POWER == 1)
      for (int k = 0; k <= N_FFT / 2; k++) bins[k] = sqrtf(bins[k]);
    for (int m = 0; m < N_MELS; m++) {
      float sum = 0.0f;
      for (int i = OFFSET[m], k = START[m]; i < OFFSET[m + 1]; i++, k++) sum += WEIGHTS[i] * bins[k];
      mel[m] = sum;
      if (sum > reference) reference = sum;
    }
    const float zero = log2_f32(reference > LOWEST ? reference : LOWEST);
    for (int m = 0; m < N_MELS; m++) {
      const float value = FACTOR * (log2_f32(mel[m] > LOWEST ? mel[m] : LOWEST) - zero);
      db[m] = value < -TOP_DB ? -TOP_DB : value;
    }
    fwrite(mel, sizeof mel, 1, stdout);
    fwrite(db, sizeof db, 1, stdout);
  }
  return 0;
}
