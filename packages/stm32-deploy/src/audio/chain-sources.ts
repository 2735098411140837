// Made by scripts/embed-kernels.mjs from c/ and package.json: change those and run it again.

/** The C around the network by its path under c/. */
export const CHAIN_SOURCES: Readonly<Record<string, string>> = {
  'audio/aed_audio.c': `#include "aed_audio.h"

#include <string.h>

/*
 * One context pushes (an interrupt, another thread), one polls. \`written\` and \`lost\` are written by push, \`read\` and \`reported\` by
 * poll; who reads the other's sees what was stored before it. Positions run over twice the buffer, so that full and empty differ.
 */
#if defined(__GNUC__)
#define LOAD(from) __atomic_load_n(from, __ATOMIC_ACQUIRE)
#define STORE(to, value) __atomic_store_n(to, value, __ATOMIC_RELEASE)
#else /* one core: no access to a volatile object passes another, and the front end's calls read the samples */
#define LOAD(from) (*(const volatile uint32_t *)(from))
#define STORE(to, value) (*(volatile uint32_t *)(to) = (value))
#endif

/* Samples that a frame needs before it can be taken and the next one be due; kept before them are AED_LOOKBACK others. */
#define NEEDED (AED_LOOKBACK + (AED_FRAME > AED_HOP ? AED_FRAME : AED_HOP))

static uint32_t advance(uint32_t position, uint32_t by)
{
    position += by;
    return position < 2 * AED_AUDIO_BUFFER ? position : position - 2 * AED_AUDIO_BUFFER;
}

static uint32_t slot(uint32_t position)
{
    return position < AED_AUDIO_BUFFER ? position : position - AED_AUDIO_BUFFER;
}

static uint32_t distance(uint32_t from, uint32_t to)
{
    return to >= from ? to - from : to + 2 * AED_AUDIO_BUFFER - from;
}

/* As at the start of a stream: the first frame's left half is silence where frames are centred. Push must not be at work. */
static void restart(aed_audio_state *state)
{
    memset(state->samples, 0, (AED_LOOKBACK + AED_PADDING) * sizeof *state->samples);
    state->read = 0;
    state->written = AED_LOOKBACK + AED_PADDING;
    state->frames = 0;
#if AED_CLIP_HEAD
    state->clip_frames = 0;
    (void)aed_clip_reset(&state->clip);
#else
    state->results = 0;
    memset(state->events, 0, sizeof state->events);
#endif
#if AED_DETECTS
    memset(state->quiet, 0, sizeof state->quiet);
#endif
}

int aed_audio_init(aed_audio_state *state)
{
    if (state == NULL) {
        return AED_ERROR_NULL;
    }
    restart(state);
    state->lost = 0;
    state->reported = 0;
    state->reference = 0.0f;
    return AED_OK;
}

size_t aed_audio_push(aed_audio_state *state, const int16_t *samples, size_t n)
{
    uint32_t taken = 0;

    if (state == NULL || samples == NULL) {
        return 0;
    }
    if (state->lost == LOAD(&state->reported)) {
        const uint32_t written = state->written;
        const uint32_t at = slot(written);
        const uint32_t room = AED_AUDIO_BUFFER - distance(LOAD(&state->read), written);
        uint32_t first;

        taken = n < room ? (uint32_t)n : room;
        first = taken < AED_AUDIO_BUFFER - at ? taken : AED_AUDIO_BUFFER - at;
        memcpy(state->samples + at, samples, first * sizeof *samples);
        memcpy(state->samples, samples + first, (taken - first) * sizeof *samples);
        STORE(&state->written, advance(written, taken));
    }
    if (taken < n) {
        STORE(&state->lost, state->lost + (uint32_t)(n - taken));
    }
    return taken;
}

uint32_t aed_audio_lost(const aed_audio_state *state)
{
    return state == NULL ? 0 : LOAD(&state->lost);
}

#if AED_CLIP_HEAD

const aed_clip_state *aed_audio_clip(const aed_audio_state *state)
{
    return state == NULL ? NULL : &state->clip;
}

int aed_audio_begin_clip(aed_audio_state *state)
{
    if (state == NULL) {
        return AED_ERROR_NULL;
    }
    state->frames = 0;
    state->clip_frames = 0;
    return aed_clip_reset(&state->clip);
}

#else

const int8_t *aed_audio_output(const aed_audio_state *state)
{
    return state == NULL ? NULL : state->recent[(state->results + AED_RECENT - 1) % AED_RECENT];
}

const uint8_t *aed_audio_events(const aed_audio_state *state)
{
    return state == NULL ? NULL : state->events;
}

#endif

#if AED_CLIP_HEAD && AED_CLIP_ENVELOPES > 0

/* The hop of samples before the centre of the oldest frame, its start where frames are not centred; the first frame of a clip has none. */
static void take_samples(aed_audio_state *state)
{
    const uint32_t at = slot(advance(state->read, AED_LOOKBACK + AED_PADDING - AED_HOP));
    const uint32_t first = AED_AUDIO_BUFFER - at < AED_HOP ? AED_AUDIO_BUFFER - at : AED_HOP;

    if (state->clip_frames > 1) {
        (void)aed_clip_add_samples(&state->clip, state->samples + at, first);
        (void)aed_clip_add_samples(&state->clip, state->samples, AED_HOP - first);
    }
}

#else

static void take_samples(aed_audio_state *state)
{
    (void)state;
}

#endif

/* Where the oldest frame begins. */
static uint32_t frame_slot(const aed_audio_state *state)
{
#if AED_LOOKBACK > 0
    return slot(advance(state->read, AED_LOOKBACK));
#else
    return slot(state->read);
#endif
}

/* Mel powers of the oldest frame; its hop of samples is let go. */
static void take_frame(aed_audio_state *state, float *mel)
{
    float *const frame = state->work.front_end.frame;
    const uint32_t at = frame_slot(state);
    const uint32_t first = AED_AUDIO_BUFFER - at;
    const int16_t *samples = state->samples + at;

    if (first < AED_FRAME) {
        memcpy(state->work.front_end.samples, samples, first * sizeof *samples);
        memcpy(state->work.front_end.samples + first, state->samples, (AED_FRAME - first) * sizeof *samples);
        samples = state->work.front_end.samples;
    }
    aed_fe_window_f32(&aed_audio_front_end, samples, frame);
    take_samples(state);
    STORE(&state->read, advance(state->read, AED_HOP));
    aed_fe_fft_f32(&aed_audio_front_end, frame);
    aed_fe_power_f32(&aed_audio_front_end, frame);
#if AED_MAGNITUDE
    aed_fe_magnitude_f32(&aed_audio_front_end, frame);
#endif
    aed_fe_mel_f32(&aed_audio_front_end, frame, mel);
}

/* Mel powers to a column of the patch. */
static void put_column(aed_audio_state *state, float *mel, int32_t column)
{
#if AED_REFERENCE != AED_REFERENCE_NONE
    aed_fe_decibels_f32(&aed_audio_front_end, state->reference, mel);
#endif
    aed_fe_quantize_s8(mel, AED_BANDS, AED_INPUT_SCALE, AED_INPUT_ZERO_POINT, state->patch + column, AED_PATCH);
#if AED_CLIP_HEAD && AED_CLIP_MOST_FRAMES > 0
    (void)aed_clip_add_frame(&state->clip, state->patch + column, AED_PATCH);
#endif
}

#if AED_REFERENCE == AED_REFERENCE_PATCH || AED_REFERENCE == AED_REFERENCE_RUNNING

static float maximum(float most, const float *values, int32_t count)
{
    for (int32_t i = 0; i < count; ++i) {
        most = values[i] > most ? values[i] : most;
    }
    return most;
}

#endif

#if AED_REFERENCE == AED_REFERENCE_PATCH

/* Powers are kept until the patch is whole and its maximum known. */
static void add_frame(aed_audio_state *state)
{
    take_frame(state, state->powers[state->frames++]);
}

static void finish_patch(aed_audio_state *state)
{
    state->reference = maximum(0.0f, state->powers[0], AED_PATCH * AED_BANDS);
    for (int32_t t = 0; t < AED_PATCH; ++t) {
        float *const mel = state->work.front_end.mel;

        memcpy(mel, state->powers[t], sizeof state->powers[t]);
        put_column(state, mel, t);
    }
    memmove(state->powers[0], state->powers[AED_PATCH_STEP], (AED_PATCH - AED_PATCH_STEP) * sizeof state->powers[0]);
}

/* The next patch repeats the end of this one, whose powers are kept. */
static void next_patch(aed_audio_state *state)
{
    state->frames = AED_PATCH - AED_PATCH_STEP;
}

#else

static void add_frame(aed_audio_state *state)
{
    float *const mel = state->work.front_end.mel;

    take_frame(state, mel);
#if AED_REFERENCE == AED_REFERENCE_RUNNING
    state->reference = maximum(state->reference, mel, AED_BANDS);
#elif AED_REFERENCE == AED_REFERENCE_FIXED
    state->reference = AED_REFERENCE_VALUE;
#endif
    put_column(state, mel, state->frames++);
}

static void finish_patch(aed_audio_state *state)
{
    (void)state;
}

/* The next patch repeats the end of this one. */
static void next_patch(aed_audio_state *state)
{
    for (int32_t m = 0; m < AED_BANDS; ++m) {
        int8_t *const row = state->patch + (ptrdiff_t)m * AED_PATCH;

        memmove(row, row + AED_PATCH_STEP, AED_PATCH - AED_PATCH_STEP);
    }
    state->frames = AED_PATCH - AED_PATCH_STEP;
}

#endif

#if AED_CLIP_HEAD

/* A clip that has as many frames as it may have ends: what follows is the next one. */
static void count_frame(aed_audio_state *state)
{
    if (state->clip_frames == AED_AUDIO_CLIP) {
        (void)aed_audio_begin_clip(state);
    }
    ++state->clip_frames;
}

/* Adds the patch to the clip; the scores are those of the clip so far. */
static int finish_result(aed_audio_state *state, float scores[AED_CLASSES])
{
    const int status = aed_clip_add(&state->clip, state->patch, &state->work);

    return status == AED_OK ? aed_clip_scores(&state->clip, scores) : status;
}

#else

static void count_frame(aed_audio_state *state)
{
    (void)state;
}

/* Means of the last results, added from the oldest on in float32, and the classes that fire with this one: as @aed/core's detector. */
static void decide(aed_audio_state *state, float scores[AED_CLASSES])
{
    const uint32_t count = state->results < AED_RECENT ? state->results : AED_RECENT;

    for (int32_t c = 0; c < AED_CLASSES; ++c) {
        float sum = 0.0f;

        for (uint32_t i = state->results - count; i != state->results; ++i) {
            sum += aed_product(AED_OUTPUT_SCALE, (float)(state->recent[i % AED_RECENT][c] - AED_OUTPUT_ZERO_POINT));
        }
        scores[c] = sum / (float)count;
#if AED_DETECTS
        state->events[c] = state->quiet[c] == 0 && scores[c] >= aed_audio_thresholds[c];
        if (state->events[c]) {
            state->quiet[c] = AED_QUIET;
        } else if (state->quiet[c] > 0) {
            --state->quiet[c];
        }
#endif
    }
}

/* Runs the network on the patch, and decides. */
static int finish_result(aed_audio_state *state, float scores[AED_CLASSES])
{
    const int status = aed_run(state->patch, state->recent[state->results % AED_RECENT], &state->work);

    if (status != AED_OK) {
        return status;
    }
    ++state->results;
    decide(state, scores);
    return 1;
}

#endif

int aed_audio_poll(aed_audio_state *state, float scores[AED_CLASSES])
{
    uint32_t lost;

    if (state == NULL || scores == NULL) {
        return AED_ERROR_NULL;
    }
    do {
        while (distance(state->read, LOAD(&state->written)) >= NEEDED) {
            count_frame(state);
            add_frame(state);
            if (state->frames == AED_PATCH) {
                int status;

                finish_patch(state);
                status = finish_result(state, scores);
                if (status > 0) {
                    next_patch(state);
                }
                return status;
            }
        }
        lost = LOAD(&state->lost);
        if (lost == state->reported) {
            return 0;
        }
        /* Push takes nothing now; what it took before it lost something may have come only just now. */
    } while (distance(state->read, LOAD(&state->written)) >= NEEDED);
    restart(state);
    STORE(&state->reported, lost);
    return AED_ERROR_OVERRUN;
}
`,
  'audio/aed_clip.c': `#include "aed.h"

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
`,
  'audio/aed_clip_envelopes.c': `#include <stddef.h>
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
`,
  'audio/aed_clip_levels.c': `#include <stddef.h>
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

/* Q and L of core's \`levelStatistics\`, exact: |Q| stays below 2^35, |L| below 2^26. */
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
`,
  'audio/aed_clip_series.c': `#include "aed_clip_series.h"

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
`,
  'audio/aed_clip_series.h': `/* Series of whole numbers from -255 to 255, and what the clip head makes of them: as @aed/core states it, to the bit. */
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

/* log2 of the deviation in dB, skewness, log2 of the kurtosis; \`step\` dB are one, \`floor\` dB are added to the deviation. */
void aed_level_shape(const aed_level_moments *moments, float step, float floor, float shape[3]);

#if AED_CLIP_LEVELS > 0

/* Takes frame number t of a clip into the series of its groups of bands and, last, of all bands. */
void aed_clip_add_levels(aed_clip_series series[AED_CLIP_LEVELS], uint32_t t, const int8_t *frame, int32_t stride);

/* The values of a series of n > 0 levels, of which one is \`step\` dB. */
void aed_clip_level_values(const aed_clip_series *series, int32_t n, float step, float values[AED_CLIP_LEVEL_VALUES]);

#endif
#if AED_CLIP_ENVELOPES > 0

/* Of each low-pass y += a (x - y); of each modulation band b0 b1 b2 a1 a2. */
extern const float aed_clip_low_passes[AED_CLIP_ENVELOPES];
extern const float aed_clip_modulations[AED_CLIP_MODULATIONS][5];

/* Takes n samples into the envelopes of a clip that has had \`heard\` before. */
void aed_clip_add_envelopes(aed_clip_envelope bands[AED_CLIP_ENVELOPES], uint32_t heard, const int16_t *samples, size_t n);

/* The values of a band after n levels; 0 without one. */
void aed_clip_envelope_values(const aed_clip_envelope *band, int32_t n, float values[AED_CLIP_ENVELOPE_VALUES]);

#endif

#endif
`,
  'audio/aed_clip_statistics.c': `#include "aed_clip_statistics.h"

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

/* The value of a slot, slots in order from 0 on: of blocks whose values come some at once, these are kept in \`part\`. */
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
`,
  'audio/aed_clip_statistics.h': `/* A clip head of statistics: what NAME_clip_tables.c says of it. */
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
`,
  'audio/aed_fe_decibels_f32.c': `#include "aed_front_end.h"
#include "aed_log2.h"

void aed_fe_decibels_f32(const aed_front_end *fe, float reference, float *mel)
{
    const float lowest = fe->lowest;
    const float factor = fe->factor;
    const float floor = fe->floor;
    const float zero = aed_log2_f32(reference > lowest ? reference : lowest);

    for (const float *const end = mel + fe->n_mels; mel != end; ++mel) {
        const float decibels = aed_product(factor, aed_log2_f32(*mel > lowest ? *mel : lowest) - zero);

        *mel = decibels < floor ? floor : decibels;
    }
}
`,
  'audio/aed_fe_fft_f32.c': `#include <stddef.h>

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
 * Joins four neighbouring transforms of \`span\` points: point j of b, c, d is turned by w^j, w^2j, w^3j, w = e^(-2 pi i / (4 span)), and joined.
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
`,
  'audio/aed_fe_magnitude_f32.c': `#include <math.h>

#include "aed_front_end.h"

void aed_fe_magnitude_f32(const aed_front_end *fe, float *frame)
{
    for (int32_t k = 0; k <= fe->n_fft; k += 2) {
        frame[k] = sqrtf(frame[k]);
    }
}
`,
  'audio/aed_fe_mel_f32.c': `#include <stddef.h>

#include "aed_front_end.h"

void aed_fe_mel_f32(const aed_front_end *fe, const float *frame, float *mel)
{
    const float *weight = fe->weights;

    for (int32_t m = 0; m < fe->n_mels; ++m) {
        const float *bin = frame + (ptrdiff_t)2 * fe->start[m];
        const float *const end = fe->weights + fe->offset[m + 1];
        float sum = 0.0f;

        if ((end - weight) % 2 != 0) {
            sum = aed_product(*weight, *bin);
            ++weight;
            bin += 2;
        }
        for (; weight != end; weight += 2, bin += 4) {
            sum += aed_product(weight[0], bin[0]);
            sum += aed_product(weight[1], bin[2]);
        }
        mel[m] = sum;
    }
}
`,
  'audio/aed_fe_power_f32.c': `#include "aed_front_end.h"

static inline float square_sum(float re, float im)
{
    return aed_product(re, re) + aed_product(im, im);
}

/*
 * From the transform of the pairs of a real signal: for k = 1 ... n/4 and m = n/2 - k, A = z[k], B = z[m]: e = A + conj B,
 * d = (A - conj B) / i, t = (cos - i sin)(2 pi k / n) d; bin k is e + t, bin m conj(e - t).
 */
void aed_fe_power_f32(const aed_front_end *fe, float *frame)
{
    const int32_t n = fe->n_fft;
    const float dc = 2.0f * (frame[0] + frame[1]);
    const float nyquist = 2.0f * (frame[0] - frame[1]);
    const float *sine = fe->sine;
    float *a = frame;
    float *b = frame + n;

    a[0] = aed_product(dc, dc);
    b[0] = aed_product(nyquist, nyquist);
    for (int32_t k = n / 4; k > 0; --k) {
        float er, ei, dr, di, c, s, tr, ti;

        a += 2;
        b -= 2;
        s = *++sine;
        c = sine[n / 4];
        er = a[0] + b[0];
        ei = a[1] - b[1];
        dr = a[1] + b[1];
        di = b[0] - a[0];
        tr = aed_product(c, dr) + aed_product(s, di);
        ti = aed_product(c, di) - aed_product(s, dr);
        a[0] = square_sum(er + tr, ei + ti);
        b[0] = square_sum(er - tr, ei - ti);
    }
}
`,
  'audio/aed_fe_quantize_s8.c': `#include "aed_front_end.h"

void aed_fe_quantize_s8(const float *values, int32_t count, float scale, int32_t zero_point, int8_t *out, int32_t step)
{
    for (int32_t i = 0; i < count; ++i) {
        const float quotient = values[i] / scale;
        /* Beyond +-1000 every zero point leads to a limit; within, the cast is defined and the rest below exact. */
        const float bounded = quotient < -1000.0f ? -1000.0f : quotient > 1000.0f ? 1000.0f : quotient;
        const int32_t whole = (int32_t)bounded;
        const float rest = bounded - (float)whole;
        const int32_t value = whole + (rest >= 0.5f) - (rest <= -0.5f) + zero_point;

        *out = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
        out += step;
    }
}
`,
  'audio/aed_fe_window_f32.c': `#include <stddef.h>

#include "aed_front_end.h"

typedef struct {
    float re;
    float im;
} complex_f32;

/* Two neighbouring samples as a point. */
static inline complex_f32 point(const aed_front_end *fe, const int16_t *samples, size_t pair)
{
    const int16_t *const from = samples + 2 * pair;
    const float *const window = fe->window + 2 * pair;
    const complex_f32 z = {aed_product((float)from[0], window[0]), aed_product((float)from[1], window[1])};

    return z;
}

void aed_fe_window_f32(const aed_front_end *fe, const int16_t *samples, float *frame)
{
    const uint16_t *order = fe->order;
    const float *const end = frame + fe->n_fft;

    if (fe->radix_2) {
        for (; frame != end; frame += 4) {
            const complex_f32 a = point(fe, samples, *order++);
            const complex_f32 b = point(fe, samples, *order++);

            frame[0] = a.re + b.re;
            frame[1] = a.im + b.im;
            frame[2] = a.re - b.re;
            frame[3] = a.im - b.im;
        }
    } else {
        for (; frame != end; frame += 2) {
            const complex_f32 a = point(fe, samples, *order++);

            frame[0] = a.re;
            frame[1] = a.im;
        }
    }
}
`,
  'audio/aed_float.h': `/* Arithmetic in float32 that gives the same bits everywhere. */
#ifndef AED_FLOAT_H
#define AED_FLOAT_H

/*
 * A product that no compiler fuses with a sum (GCC fuses in its gnu modes, clang within an expression). On cores with the DSP
 * extension the barrier costs nothing; elsewhere the product goes through memory.
 */
static inline float aed_product(float a, float b)
{
#if defined(__ARM_FEATURE_DSP) && defined(__ARM_FP) && defined(__GNUC__) && !defined(__aarch64__)
    float product = a * b;

    __asm("" : "+t"(product));
    return product;
#else
    volatile float product = a * b;

    return product;
#endif
}

#endif
`,
  'audio/aed_front_end.h': `/*
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

/* \`count\` values to int8 as QUANTIZE rounds them, one every \`step\` places. */
void aed_fe_quantize_s8(const float *values, int32_t count, float scale, int32_t zero_point, int8_t *out, int32_t step);

#endif
`,
  'audio/aed_log2.h': `/* The binary logarithm in float32 that gives the same bits everywhere. */
#ifndef AED_LOG2_H
#define AED_LOG2_H

#include <stdint.h>
#include <string.h>

#include "aed_float.h"

/*
 * log2 of a normal positive number, within 3e-6: x = 2^e m with sqrt(1/2) <= m < sqrt(2), s = (m - 1) / (m + 1), and four terms
 * 2 / (i ln 2) s^i of the series.
 */
static inline float aed_log2_f32(float x)
{
    uint32_t bits;
    uint32_t mantissa;
    int32_t high;
    float m, f, s, q;

    memcpy(&bits, &x, sizeof bits);
    mantissa = bits & 0x7fffffu;
    high = mantissa > 0x3504f3u;
    mantissa |= high ? 0x3f000000u : 0x3f800000u;
    memcpy(&m, &mantissa, sizeof m);
    f = m - 1.0f;
    s = f / (2.0f + f);
    q = aed_product(s, s);
    return (float)((int32_t)(bits >> 23) - 127 + high) +
           aed_product(s, 2.88539004f + aed_product(q, 0.961796701f + aed_product(q, 0.577078044f + aed_product(q, 0.412198573f))));
}

#endif
`,
}
