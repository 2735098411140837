/*
 * Runs test vectors that come over the board's byte stream, so that a host can compare the bytes. A message is 'A' 'E', its kind, its
 * number, the length of what follows in four bytes, the payload, and the CRC-32 of all of it; answers have the same form and number. All
 * numbers are little-endian. A message whose CRC is wrong is answered with kind '!', for the host to send it again.
 *
 *   'i' what is here: sizes, ticks
 *   'r' one input          -> status, ticks, stack, arena used, output
 *   's' self-test          -> status
 *   'a' starts a stream and a clip -> status
 *   'p' samples            -> ticks, stack, samples lost, results: output, events, scores of each
 *   'c' the clip's scores  -> status, ticks, label (-1: unknown), scores
 *   'f' frames into a clip, 'w' samples into a clip, of a clip head that takes them; none: it begins anew -> status, ticks
 *
 * With a clip head of statistics an input is a clip of its own, its output the features and scores of that clip; results of a stream are scores alone.
 */
#include <string.h>

#include "board.h"
#include "config.h"

#define PAINT 0xa5a5a5a5u
#define HEAD 8
#ifdef AED_CLIP_FEATURES
#define OUTPUT (4 * (AED_CLIP_FEATURES + AED_CLASSES))
#define RESULT (4 * AED_CLASSES)
#else
#define OUTPUT AED_OUTPUT_SIZE
#define RESULT (OUTPUT + AED_CLASSES + 4 * AED_CLASSES)
#endif
#ifdef AED_AUDIO_BUFFER
#define MOST_SAMPLES 2048
#define MOST_RESULTS (2 + MOST_SAMPLES / AED_AUDIO_PERIOD)
#define MOST_IN (2 * MOST_SAMPLES > AED_INPUT_SIZE ? 2 * MOST_SAMPLES : AED_INPUT_SIZE)
#define MOST_OUT (64 + OUTPUT + MOST_RESULTS * RESULT)
#else
#define MOST_IN AED_INPUT_SIZE
#define MOST_OUT (64 + OUTPUT)
#endif

static union {
    int64_t align[2];
    uint8_t bytes[AED_ARENA_SIZE];
} arena;
static uint8_t request[HEAD + MOST_IN + 4];
static uint8_t answer[HEAD + MOST_OUT + 4];
static size_t answered;
static uint32_t runs;
#ifdef AED_AUDIO_BUFFER
static aed_audio_state audio;
static int16_t samples[MOST_SAMPLES];
static float scores[AED_CLASSES];
#endif
#ifdef HAS_CLIP
static aed_clip_state clip;
#endif
#ifdef AED_CLIP_FEATURES
static float output[AED_CLIP_FEATURES + AED_CLASSES];
#else
static int8_t output[AED_OUTPUT_SIZE];
#endif

static uint32_t crc32(const uint8_t *bytes, size_t n)
{
    uint32_t crc = ~0u;

    while (n-- > 0) {
        crc ^= *bytes++;
        for (int bit = 0; bit < 8; ++bit) {
            crc = crc >> 1 ^ (crc & 1u ? 0xedb88320u : 0u);
        }
    }
    return ~crc;
}

static uint32_t get_32(const uint8_t *from)
{
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static void put_32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; ++i) {
        to[i] = (uint8_t)(value >> 8 * i);
    }
}

static void add(const void *from, size_t n)
{
    memcpy(answer + HEAD + answered, from, n);
    answered += n;
}

static void add_32(uint32_t value)
{
    put_32(answer + HEAD + answered, value);
    answered += 4;
}

static int send(uint8_t kind, uint8_t number)
{
    const uint8_t head[4] = {'A', 'E', kind, number};

    memcpy(answer, head, sizeof head);
    put_32(answer + 4, (uint32_t)answered);
    put_32(answer + HEAD + answered, crc32(answer, HEAD + answered));
    return board_write(answer, HEAD + answered + 4);
}

