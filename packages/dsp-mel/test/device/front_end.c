/* Drives the kernels of packages/stm32-deploy/c/audio for one test: PCM on stdin to mel power and dB (floats) on stdout. tables.h, which
   the test writes, holds `front_end`, HOP and SAMPLES. */
#include <stdio.h>
#include <string.h>

#include "aed_front_end.h"
#include "tables.h"

static int16_t pcm[N_FFT / 2 + SAMPLES + N_FFT];
static float frame[N_FFT + 2], mel[N_MELS];

int main(void) {
  float reference = 0.0f;
  if (fread(pcm + N_FFT / 2, 2, SAMPLES, stdin) != SAMPLES) return 1;
  for (int at = 0; at <= SAMPLES; at += HOP) {
    aed_fe_window_f32(&front_end, pcm + at, frame);
    aed_fe_fft_f32(&front_end, frame);
    aed_fe_power_f32(&front_end, frame);
    if (POWER == 1) aed_fe_magnitude_f32(&front_end, frame);
    aed_fe_mel_f32(&front_end, frame, mel);
    fwrite(mel, sizeof mel, 1, stdout);
    for (int m = 0; m < N_MELS; m++) reference = mel[m] > reference ? mel[m] : reference;
    aed_fe_decibels_f32(&front_end, reference, mel);
    fwrite(mel, sizeof mel, 1, stdout);
  }
  return 0;
}
