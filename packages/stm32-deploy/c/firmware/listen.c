/*
 * Listens to the board's microphone and prints a line for every event, and for every result where the model has no thresholds of events:
 * its class and score, after "unknown: " where the score is too low for the class.
 */
#include <string.h>

#include "board.h"
#include "config.h"

static aed_audio_state audio;

static void on_samples(const int16_t *samples, size_t n)
{
    aed_audio_push(&audio, samples, n);
}

static void print(const char *text)
{
    board_write(text, strlen(text));
}

static void print_number(uint32_t value)
{
    char text[11];
    char *at = text + sizeof text - 1;

    *at = 0;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    print(at);
}

/* label, score in percent. */
static void print_class(int32_t c, float score)
{
#ifdef AED_LABEL_SIZE
    print(aed_labels[c]);
#else
    print("class ");
    print_number((uint32_t)c);
#endif
    print(" ");
    print_number(score > 0.0f ? (uint32_t)(score * 100.0f + 0.5f) : 0);
    print(" %\r\n");
}

static void print_result(const float scores[AED_CLASSES])
{
#ifdef HAS_DETECTION
    for (int32_t c = 0; c < AED_CLASSES; ++c) {
        if (aed_audio_events(&audio)[c]) {
            print_class(c, scores[c]);
        }
    }
#else
    int32_t best = 0;

    for (int32_t c = 1; c < AED_CLASSES; ++c) {
        best = scores[c] > scores[best] ? c : best;
    }
    if (aed_label(scores) == AED_UNKNOWN) {
        print("unknown: ");
    }
    print_class(best, scores[best]);
#endif
}

int main(void)
{
    float scores[AED_CLASSES];

    if (aed_audio_init(&audio) != AED_OK || board_listen(AED_SAMPLE_RATE, on_samples) != 0) {
        print("no microphone at this sample rate\r\n");
        return 1;
    }
    print("listening\r\n");
    for (;;) {
        const int status = aed_audio_poll(&audio, scores);

        if (status == 1) {
            print_result(scores);
        } else if (status == AED_ERROR_OVERRUN) {
            print("overrun: samples lost ");
            print_number(aed_audio_lost(&audio));
            print("\r\n");
        } else if (status < 0) {
            return 1;
        } else {
            board_wait();
        }
    }
}
