import {
  ENVELOPE_FILTERS, ENVELOPE_LEVELS_PER_OCTAVE, ENVELOPE_MODULATION_FLOOR, ENVELOPE_STEP, ENVELOPE_STEP_FLOOR, ENVELOPE_VALUES,
  LEVEL_FIRST_PERIOD, LEVEL_FLOOR, LEVEL_GROUPS, LEVEL_LAGS, LEVEL_OWN_LAGS, LEVEL_VALUES,
} from '@aed/core' // prettier-ignore
import { CHAIN_SOURCES } from '../audio/chain-sources.ts'
import { arrayText, commentText, floatText } from '../emit/c-text.ts'
import { banner } from '../emit/emit-header.ts'
import { renamed } from '../emit/emit-kernels.ts'
import { macroName, type Library } from '../emit/library.ts'
import type { FramePlan, HeadPlan, StatisticPlan, TapPlan } from './plan-head.ts'

/** Members of the state's arrays: C type, name, and length. */
export function stateMembers({ arrays }: HeadPlan): readonly { readonly type: 'int32_t' | 'uint32_t' | 'int16_t' | 'int8_t'; readonly name: string; readonly macro: string; readonly length: number }[] {
  const members = [
    { type: 'int32_t', name: 'sums', macro: 'SUMS', length: arrays.sums },
    { type: 'uint32_t', name: 'squares', macro: 'SQUARES', length: arrays.squares },
    { type: 'uint32_t', name: 'steps', macro: 'STEPS', length: arrays.steps },
    { type: 'int16_t', name: 'wide_maxima', macro: 'WIDE_MAXIMA', length: arrays.wideMaxima },
    { type: 'int8_t', name: 'maxima', macro: 'MAXIMA', length: arrays.maxima },
    { type: 'int8_t', name: 'last', macro: 'LAST', length: arrays.last },
  ] as const
  return members.filter(({ length }) => length > 0)
}

/** A member of the state that is an array of structs. */
export interface StateStruct {
  readonly name: 'levels' | 'envelopes'
  readonly type: string
  readonly macro: string
  readonly count: number
  /** Of one. */
  readonly bytes: number
}

/** Lags that are kept. */
const LAGS = LEVEL_LAGS - 1
const MODULATIONS = ENVELOPE_FILTERS.modulations.length

/** The first members of the state, for levels and envelopes: what a compiler makes of {@link seriesTypes}. */
export function stateStructs({ levels, envelopes }: HeadPlan): readonly StateStruct[] {
  return [
    ...(levels ? [{ name: 'levels', type: 'clip_series', macro: 'LEVELS', count: LEVEL_GROUPS + 1, bytes: 8 * Math.ceil((24 + 4 * LAGS + 2 * LAGS) / 8) } as const] : []),
    ...(envelopes ? [{ name: 'envelopes', type: 'clip_envelope', macro: 'ENVELOPES', count: ENVELOPE_FILTERS.lowPasses.length, bytes: 8 * Math.ceil((2 * 24 + 12 * MODULATIONS + 8 + 4 + 3) / 8) } as const] : []),
  ]
}

/** The types of what levels and envelopes keep. */
function seriesTypes(library: Library, { levels, envelopes }: HeadPlan): string {
  const { name } = library
  const upper = macroName(library)
  if (!levels && !envelopes) return ''
  return `
/* Of whole numbers from -255 to 255: sums of their powers. */
typedef struct {
    int64_t cubes;
    int64_t fourths;
    int32_t sum;
    uint32_t squares;
} ${name}_level_sums;
${
    levels
      ? `
/* Levels of a group of bands: products with those of up to ${upper}_CLIP_LAGS frames before, the first and the last ones. */
#define ${upper}_CLIP_LAGS ${LAGS}
typedef struct {
    ${name}_level_sums sums;
    uint32_t products[${upper}_CLIP_LAGS];
    uint8_t first[${upper}_CLIP_LAGS];
    uint8_t recent[${upper}_CLIP_LAGS];
} ${name}_clip_series;
`
      : ''
  }${
    envelopes
      ? `
/* Envelope of a band: levels and their steps, memories and power of the modulation filters, low-pass, energy of a step. */
#define ${upper}_CLIP_MODULATIONS ${MODULATIONS}
typedef struct {
    ${name}_level_sums levels;
    ${name}_level_sums steps;
    float modulations[${upper}_CLIP_MODULATIONS][3];
    float low;
    float energy;
    int16_t rise;
    int16_t fall;
    uint8_t first;
    uint8_t last;
    uint8_t loudest;
} ${name}_clip_envelope;
`
      : ''
  }`
}

