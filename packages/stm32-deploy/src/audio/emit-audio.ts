import type { DeviceTable } from '@aed/core'
import { arrayText, floatText } from '../emit/c-text.ts'
import { banner } from '../emit/emit-header.ts'
import { macroName, type Library } from '../emit/library.ts'
import { renamed } from '../emit/emit-kernels.ts'
import { CHAIN_SOURCES } from './chain-sources.ts'
import { firstResult, resultPeriod, type AudioChain } from './audio-chain.ts'

/** The declarations of the chain in `NAME.h`, or nothing. */
export function audioDeclarations(library: Library): string {
  const { name, audio } = library
  if (!audio) return ''
  const upper = macroName(library)
  const { tables, detection, reference, clipFrames } = audio
  const { nFft, hopLength, nMels } = tables.options
  const ms = (samples: number) => `${Math.round((1000 * samples) / tables.sampleRate)} ms`
  const powers = reference.kind === 'patch' ? `    float powers[${upper}_PATCH][${upper}_BANDS];\n` : ''
  const quiet = detection ? `    uint16_t quiet[${upper}_CLASSES];\n` : ''
  return `
/*
 * The whole chain: samples of 16 bits, one channel, ${upper}_SAMPLE_RATE Hz; frames of ${upper}_FRAME samples every ${upper}_HOP; ${upper}_BANDS mel
 * bands; patches of ${upper}_PATCH frames every ${upper}_PATCH_STEP. 0 dB is ${referenceText(audio)}.
 */
#define ${upper}_SAMPLE_RATE ${tables.sampleRate}
#define ${upper}_FRAME ${nFft}
#define ${upper}_HOP ${hopLength}
#define ${upper}_BANDS ${nMels}
#define ${upper}_PATCH ${audio.patchLength}
#define ${upper}_PATCH_STEP ${audio.patchStep}

/* Samples that may wait for poll (${ms(audio.buffer)}), from one result to the next (${ms(resultPeriod(audio))}), and until the first (${ms(firstResult(audio))}). */
#define ${upper}_AUDIO_BUFFER ${audio.buffer}
#define ${upper}_AUDIO_PERIOD ${resultPeriod(audio)}
#define ${upper}_AUDIO_FIRST ${firstResult(audio)}

${clipFrames === null ? `/* Outputs that scores are the mean of. */\n#define ${upper}_RECENT ${detection?.smoothing ?? 1}\n` : `/* Frames of a clip of the stream (${ms(clipFrames * hopLength)}); the next begins with the frame after. */\n#define ${upper}_AUDIO_CLIP ${clipFrames}\n`}
/* Everything that the chain keeps; its parts are its own. */
typedef struct {
    union {
        int64_t align;
        int8_t arena[${upper}_ARENA_SIZE];
        struct {
            float frame[${upper}_FRAME + 2];
            float mel[${upper}_BANDS];
            int16_t samples[${upper}_FRAME];
        } front_end;
    } work;
    int8_t patch[${upper}_INPUT_SIZE];
${powers}    int16_t samples[${upper}_AUDIO_BUFFER];
    uint32_t written;
    uint32_t read;
    uint32_t lost;
    uint32_t reported;
    float reference;
    int32_t frames;
${clipFrames === null ? `    uint32_t results;\n    int8_t recent[${upper}_RECENT][${upper}_CLASSES];\n    uint8_t events[${upper}_CLASSES];\n${quiet}` : `    int32_t clip_frames;\n    ${name}_clip_state clip;\n`}} ${name}_audio_state;

/* Starts a stream. Neither push nor poll may be at work. */
int ${name}_audio_init(${name}_audio_state *state);

/*
 * Takes n samples, copied; any n. May be called from an interrupt (a DMA's) or another thread while ${name}_audio_poll runs: without
 * locks, in a time that n bounds. Returns how many were taken: fewer than n when the buffer is full. Then nothing more is taken until
 * poll has returned ${upper}_ERROR_OVERRUN, so that no result spans the gap.
 */
size_t ${name}_audio_push(${name}_audio_state *state, const int16_t *samples, size_t n);

${resultDeclarations(library, audio)}/* Samples lost since ${name}_audio_init. */
uint32_t ${name}_audio_lost(const ${name}_audio_state *state);
`
}

/** What poll gives, and what can be asked for then. */
function resultDeclarations(library: Library, { detection, clipFrames, tables }: AudioChain): string {
  const { name } = library
  const upper = macroName(library)
  if (clipFrames !== null)
    return `/*
 * Works on what waits: frames, and at most one run of the network. Returns 1 after each patch of a clip (call again: more may wait),
 * 0 when there is nothing new, ${upper}_ERROR_OVERRUN once after samples were lost (the stream then starts anew, with a new clip; a running
 * reference stays), or another negative value of enum ${name}_status. scores: those of the clip so far, which grow surer with its patches.
 * A clip begins with the stream, after ${upper}_AUDIO_CLIP frames of the one before (${(clipFrames * tables.options.hopLength / tables.sampleRate).toFixed(2)} s), or when ${name}_audio_begin_clip says so.
 */
int ${name}_audio_poll(${name}_audio_state *state, float scores[${upper}_CLASSES]);

/* Begins a new clip with the next frame; a running reference stays. Poll must not be at work. */
int ${name}_audio_begin_clip(${name}_audio_state *state);

/* The clip so far: ${name}_clip_scores gives its scores with all frames that poll has taken. */
const ${name}_clip_state *${name}_audio_clip(const ${name}_audio_state *state);

`
  return `/*
 * Works on what waits: frames, and at most one run of the network. Returns 1 when there is a new result (call again: more may wait),
 * 0 when there is none, ${upper}_ERROR_OVERRUN once after samples were lost (the stream then starts anew; a running reference stays), or
 * another negative value of enum ${name}_status. scores: the mean of the last ${upper}_RECENT output${detection && detection.smoothing > 1 ? 's' : ''}, fewer at the start of a stream.
 */
int ${name}_audio_poll(${name}_audio_state *state, float scores[${upper}_CLASSES]);

/* For each class 1 if it fires with the last result${detection ? `: its score reaches its threshold for the first time in ${detection.quiet + 1} results` : '; always 0: the model has no thresholds'}. */
const uint8_t *${name}_audio_events(const ${name}_audio_state *state);

/* The network's own output of the last result: ${upper}_OUTPUT_SIZE values. */
const int8_t *${name}_audio_output(const ${name}_audio_state *state);

`
}

function referenceText({ reference: { kind, value } }: AudioChain): string {
  switch (kind) {
    case 'none':
      return 'not used: bands are linear'
    case 'fixed':
      return floatText(value)
    case 'running':
      return 'the loudest band so far'
    case 'patch':
      return 'the loudest band of the patch'
  }
}

const addsMagnitudes = ({ tables: { options } }: AudioChain) => options.power === 1

/** The files of the chain, or none. */
export function emitAudio(library: Library): Readonly<Record<string, string>> {
  const { name, audio } = library
  if (!audio) return {}
  const kernels = Object.entries(CHAIN_SOURCES).filter(([path]) => /^audio\/aed_(fe_|float|log2|front_end|audio)/.test(path) && (addsMagnitudes(audio) || !path.includes('magnitude')))
  return {
    ...Object.fromEntries(kernels.map(([path, text]) => [`src/${renamed(library, path.replace('audio/', ''))}`, renamed(library, text, true)])),
    [`src/${name}_audio.h`]: emitAudioHeader(library, audio),
    [`src/${name}_audio_tables.c`]: emitAudioTables(library, audio),
  }
}

function emitAudioHeader(library: Library, audio: AudioChain): string {
  const { reference, detection, padding, lookback } = audio
  const magnitude = addsMagnitudes(audio)
  const { name } = library
  const upper = macroName(library)
  const thresholds = detection ? `extern const float ${name}_audio_thresholds[${upper}_CLASSES];\n` : ''
  return `${banner(library, 'What the chain is made for.')}#ifndef ${upper}_AUDIO_H
#define ${upper}_AUDIO_H

${library.head ? `#include "${name}_clip.h"` : `#include "${name}.h"`}
#include "${name}_front_end.h"

/* What 0 dB is. */
#define ${upper}_REFERENCE_NONE 0
#define ${upper}_REFERENCE_FIXED 1
#define ${upper}_REFERENCE_RUNNING 2
#define ${upper}_REFERENCE_PATCH 3
#define ${upper}_REFERENCE ${upper}_REFERENCE_${reference.kind.toUpperCase()}
${reference.kind === 'fixed' ? `#define ${upper}_REFERENCE_VALUE ${floatText(reference.value)}\n` : ''}
/* 1: bands add magnitudes, 0: powers. */
#define ${upper}_MAGNITUDE ${magnitude ? 1 : 0}

/* Zeros before the first sample. */
#define ${upper}_PADDING ${padding}

/* Samples before a frame that are kept for the clip head. */
#define ${upper}_LOOKBACK ${lookback}

/* 1: a clip head of statistics in place of means of scores. */
#define ${upper}_CLIP_HEAD ${library.head ? 1 : 0}

/* 1: classes have thresholds; results after an event in which its class stays quiet. */
#define ${upper}_DETECTS ${detection ? 1 : 0}
#define ${upper}_QUIET ${detection?.quiet ?? 0}

extern const ${name}_front_end ${name}_audio_front_end;
${thresholds}
#endif
`
}

function emitAudioTables(library: Library, { tables, decibels, detection }: AudioChain): string {
  const { name } = library
  const upper = macroName(library)
  const { options, window, sine, weights, start, offset, order } = tables
  const floats = (what: string, { data }: DeviceTable) => `static const float ${what}[${data.length}] = {\n${arrayText(Float32Array.from(data), 8)}\n};\n\n`
  const indices = (what: string, data: Uint16Array) => `static const uint16_t ${what}[${data.length}] = {\n${arrayText(data)}\n};\n\n`
  const thresholds = detection ? `\nconst float ${name}_audio_thresholds[${upper}_CLASSES] = {\n${arrayText(detection.thresholds, 8)}\n};\n` : ''
  return `${banner(library, "Tables of the front end, and the thresholds.")}#include "${name}_audio.h"

${floats('window', { ...window, data: window.data.map((value) => value / 65536) })}${floats('sine', sine)}${floats('weights', weights)}${indices('start', start)}${indices('offset', offset)}${indices('order', order)}const ${name}_front_end ${name}_audio_front_end = {
    .window = window,
    .sine = sine,
    .weights = weights,
    .start = start,
    .offset = offset,
    .order = order,
    .n_fft = ${options.nFft},
    .n_mels = ${options.nMels},
    .radix_2 = ${Math.clz32(options.nFft) % 2},
    .lowest = ${floatText(decibels.lowest)},
    .factor = ${floatText(decibels.factor)},
    .floor = ${floatText(decibels.floor)},
};
${thresholds}`
}
