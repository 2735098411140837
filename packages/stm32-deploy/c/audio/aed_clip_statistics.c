#include "aed_clip_statistics.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "aed_float.h"

#if AED_CLIP_LEVELS > 0 || AED_CLIP_ENVELOPES > 0
#include "aed_clip_series.h"
#endif

int aed_clip_reset(aed_clip_state *clip)
{
    if (clip == NULL) {
        return AED_ERROR_NULL;
    }
    memset(clip, 0, sizeof *clip);
#if AED_CLIP_MAXIMA > 0
    memset(clip->maxima, -128, sizeof clip->maxima);
#endif
#if AED_CLIP_WIDE_MAXIMA > 0
    for (int32_t i = 0; i < AED_CLIP_WIDE_MAXIMA; ++i) {
        clip->wide_maxima[i] = INT16_MIN;
    }
#endif
    return AED_OK;
}

#if AED_CLIP_MOST_FRAMES > 0

int aed_clip_add_frame(aed_clip_state *clip, const int8_t *frame, int32_t stride)
{
    if (clip == NULL || frame == NULL) {
        return AED_ERROR_NULL;
    }
    if (clip->frames >= AED_CLIP_MOST_FRAMES) {
        return AED_ERROR_CLIP_FULL;
    }
#if AED_CLIP_LEVELS > 0
    aed_clip_add_levels(clip->levels, clip->frames, frame, stride);
#endif
#if AED_CLIP_MOMENTS
    for (int32_t band = 0; band < AED_CLIP_BANDS; ++band) {
        const int8_t q = frame[(ptrdiff_t)band * stride];
#if AED_CLIP_FRAME_SUMS >= 0 || AED_CLIP_FRAME_SQUARES >= 0
        const int32_t x = q - AED_INPUT_ZERO_POINT;
#endif

#if AED_CLIP_FRAME_SUMS >= 0
        clip->sums[AED_CLIP_FRAME_SUMS + band] += x;
#endif
#if AED_CLIP_FRAME_SQUARES >= 0
        clip->squares[AED_CLIP_FRAME_SQUARES + band] += (uint32_t)(x * x);
#endif
#if AED_CLIP_FRAME_MAXIMA >= 0
        if (q > clip->maxima[AED_CLIP_FRAME_MAXIMA + band]) {
            clip->maxima[AED_CLIP_FRAME_MAXIMA + band] = q;
        }
#endif
#if AED_CLIP_STEPS > 0
        const int32_t step = clip->frames > 0 ? q - clip->last[band] : 0;

        clip->steps[band] += (uint32_t)(step * step);
        clip->last[band] = q;
#endif
    }
#endif
    ++clip->frames;
    return AED_OK;
}

#endif

#if AED_CLIP_ENVELOPES > 0

int aed_clip_add_samples(aed_clip_state *clip, const int16_t *samples, size_t n)
{
    if (clip == NULL || samples == NULL) {
        return AED_ERROR_NULL;
    }
    if (n > AED_CLIP_MOST_SAMPLES - clip->samples) {
        return AED_ERROR_CLIP_FULL;
    }
    aed_clip_add_envelopes(clip->envelopes, clip->samples, samples, n);
    clip->samples += (uint32_t)n;
    return AED_OK;
}

#endif

/* Integers are exact up to the one conversion to float32; n * squares stays below 2^49, as the square of a sum. */
static float value_of(const aed_clip_state *clip, const aed_statistic *statistic, int32_t slot)
{
#if AED_CLIP_SUMS > 0 || AED_CLIP_STEPS > 0
#if AED_CLIP_MOST_FRAMES > 0
    const uint32_t n = statistic->columns > 0 ? clip->patches * statistic->columns : clip->frames;
#else
    const uint32_t n = clip->patches * statistic->columns;
#endif
#endif
    const int32_t i = statistic->first + slot;
    float value = 0.0f;

    switch (statistic->kind) {
#if AED_CLIP_SUMS > 0
    case AED_STATISTIC_MEAN:
        value = (float)clip->sums[i] / (float)n;
        break;
#endif
#if AED_CLIP_SQUARES > 0
    case AED_STATISTIC_STD: {
        const int64_t sum = clip->sums[i];
        const int64_t spread = (int64_t)n * clip->squares[statistic->squares + slot] - sum * sum;

        value = sqrtf((float)spread / (float)((uint64_t)n * n) + statistic->epsilon);
        break;
    }
#endif
#if AED_CLIP_MAXIMA > 0
    case AED_STATISTIC_MAX:
        value = (float)(clip->maxima[i] - statistic->zero);
        break;
#endif
#if AED_CLIP_WIDE_MAXIMA > 0
    case AED_STATISTIC_WIDE_MAX:
        value = (float)(clip->wide_maxima[i] - statistic->zero);
        break;
#endif
#if AED_CLIP_STEPS > 0
    case AED_STATISTIC_DELTA:
        value = n > 1 ? sqrtf((float)clip->steps[i] / (float)(n - 1)) : 0.0f;
        break;
#endif
    default:
        break;
    }
    value = aed_product(statistic->step, value);
    if (statistic->root) {
        value = value > 0.0f ? sqrtf(value) : 0.0f;
    }
    return value;
}

