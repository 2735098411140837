/*
 * The front end in float32: 16-bit samples to int8 log-mel columns. Every product and every sum is rounded on its own, in the
 * order that @aed/dsp-mel's TypeScript model (createDeviceFrontEnd) states, so that both give the same bits, whatever the compiler
 * would like to fuse. Of libm only
 * sqrtf, and that for magnitudes alone. Not for -ffast-math, which reorders sums.
 */
#ifndef AED_FRONT_END_H
#define AED_FRONT_END_H

#include <stdint.h>

#include "aed_float.h"

/* Sizes, constants and tables (in flash) of a front end. */
typedef struct {
    const float *window;    /* [n_fft]: times 2^-16, as samples are integers and the power's split halves */
    const float *sine;      /* [n_fft]: sin(2 pi k / n_fft) */
    const float *weights;   /* of the mel bands, one after another */
    const uint16_t *start;  /* [n_mels]: first bin of a band */
    const uint16_t *offset; /* [n_mels + 1]: where the weights of a band begin */
    const uint16_t *order;  /* [n_fft / 2]: slot i of the transform takes pair order[i] of the samples */
    int32_t n_fft;          /* a power of two, 8 to 32768 */
    int32_t n_mels;
    int32_t radix_2;        /* 1: n_fft / 2 is no power of four, and the transform begins with a pass of radix 2 */
    float lowest;           /* floor before the logarithm */
    float factor;           /* 10 log10(2); 20 log10(2) for magnitudes */
    float floor;            /* lowest result in dB */
} aed_front_end;

/* n_fft samples, windowed, into the slots of the transform and through its pass of radix 2 where there is one: frame[n_fft]. */
void aed_fe_window_f32(const aed_front_end *fe, const int16_t *samples, float *frame);

/* The passes of radix 4 of a complex transform of n_fft / 2 points, in place, re and im in turn. */
void aed_fe_fft_f32(const aed_front_end *fe, float *frame);

/* In place: the power of bin k of the real signal lies in frame[2 k], k = 0 ... n_fft / 2; frame[n_fft + 1]. */
void aed_fe_power_f32(const aed_front_end *fe, float *frame);

/* In place: magnitudes of those powers, for front ends whose bands add magnitudes; the one that needs sqrtf. */
void aed_fe_magnitude_f32(const aed_front_end *fe, float *frame);

/* Sums of the weighted bins: mel[n_mels]. */
void aed_fe_mel_f32(const aed_front_end *fe, const float *frame, float *mel);

/* Mel powers in dB of a reference of their unit, in place; absolute error below 1e-5 dB. */
void aed_fe_decibels_f32(const aed_front_end *fe, float reference, float *mel);

/* `count` values to int8 as QUANTIZE rounds them, one every `step` places. */
void aed_fe_quantize_s8(const float *values, int32_t count, float scale, int32_t zero_point, int8_t *out, int32_t step);

#endif