/** The declarations of a clip head of statistics in `NAME.h`: in place of `NAME_run`. */
export function headDeclarations(library: Library, head: HeadPlan): string {
  const { name } = library
  const upper = macroName(library)
  const { blocks, linear, mostPatches, mostFrames, mostSamples } = head
  const lines = blocks.map(({ block, length }) => ` *   '${commentText(block.name)}': ${length}\n`)
  const addFrame = mostFrames === null ? '' : `
/*
 * Takes one log-mel frame into the clip, every frame of it once and in order: ${upper}_CLIP_BANDS values as they stand in the network's input,
 * \`stride\` apart (a column of a patch: its number of frames).${library.audio ? ` ${name}_audio_poll does it.` : ''}
 * Returns ${upper}_OK, or ${upper}_ERROR_CLIP_FULL after ${upper}_CLIP_MOST_FRAMES frames.
 */
int ${name}_clip_add_frame(${name}_clip_state *clip, const int8_t *frame, int32_t stride);
`
  const addSamples = mostSamples === null ? '' : `
/*
 * Takes the next n samples of 16 bits into the clip, any n: those from the centre of its first frame to that of its last.${library.audio ? ` ${name}_audio_poll does it.` : ''}
 * Returns ${upper}_OK, or ${upper}_ERROR_CLIP_FULL where the clip would have more than ${upper}_CLIP_MOST_SAMPLES: it takes none then.
 */
int ${name}_clip_add_samples(${name}_clip_state *clip, const int16_t *samples, size_t n);
`
  const of = ["of the network's activations", ...(mostFrames === null ? [] : ['of the log-mel frames']), ...(mostSamples === null ? [] : ['of the samples'])]
  const structs = stateStructs(head)
  return `
/*
 * The clip head: statistics ${of.join(of.length > 2 ? ', ' : ' and ')} over a clip, standardised, then one linear layer in
 * float32. The statistics are whole numbers${mostSamples === null ? '' : ' (those of the samples float32 too)'} that are taken in while the network runs; no activation is kept for them. Features:
${lines.join('')} */
#define ${upper}_CLIP_FEATURES ${linear.features}

/* Longest clip: its sums fit in their words whatever the sound. */
#define ${upper}_CLIP_MOST_PATCHES ${mostPatches}
${mostFrames === null ? '' : `#define ${upper}_CLIP_MOST_FRAMES ${mostFrames}\n#define ${upper}_CLIP_BANDS ${head.bands!}\n`}${mostSamples === null ? '' : `#define ${upper}_CLIP_MOST_SAMPLES ${mostSamples}\n`}${seriesTypes(library, head)}
/* What is kept of a clip; its parts are the library's own. */
${structs.map(({ macro, count }) => `#define ${upper}_CLIP_${macro} ${count}\n`).join('')}${stateMembers(head).map(({ macro, length }) => `#define ${upper}_CLIP_${macro} ${length}\n`).join('')}typedef struct {
${structs.map(({ type, name: member, macro }) => `    ${name}_${type} ${member}[${upper}_CLIP_${macro}];\n`).join('')}${stateMembers(head).map(({ type, name: member, macro }) => `    ${type} ${member}[${upper}_CLIP_${macro}];\n`).join('')}    uint32_t patches;
${mostFrames === null ? '' : '    uint32_t frames;\n'}${mostSamples === null ? '' : '    uint32_t samples;\n'}} ${name}_clip_state;

/* Starts a clip. */
int ${name}_clip_reset(${name}_clip_state *clip);

/*
 * Runs the network on a patch and takes its statistics into the clip. input: ${upper}_INPUT_SIZE values, read in place, of any alignment; arena:
 * ${upper}_ARENA_SIZE bytes. They do not overlap. With an arena and a clip for each, it may run in several threads at once.
 * Returns ${upper}_OK, ${upper}_ERROR_CLIP_FULL after ${upper}_CLIP_MOST_PATCHES patches (the clip stays as it is), or another value of enum ${name}_status.
 */
int ${name}_clip_add(${name}_clip_state *clip, const int8_t *input, void *arena);
${addFrame}${addSamples}
/* The scores of the clip so far. Returns 1, or 0 for a clip without a patch${mostFrames === null ? '' : ' or a frame'}, whose scores are 0. */
int ${name}_clip_scores(const ${name}_clip_state *clip, float scores[${upper}_CLASSES]);

/* The features of the clip so far, before they are standardised. Returns as ${name}_clip_scores. */
int ${name}_clip_features(const ${name}_clip_state *clip, float features[${upper}_CLIP_FEATURES]);
`
}

/** The files of a clip head of statistics. */
export function emitHead(library: Library, head: HeadPlan): Readonly<Record<string, string>> {
  const { name } = library
  const { levels, envelopes } = head
  const sources = ['float.h', 'clip_statistics.h', ...(levels || envelopes ? ['log2.h', 'clip_series.h', 'clip_series.c'] : []), ...(levels ? ['clip_levels.c'] : []), ...(envelopes ? ['clip_envelopes.c'] : [])]
  return {
    ...Object.fromEntries(sources.map((file) => [`src/${name}_${file}`, renamed(library, CHAIN_SOURCES[`audio/aed_${file}`]!, true)])),
    [`src/${name}_clip.h`]: emitConfig(library, head),
    [`src/${name}_clip.c`]: renamed(library, CHAIN_SOURCES['audio/aed_clip_statistics.c']!, true),
    [`src/${name}_clip_tables.c`]: emitTables(library, head),
  }
}

/** Macros that the C of the head is compiled by. */
function emitConfig(library: Library, head: HeadPlan): string {
  const upper = macroName(library)
  const members = stateMembers(head)
  const { frames, levels, envelopes, bands, statistics, linear } = head
  const has = new Set<string>([...members, ...stateStructs(head)].map(({ macro }) => macro))
  const none = ['LEVELS', 'ENVELOPES', 'SUMS', 'SQUARES', 'STEPS', 'WIDE_MAXIMA', 'MAXIMA'].filter((macro) => !has.has(macro))
  const at = (place: number | null | undefined) => place ?? -1
  return `${banner(library, 'What the clip head is made for.')}#ifndef ${upper}_CLIP_H
#define ${upper}_CLIP_H

#include "${library.name}.h"

#define ${upper}_CLIP_STATISTICS ${statistics.length}
#define ${upper}_CLIP_SOFTMAX ${linear.activation === 'softmax' ? 1 : 0}
#define ${upper}_CLIP_REACH ${linear.reach ? 1 : 0}
${linear.reach ? `#define ${upper}_CLIP_NEAR ${floatText(linear.reach.near)}
#define ${upper}_CLIP_FAR ${floatText(linear.reach.far)}
` : ''}${none.map((macro) => `#define ${upper}_CLIP_${macro} 0\n`).join('')}${
    bands !== null
      ? `
/* 1: moments of the bands are kept. Where they begin; -1: not kept. */
#define ${upper}_CLIP_MOMENTS ${frames ? 1 : 0}
#define ${upper}_CLIP_FRAME_SUMS ${at(frames?.sums)}
#define ${upper}_CLIP_FRAME_SQUARES ${at(frames?.squares)}
#define ${upper}_CLIP_FRAME_MAXIMA ${at(frames?.maxima)}
`
      : `#define ${upper}_CLIP_MOST_FRAMES 0\n`
  }
/* Values that are made at once. */
#define ${upper}_CLIP_PART ${Math.max(1, levels ? LEVEL_VALUES : 0, envelopes ? ENVELOPE_VALUES : 0)}
${levels || envelopes ? constantsText(library, head) : ''}
#endif
`
}

/** Numbers of levels and envelopes: core's. */
function constantsText(library: Library, { levels, envelopes }: HeadPlan): string {
  const all = {
    LEVEL_FLOOR: floatText(LEVEL_FLOOR),
    ...(levels && { LEVEL_VALUES, FIRST_PERIOD: LEVEL_FIRST_PERIOD, OWN_LAGS: LEVEL_OWN_LAGS.join(', ') }),
    ...(envelopes && {
      ENVELOPE_VALUES,
      ENVELOPE_STEP,
      LEVELS_PER_OCTAVE: floatText(ENVELOPE_LEVELS_PER_OCTAVE),
      ENVELOPE_DECIBELS: floatText(ENVELOPE_FILTERS.step),
      MODULATION_FLOOR: floatText(ENVELOPE_MODULATION_FLOOR),
      STEP_FLOOR: floatText(ENVELOPE_STEP_FLOOR),
    }),
  }
  return `\n/* Of levels${envelopes ? ' and envelopes' : ''}: values of a series${envelopes ? ' and of a band' : ''}; dB that are added to deviations. */\n${Object.entries(all).map(([what, value]) => `#define ${macroName(library)}_CLIP_${what} ${value}\n`).join('')}`
}

function filtersText(library: Library): string {
  const { name } = library
  const upper = macroName(library)
  const { lowPasses, modulations } = ENVELOPE_FILTERS
  return `
const float ${name}_clip_low_passes[${upper}_CLIP_ENVELOPES] = {
${arrayText(lowPasses)}
};

const float ${name}_clip_modulations[${upper}_CLIP_MODULATIONS][5] = {
${modulations.map((filter) => `    {${Array.from(filter, floatText).join(', ')}},\n`).join('')}};
`
}

function emitTables(library: Library, head: HeadPlan): string {
  const { name } = library
  const upper = macroName(library)
  const { linear, statistics } = head
  const { features, classes, mean, scale, weights, bias } = linear
  // The weights of a feature lie together: the linear layer goes from feature to feature.
  const byFeature = Float32Array.from({ length: features * classes }, (_, i) => weights[(i % classes) * features + Math.floor(i / classes)]!)
  const array = (what: string, length: string, data: Float32Array, perLine = 10) => `\nconst float ${name}_clip_${what}[${length}] = {\n${arrayText(data, perLine)}\n};\n`
  return `${banner(library, 'The clip head: its statistics and its linear layer.')}#include "${name}_clip_statistics.h"
${head.envelopes ? `#include "${name}_clip_series.h"\n` : ''}
const ${name}_statistic ${name}_clip_head[${upper}_CLIP_STATISTICS] = {
${statistics.map((statistic) => statisticText(library, head, statistic)).join('')}};
${array('mean', `${upper}_CLIP_FEATURES`, mean)}${array('scale', `${upper}_CLIP_FEATURES`, scale)}${array('weights', `${upper}_CLIP_FEATURES * ${upper}_CLASSES`, byFeature, classes > 10 ? 10 : classes)}${array('bias', `${upper}_CLASSES`, bias)}${head.envelopes ? filtersText(library) : ''}`
}

const isTap = (of: TapPlan | FramePlan | null): of is TapPlan => of !== null && 'tensor' in of

function statisticText(library: Library, { frames }: HeadPlan, { block, kind, slots, of, step, epsilon, root }: StatisticPlan): string {
  const upper = macroName(library)
  const pool = isTap(of) ? of.rowPool : 1
  const zeroPoint = isTap(of) ? pool * of.zeroPoint : `${upper}_INPUT_ZERO_POINT`
  const wide = pool > 1 && kind === 'max'
  const first = { mean: of?.sums, std: of?.sums, max: of?.maxima, delta: frames?.steps === true ? 0 : null, levels: 0, envelopes: 0 }[kind] ?? 0
  const fields = { kind: `${upper}_STATISTIC_${wide ? 'WIDE_' : ''}${kind.toUpperCase()}`, root: root ? 1 : 0, columns: isTap(of) ? of.columns : 0, slots, first, squares: kind === 'std' ? (of?.squares ?? 0) : 0, zero: kind === 'max' ? zeroPoint : 0, step: floatText(step), epsilon: floatText(epsilon) }
  return `    /* '${commentText(block.name)}', ${kind}${isTap(of) ? ` of ${commentText(of.tensor)}` : ''} */\n    {${Object.entries(fields).map(([field, value]) => `.${field} = ${value}`).join(', ')}},\n`
}
