#include "aed_clip_series.h"

#include <math.h>

#include "aed_log2.h"

/*
 * About the nearest whole number m moments are exact: of the sums' bounds each term stays below 6 * 2^48, each partial result below 2^53.
 * Then they are moved by the rest.
 */
void aed_level_moments_of(const aed_level_sums *sums, int32_t n, aed_level_moments *moments)
{
    const int32_t twice = 2 * sums->sum + n;
    const int32_t nearest = twice / (2 * n) - (twice % (2 * n) < 0);
    const int64_t m = nearest;
    const int64_t first = sums->sum;
    const int64_t second = sums->squares;
    const float count = (float)n;
    const float a2 = (float)(second - m * (2 * first - n * m)) / count;
    const float a3 = (float)(sums->cubes - m * (3 * second - m * (3 * first - n * m))) / count;
    const float a4 = (float)(sums->fourths - m * (4 * sums->cubes - m * (6 * second - m * (4 * first - n * m)))) / count;
    const float d = (float)(sums->sum - n * nearest) / count;
    const float dd = aed_product(d, d);

    moments->nearest = nearest;
    moments->rest = d;
    moments->second = a2 - dd;
    moments->third = (a3 - aed_product(aed_product(3.0f, d), a2)) + aed_product(2.0f * d, dd);
    moments->fourth = ((a4 - aed_product(4.0f * d, a3)) + aed_product(aed_product(6.0f, dd), a2)) - aed_product(3.0f, aed_product(dd, dd));
    if (!(moments->second > 0.0f)) {
        moments->second = 0.0f;
    }
    if (!(moments->fourth > 0.0f)) {
        moments->fourth = 0.0f;
    }
}

void aed_level_shape(const aed_level_moments *moments, float step, float floor, float shape[3])
{
    const float deviation = aed_product(step, sqrtf(moments->second)) + floor;
    const float r = step / deviation;
    const float rr = aed_product(r, r);

    shape[0] = aed_log2_f32(deviation);
    shape[1] = aed_product(moments->third, aed_product(rr, r));
    shape[2] = aed_log2_f32(aed_product(moments->fourth, aed_product(rr, rr)) + 0.5f);
}
