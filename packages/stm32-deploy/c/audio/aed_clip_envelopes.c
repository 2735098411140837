#include <stddef.h>
#include <string.h>

#include "aed_clip_series.h"
#include "aed_log2.h"

#if AED_CLIP_ENVELOPES != 4
#error "samples go through four low-passes"
#endif

/* Samples within a step: low-passes and energies stay in registers. */
static void add_samples(aed_clip_envelope bands[AED_CLIP_ENVELOPES], const int16_t *samples, uint32_t n)
{
    const float *const a = aed_clip_low_passes;
    const float a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3];
    float y0 = bands[0].low, y1 = bands[1].low, y2 = bands[2].low, y3 = bands[3].low;
    float e0 = bands[0].energy, e1 = bands[1].energy, e2 = bands[2].energy, e3 = bands[3].energy;

    for (const int16_t *const end = samples + n; samples != end; ++samples) {
        const float x = (float)*samples * (1.0f / 32768.0f);

        y0 += aed_product(a0, x - y0);
        y1 += aed_product(a1, x - y1);
        y2 += aed_product(a2, x - y2);
        y3 += aed_product(a3, x - y3);
        e0 += aed_product(y1 - y0, y1 - y0);
        e1 += aed_product(y2 - y1, y2 - y1);
        e2 += aed_product(y3 - y2, y3 - y2);
        e3 += aed_product(x - y3, x - y3);
    }
    bands[0].low = y0;
    bands[1].low = y1;
    bands[2].low = y2;
    bands[3].low = y3;
    bands[0].energy = e0;
    bands[1].energy = e1;
    bands[2].energy = e2;
    bands[3].energy = e3;
}

/* Level number t of a band, from 0 for a mean square of 2^-32, that is -96 dB, to 255. */
static void end_step(aed_clip_envelope *band, uint32_t t)
{
    const float octaves = aed_log2_f32(aed_product(band->energy, 1.0f / AED_CLIP_ENVELOPE_STEP) + 2.3283064365386963e-10f);
    const int32_t rounded = (int32_t)(aed_product(AED_CLIP_LEVELS_PER_OCTAVE, octaves) + (32.0f * AED_CLIP_LEVELS_PER_OCTAVE + 0.5f));
    const int32_t level = rounded < 255 ? rounded : 255;
    float x;

    band->energy = 0.0f;
    if (t == 0) {
        band->first = (uint8_t)level;
    } else {
        const int32_t step = level - band->last;

        aed_level_add(&band->steps, step);
        if (t == 1 || step > band->rise) {
            band->rise = (int16_t)step;
        }
        if (t == 1 || step < band->fall) {
            band->fall = (int16_t)step;
        }
    }
    band->last = (uint8_t)level;
    band->loudest = level > band->loudest ? (uint8_t)level : band->loudest;
    aed_level_add(&band->levels, level);
    x = (float)(level - band->first);
    for (int32_t k = 0; k < AED_CLIP_MODULATIONS; ++k) {
        const float *const filter = aed_clip_modulations[k];
        float *const memory = band->modulations[k];
        const float y = aed_product(filter[0], x) + memory[0];

        memory[0] = (aed_product(filter[1], x) - aed_product(filter[3], y)) + memory[1];
        memory[1] = aed_product(filter[2], x) - aed_product(filter[4], y);
        memory[2] += aed_product(y, y);
    }
}

void aed_clip_add_envelopes(aed_clip_envelope bands[AED_CLIP_ENVELOPES], uint32_t heard, const int16_t *samples, size_t n)
{
    while (n > 0) {
        const uint32_t left = AED_CLIP_ENVELOPE_STEP - heard % AED_CLIP_ENVELOPE_STEP;
        const uint32_t count = n < left ? (uint32_t)n : left;

        add_samples(bands, samples, count);
        samples += count;
        n -= count;
        heard += count;
        if (count == left) {
            for (int32_t b = 0; b < AED_CLIP_ENVELOPES; ++b) {
                end_step(&bands[b], heard / AED_CLIP_ENVELOPE_STEP - 1);
            }
        }
    }
}

void aed_clip_envelope_values(const aed_clip_envelope *band, int32_t n, float values[AED_CLIP_ENVELOPE_VALUES])
{
    const float step = AED_CLIP_ENVELOPE_DECIBELS;
    const float square = aed_product(step, step);
    float *const steps = values + 5 + AED_CLIP_MODULATIONS;
    aed_level_moments moments;

    memset(values, 0, AED_CLIP_ENVELOPE_VALUES * sizeof *values);
    if (n == 0) {
        return;
    }
    aed_level_moments_of(&band->levels, n, &moments);
    values[0] = aed_product(step, (float)moments.nearest + moments.rest);
    aed_level_shape(&moments, step, AED_CLIP_LEVEL_FLOOR, values + 1);
    values[4] = aed_product(step, (float)(band->loudest - moments.nearest) - moments.rest);
    for (int32_t k = 0; k < AED_CLIP_MODULATIONS; ++k) {
        values[5 + k] = aed_log2_f32(aed_product(square, band->modulations[k][2] / (float)n) + AED_CLIP_MODULATION_FLOOR);
    }
    if (n == 1) {
        return;
    }
    aed_level_moments_of(&band->steps, n - 1, &moments);
    aed_level_shape(&moments, step, AED_CLIP_STEP_FLOOR, steps);
    steps[3] = aed_product(step, (float)band->rise);
    steps[4] = aed_product(step, (float)band->fall);
}