/* Reads the next message: its payload's length, -1 at the end of the stream, -2 for one that is damaged. */
static int32_t receive(void)
{
    uint32_t length;

    request[1] = 0;
    do {
        request[0] = request[1];
        if (board_read(request + 1, 1) != 0) {
            return -1;
        }
    } while (request[0] != 'A' || request[1] != 'E');
    if (board_read(request + 2, HEAD - 2) != 0) {
        return -1;
    }
    length = get_32(request + 4);
    if (length > MOST_IN) {
        return -2;
    }
    if (board_read(request + HEAD, length + 4) != 0) {
        return -1;
    }
    return get_32(request + HEAD + length) == crc32(request, HEAD + length) ? (int32_t)length : -2;
}

/* Fills the free stack from where it ends to a little below this frame; its lowest word and, in *top, its end. */
static __attribute__((noinline)) uint32_t *paint_stack(uint32_t **top)
{
    uint32_t *const bottom = board_stack();

    *top = (uint32_t *)__builtin_frame_address(0) - 16;
    for (volatile uint32_t *at = bottom; bottom != NULL && at < *top; ++at) {
        *at = PAINT;
    }
    return bottom;
}

/* Bytes below `frame`, that of the caller, that were used since. */
static uint32_t stack_used(const uint32_t *bottom, const uint32_t *top, const void *frame)
{
    const uint32_t *at = bottom;

    while (bottom != NULL && at < top && *at == PAINT) {
        ++at;
    }
    return bottom == NULL ? 0 : (uint32_t)((const uint8_t *)frame - (const uint8_t *)at);
}

#ifdef AED_CLIP_FEATURES

static void start_clip(const int8_t *input)
{
    (void)aed_clip_reset(&clip);
#ifdef AED_CLIP_BANDS
    for (int t = 0; t < AED_INPUT_SIZE / AED_CLIP_BANDS; ++t) {
        (void)aed_clip_add_frame(&clip, input + t, AED_INPUT_SIZE / AED_CLIP_BANDS);
    }
#else
    (void)input;
#endif
}

static int run_input(const int8_t *input)
{
    return aed_clip_add(&clip, input, &arena);
}

static void take_output(void)
{
    (void)aed_clip_features(&clip, output);
    (void)aed_clip_scores(&clip, output + AED_CLIP_FEATURES);
}

#else

static void start_clip(const int8_t *input)
{
    (void)input;
}

static int run_input(const int8_t *input)
{
    return aed_run(input, output, &arena);
}

static void take_output(void)
{
}

#endif

static void run(void)
{
    const uint8_t paint = (uint8_t)(runs++ + 0x5a);
    uint32_t *top;
    uint32_t *const bottom = paint_stack(&top);
    uint32_t used = sizeof arena.bytes;
    uint32_t start;
    uint32_t ticks;
    int status;

    memset(&arena, paint, sizeof arena);
    start_clip((const int8_t *)request + HEAD);
    start = board_ticks();
    status = run_input((const int8_t *)request + HEAD);
    ticks = board_ticks() - start;
    while (used > 0 && arena.bytes[used - 1] == paint) {
        --used;
    }
    add_32((uint32_t)status);
    add_32(ticks);
    add_32(stack_used(bottom, top, __builtin_frame_address(0)));
    add_32(used);
    take_output();
    add(output, sizeof output);
}

#ifdef AED_AUDIO_BUFFER

static void start_stream(void)
{
    add_32((uint32_t)aed_audio_init(&audio));
#if defined(HAS_CLIP) && !defined(AED_CLIP_FEATURES)
    aed_clip_reset(&clip);
#endif
}

