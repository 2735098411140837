/* A clip head of statistics: what NAME_clip_tables.c says of it. */
#ifndef AED_CLIP_STATISTICS_H
#define AED_CLIP_STATISTICS_H

#include <stdint.h>

#include "aed_clip.h"

enum aed_statistic_kind {
    AED_STATISTIC_MEAN,
    AED_STATISTIC_STD,
    AED_STATISTIC_MAX,
    AED_STATISTIC_WIDE_MAX, /* of sums of rows */
    AED_STATISTIC_DELTA,
    AED_STATISTIC_LEVELS,   /* series by series */
    AED_STATISTIC_ENVELOPES /* band by band */
};

/* One statistic of some slots (rows and channels of a tap, or bands). */
typedef struct {
    uint8_t kind;
    uint8_t root;      /* 1: its square root is the feature */
    uint16_t columns;  /* positions in a patch; 0: of log-mel frames */
    int32_t slots;
    int32_t first;     /* where its slots begin: in sums (mean, std), maxima, wide_maxima or steps (delta) */
    int32_t squares;   /* std: where they begin in squares */
    int32_t zero;      /* maxima: what 0 is there */
    float step;        /* what 1 is worth */
    float epsilon;     /* std: added to the variance, in squares of a step */
} aed_statistic;

extern const aed_statistic aed_clip_head[AED_CLIP_STATISTICS];

/* Of each feature: what is taken off, what the rest is multiplied by, and a weight for each class. */
extern const float aed_clip_mean[AED_CLIP_FEATURES];
extern const float aed_clip_scale[AED_CLIP_FEATURES];
extern const float aed_clip_weights[AED_CLIP_FEATURES * AED_CLASSES];
extern const float aed_clip_bias[AED_CLASSES];

#endif
