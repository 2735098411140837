/* Series of whole numbers from -255 to 255, and what the clip head makes of them: as @aed/core states it, to the bit. */
#ifndef AED_CLIP_SERIES_H
#define AED_CLIP_SERIES_H

#include <stdint.h>

#include "aed_clip.h"

/* Mean of a series as the whole number nearest to it and the rest, and its central moments. */
typedef struct {
    int32_t nearest;
    float rest;
    float second;
    float third;
    float fourth;
} aed_level_moments;

/* Of at most 65,793 numbers x from -255 to 255 |sum| stays below 2^24, that of squares below 2^32, of fourth powers below 2^48. */
static inline void aed_level_add(aed_level_sums *sums, int32_t x)
{
    const uint32_t square = (uint32_t)(x * x);

    sums->sum += x;
    sums->squares += square;
    sums->cubes += (int64_t)x * square;
    sums->fourths += (int64_t)square * square;
}

/* Of a series of n > 0 numbers. */
void aed_level_moments_of(const aed_level_sums *sums, int32_t n, aed_level_moments *moments);

/* log2 of the deviation in dB, skewness, log2 of the kurtosis; `step` dB are one, `floor` dB are added to the deviation. */
void aed_level_shape(const aed_level_moments *moments, float step, float floor, float shape[3]);

#if AED_CLIP_LEVELS > 0

/* Takes frame number t of a clip into the series of its groups of bands and, last, of all bands. */
void aed_clip_add_levels(aed_clip_series series[AED_CLIP_LEVELS], uint32_t t, const int8_t *frame, int32_t stride);

/* The values of a series of n > 0 levels, of which one is `step` dB. */
void aed_clip_level_values(const aed_clip_series *series, int32_t n, float step, float values[AED_CLIP_LEVEL_VALUES]);

#endif
#if AED_CLIP_ENVELOPES > 0

/* Of each low-pass y += a (x - y); of each modulation band b0 b1 b2 a1 a2. */
extern const float aed_clip_low_passes[AED_CLIP_ENVELOPES];
extern const float aed_clip_modulations[AED_CLIP_MODULATIONS][5];

/* Takes n samples into the envelopes of a clip that has had `heard` before. */
void aed_clip_add_envelopes(aed_clip_envelope bands[AED_CLIP_ENVELOPES], uint32_t heard, const int16_t *samples, size_t n);

/* The values of a band after n levels; 0 without one. */
void aed_clip_envelope_values(const aed_clip_envelope *band, int32_t n, float values[AED_CLIP_ENVELOPE_VALUES]);

#endif

#endif