static void push(size_t n)
{
    uint32_t *top;
    uint32_t *const bottom = paint_stack(&top);
    const size_t ticks_at = answered;
    uint32_t ticks = 0;
    int32_t status = 0;

    memcpy(samples, request + HEAD, n * sizeof *samples);
    answered += 16;
    for (size_t at = 0; at < n || status == 1;) {
        uint32_t start;

        if (status == 0 || at == 0) {
            at += aed_audio_push(&audio, samples + at, n - at < AED_HOP ? n - at : AED_HOP);
        }
        start = board_ticks();
        status = aed_audio_poll(&audio, scores);
        ticks += board_ticks() - start;
        if (status < 0) {
            break;
        }
        if (status == 1) {
#ifndef AED_CLIP_FEATURES
            add(aed_audio_output(&audio), AED_OUTPUT_SIZE);
            add(aed_audio_events(&audio), AED_CLASSES);
#ifdef HAS_CLIP
            aed_clip_add(&clip, aed_audio_output(&audio));
#endif
#endif
            add(scores, sizeof scores);
        }
    }
    put_32(answer + HEAD + ticks_at, (uint32_t)status);
    put_32(answer + HEAD + ticks_at + 4, ticks);
    put_32(answer + HEAD + ticks_at + 8, stack_used(bottom, top, __builtin_frame_address(0)));
    put_32(answer + HEAD + ticks_at + 12, aed_audio_lost(&audio));
}

#endif

#ifdef AED_CLIP_BANDS

static void add_frames(size_t n)
{
    int status = n == 0 ? aed_clip_reset(&clip) : AED_OK;
    const uint32_t start = board_ticks();

    for (size_t t = 0; t < n && status == AED_OK; ++t) {
        status = aed_clip_add_frame(&clip, (const int8_t *)request + HEAD + t * AED_CLIP_BANDS, 1);
    }
    add_32((uint32_t)status);
    add_32(board_ticks() - start);
}

#endif
#if defined(AED_CLIP_MOST_SAMPLES) && defined(AED_AUDIO_BUFFER)

static void add_samples(size_t n)
{
    int status = n == 0 ? aed_clip_reset(&clip) : AED_OK;
    uint32_t start;

    memcpy(samples, request + HEAD, n * sizeof *samples);
    start = board_ticks();
    if (status == AED_OK) {
        status = aed_clip_add_samples(&clip, samples, n);
    }
    add_32((uint32_t)status);
    add_32(board_ticks() - start);
}

#endif

static uint8_t serve(uint8_t kind, size_t length)
{
    if (kind == 'i') {
        add_32(AED_INPUT_SIZE);
        add_32(OUTPUT);
        add_32(AED_ARENA_SIZE);
        add_32(board_ticks_per_second());
    } else if (kind == 'r' && length == AED_INPUT_SIZE) {
        run();
#ifdef HAS_SELFTEST
    } else if (kind == 's') {
#ifdef AED_CLIP_FEATURES
        add_32((uint32_t)aed_selftest(&arena, &clip));
#else
        add_32((uint32_t)aed_selftest(&arena));
#endif
#endif
#ifdef AED_AUDIO_BUFFER
    } else if (kind == 'a') {
        start_stream();
    } else if (kind == 'p' && length % 2 == 0 && length <= sizeof samples) {
        push(length / 2);
#endif
#ifdef AED_CLIP_BANDS
    } else if (kind == 'f' && length % AED_CLIP_BANDS == 0) {
        add_frames(length / AED_CLIP_BANDS);
#endif
#if defined(AED_CLIP_MOST_SAMPLES) && defined(AED_AUDIO_BUFFER)
    } else if (kind == 'w' && length % 2 == 0 && length <= sizeof samples) {
        add_samples(length / 2);
#endif
#ifdef HAS_CLIP
    } else if (kind == 'c') {
        float of_clip[AED_CLASSES];
        const uint32_t start = board_ticks();
#if defined(AED_CLIP_FEATURES) && defined(AED_AUDIO_BUFFER)
        const int status = aed_clip_scores(aed_audio_clip(&audio), of_clip);
#else
        const int status = aed_clip_scores(&clip, of_clip);
#endif

        add_32((uint32_t)status);
        add_32(board_ticks() - start);
        add_32((uint32_t)(status == 1 ? aed_label(of_clip) : AED_UNKNOWN));
        add(of_clip, sizeof of_clip);
#endif
    } else {
        return '?';
    }
    return kind;
}

int main(void)
{
    for (;;) {
        const int32_t length = receive();

        answered = 0;
        if (length == -1) {
            return 0;
        }
        if (send(length < 0 ? '!' : serve(request[2], (size_t)length), request[3]) != 0) {
            return 1;
        }
    }
}
