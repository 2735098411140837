#include "aed.h"

#include <stddef.h>
#include <string.h>

int aed_clip_reset(aed_clip_state *clip)
{
    if (clip == NULL) {
        return AED_ERROR_NULL;
    }
    memset(clip, 0, sizeof *clip);
    return AED_OK;
}

int aed_clip_add(aed_clip_state *clip, const int8_t *output)
{
    if (clip == NULL || output == NULL) {
        return AED_ERROR_NULL;
    }
    for (int32_t c = 0; c < AED_CLASSES; ++c) {
        clip->sums[c] += output[c] - AED_OUTPUT_ZERO_POINT;
    }
    ++clip->patches;
    return AED_OK;
}

int aed_clip_scores(const aed_clip_state *clip, float scores[AED_CLASSES])
{
    if (clip == NULL || scores == NULL) {
        return AED_ERROR_NULL;
    }
    for (int32_t c = 0; c < AED_CLASSES; ++c) {
        scores[c] = clip->patches > 0 ? (float)clip->sums[c] * AED_OUTPUT_SCALE / (float)clip->patches : 0.0f;
    }
    return clip->patches > 0 ? 1 : 0;
}
