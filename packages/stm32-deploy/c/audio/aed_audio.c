#include "aed_audio.h"

#include <string.h>

/*
 * One context pushes (an interrupt, another thread), one polls. `written` and `lost` are written by push, `read` and `reported` by
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