/* The value of a slot, slots in order from 0 on: of blocks whose values come some at once, these are kept in `part`. */
static float next_value(const aed_clip_state *clip, const aed_statistic *statistic, int32_t slot, float part[AED_CLIP_PART])
{
#if AED_CLIP_LEVELS > 0
    if (statistic->kind == AED_STATISTIC_LEVELS) {
        if (slot % AED_CLIP_LEVEL_VALUES == 0) {
            aed_clip_level_values(&clip->levels[slot / AED_CLIP_LEVEL_VALUES], (int32_t)clip->frames, statistic->step, part);
        }
        return part[slot % AED_CLIP_LEVEL_VALUES];
    }
#endif
#if AED_CLIP_ENVELOPES > 0
    if (statistic->kind == AED_STATISTIC_ENVELOPES) {
        if (slot % AED_CLIP_ENVELOPE_VALUES == 0) {
            aed_clip_envelope_values(&clip->envelopes[slot / AED_CLIP_ENVELOPE_VALUES], (int32_t)(clip->samples / AED_CLIP_ENVELOPE_STEP), part);
        }
        return part[slot % AED_CLIP_ENVELOPE_VALUES];
    }
#endif
    (void)part;
    return value_of(clip, statistic, slot);
}

static int is_empty(const aed_clip_state *clip)
{
#if AED_CLIP_MOST_FRAMES > 0
    if (clip->frames == 0) {
        return 1;
    }
#endif
    return clip->patches == 0;
}

int aed_clip_features(const aed_clip_state *clip, float features[AED_CLIP_FEATURES])
{
    float part[AED_CLIP_PART];

    if (clip == NULL || features == NULL) {
        return AED_ERROR_NULL;
    }
    if (is_empty(clip)) {
        memset(features, 0, AED_CLIP_FEATURES * sizeof *features);
        return 0;
    }
    for (int32_t k = 0; k < AED_CLIP_STATISTICS; ++k) {
        for (int32_t slot = 0; slot < aed_clip_head[k].slots; ++slot) {
            *features++ = next_value(clip, &aed_clip_head[k], slot, part);
        }
    }
    return 1;
}

/* e^x of x <= 0 as core's expF32 computes it: Moshier's Cephes expf, each product and sum rounded on its own; 0 below -87. */
static float exponential(float x)
{
    static const float series[6] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
    float power = series[0];
    float two_to_k;
    float r;
    uint32_t bits;
    int32_t k;

    if (x < -87.0f) {
        return 0.0f;
    }
    k = (int32_t)(aed_product(x, 1.44269504088896341f) - 0.5f);
    r = (x - aed_product((float)k, 0.693359375f)) - aed_product((float)k, -2.12194440e-4f);
    for (int32_t i = 1; i < 6; ++i) {
        power = aed_product(power, r) + series[i];
    }
    bits = (uint32_t)(k + 127) << 23;
    memcpy(&two_to_k, &bits, sizeof two_to_k);
    return aed_product((aed_product(power, aed_product(r, r)) + r) + 1.0f, two_to_k);
}

#if AED_CLIP_SOFTMAX

static void activate(float scores[AED_CLASSES])
{
    float largest = scores[0];
    float sum = 0.0f;

    for (int32_t c = 1; c < AED_CLASSES; ++c) {
        largest = scores[c] > largest ? scores[c] : largest;
    }
    for (int32_t c = 0; c < AED_CLASSES; ++c) {
        scores[c] = exponential(scores[c] - largest);
        sum += scores[c];
    }
    for (int32_t c = 0; c < AED_CLASSES; ++c) {
        scores[c] /= sum;
    }
}

#else

static void activate(float scores[AED_CLASSES])
{
    for (int32_t c = 0; c < AED_CLASSES; ++c) {
        const float e = exponential(scores[c] < 0.0f ? scores[c] : -scores[c]);

        scores[c] = (scores[c] >= 0.0f ? 1.0f : e) / (1.0f + e);
    }
}

#endif

#if AED_CLIP_REACH

/* How near a clip lies to those that were learned; a little is left beyond all reach, so that the order of the scores stays. */
static float nearness_of(float distance)
{
    const float nearness = (AED_CLIP_FAR - distance) / (AED_CLIP_FAR - AED_CLIP_NEAR);

    return nearness > 1.0f ? 1.0f : nearness < 0.02f ? 0.02f : nearness;
}

#endif

int aed_clip_scores(const aed_clip_state *clip, float scores[AED_CLASSES])
{
    const float *weights = aed_clip_weights;
    int32_t feature = 0;
    float part[AED_CLIP_PART];
#if AED_CLIP_REACH
    float distance = 0.0f;
    float nearness;
#endif

    if (clip == NULL || scores == NULL) {
        return AED_ERROR_NULL;
    }
    if (is_empty(clip)) {
        memset(scores, 0, AED_CLASSES * sizeof *scores);
        return 0;
    }
    memcpy(scores, aed_clip_bias, AED_CLASSES * sizeof *scores);
    for (int32_t k = 0; k < AED_CLIP_STATISTICS; ++k) {
        for (int32_t slot = 0; slot < aed_clip_head[k].slots; ++slot, ++feature) {
            const float z = aed_product(next_value(clip, &aed_clip_head[k], slot, part) - aed_clip_mean[feature], aed_clip_scale[feature]);

            for (int32_t c = 0; c < AED_CLASSES; ++c) {
                scores[c] += aed_product(*weights++, z);
            }
#if AED_CLIP_REACH
            distance += aed_product(z, z);
#endif
        }
    }
#if AED_CLIP_REACH
    nearness = nearness_of(distance);
    for (int32_t c = 0; c < AED_CLASSES; ++c) {
        scores[c] = aed_product(scores[c], nearness);
    }
#endif
    activate(scores);
    return 1;
}
