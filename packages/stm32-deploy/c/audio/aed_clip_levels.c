#include <stddef.h>
#include <string.h>

#include "aed_clip_series.h"
#include "aed_float.h"

#define GROUPS (AED_CLIP_LEVELS - 1)
#define SIZE (AED_CLIP_BANDS / GROUPS)

/* Level t of a series. Level u lies in recent[u % AED_CLIP_LAGS], so that those before this one come in two stretches. */
static void add(aed_clip_series *series, uint32_t t, uint32_t at, uint32_t x)
{
    uint32_t *product = series->products;

    for (const uint8_t *from = series->recent + at; from != series->recent;) {
        *product++ += x * *--from;
    }
    if (t < AED_CLIP_LAGS) {
        series->first[t] = (uint8_t)x;
    } else {
        for (const uint8_t *from = series->recent + AED_CLIP_LAGS; from != series->recent + at;) {
            *product++ += x * *--from;
        }
    }
    series->recent[at] = (uint8_t)x;
    aed_level_add(&series->sums, (int32_t)x);
}

void aed_clip_add_levels(aed_clip_series series[AED_CLIP_LEVELS], uint32_t t, const int8_t *frame, int32_t stride)
{
    const uint32_t at = t % AED_CLIP_LAGS;
    uint32_t all = 0;

    for (int32_t group = 0; group < GROUPS; ++group) {
        uint32_t sum = 0;

        for (int32_t band = 0; band < SIZE; ++band, frame += stride) {
            sum += (uint32_t)(*frame + 128);
        }
        all += sum;
        add(&series[group], t, at, (sum + SIZE / 2) / SIZE);
    }
    add(&series[GROUPS], t, at, (all + AED_CLIP_BANDS / 2) / AED_CLIP_BANDS);
}

/* Q and L of core's `levelStatistics`, exact: |Q| stays below 2^35, |L| below 2^26. */
void aed_clip_level_values(const aed_clip_series *series, int32_t n, float step, float values[AED_CLIP_LEVEL_VALUES])
{
    static const uint8_t own[] = {AED_CLIP_OWN_LAGS};
    const int32_t lags = n - 1 < AED_CLIP_LAGS ? n - 1 : AED_CLIP_LAGS;
    int32_t ends = 2 * series->sums.sum;
    int32_t last = n % AED_CLIP_LAGS;
    float largest = 0.0f;
    float lowest = 0.0f;
    float rise = 0.0f;
    float power;
    float dd;
    aed_level_moments moments;

    memset(values, 0, AED_CLIP_LEVEL_VALUES * sizeof *values);
    aed_level_moments_of(&series->sums, n, &moments);
    aed_level_shape(&moments, step, AED_CLIP_LEVEL_FLOOR, values);
    power = moments.second + 1.0f / aed_product(step, step);
    dd = aed_product(moments.rest, moments.rest);
    for (int32_t lag = 1; lag <= lags; ++lag) {
        const int64_t m = moments.nearest;
        const int32_t pairs = n - lag;
        float q, l, c;

        last = last > 0 ? last - 1 : AED_CLIP_LAGS - 1;
        ends -= series->first[lag - 1] + series->recent[last];
        q = (float)(series->products[lag - 1] - m * (ends - m * pairs)) / (float)pairs;
        l = (float)(ends - 2 * pairs * moments.nearest) / (float)pairs;
        c = ((q - aed_product(moments.rest, l)) + dd) / power;
        if (lag == AED_CLIP_FIRST_PERIOD) {
            largest = c;
            lowest = c;
        } else if (lag > AED_CLIP_FIRST_PERIOD) {
            largest = c > largest ? c : largest;
            lowest = c < lowest ? c : lowest;
            rise = c - lowest > rise ? c - lowest : rise;
        }
        for (size_t i = 0; i < sizeof own; ++i) {
            if (lag == own[i]) {
                values[5 + i] = c;
            }
        }
    }
    values[3] = largest;
    values[4] = rise;
}
