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

/** The declarations of a clip head of statistics in `NAME.h`: in place of `NAME_run`. */
export function headDeclarations(library: Library, head: HeadPlan): string {
  const { name } = library
  const upper = macroName(library)
  const { blocks, linear, mostPatches, mostFrames } = head
  const lines = blocks.map(({ block, length }) => ` *   '${commentText(block.name)}': ${length}\n`)
  const addFrame = mostFrames === null ? '' : `
/*
 * Takes one log-mel frame into the clip, every frame of it once and in order: ${upper}_CLIP_BANDS values as they stand in the network's input,
 * \`stride\` apart (a column of a patch: its number of frames).${library.audio ? ` ${name}_audio_poll does it.` : ''}
 * Returns ${upper}_OK, or ${upper}_ERROR_CLIP_FULL after ${upper}_CLIP_MOST_FRAMES frames.
 */
int ${name}_clip_add_frame(${name}_clip_state *clip, const int8_t *frame, int32_t stride);
`
  return `
/*
 * The clip head: statistics of the network's activations${mostFrames === null ? '' : ' and of the log-mel frames'} over a clip, standardised, then one linear layer in
 * float32. The statistics are whole numbers that are taken in while the network runs; no activation is kept for them. Features:
${lines.join('')} */
#define ${upper}_CLIP_FEATURES ${linear.features}

/* Longest clip: its sums fit in their words whatever the sound. */
#define ${upper}_CLIP_MOST_PATCHES ${mostPatches}
${mostFrames === null ? '' : `#define ${upper}_CLIP_MOST_FRAMES ${mostFrames}\n#define ${upper}_CLIP_BANDS ${head.frames!.bands}\n`}
/* What is kept of a clip; its parts are the library's own. */
${stateMembers(head).map(({ macro, length }) => `#define ${upper}_CLIP_${macro} ${length}\n`).join('')}typedef struct {
${stateMembers(head).map(({ type, name: member, macro }) => `    ${type} ${member}[${upper}_CLIP_${macro}];\n`).join('')}    uint32_t patches;
${mostFrames === null ? '' : '    uint32_t frames;\n'}} ${name}_clip_state;

/* Starts a clip. */
int ${name}_clip_reset(${name}_clip_state *clip);

/*
 * Runs the network on a patch and takes its statistics into the clip. input: ${upper}_INPUT_SIZE values, read in place, of any alignment; arena:
 * ${upper}_ARENA_SIZE bytes. They do not overlap. With an arena and a clip for each, it may run in several threads at once.
 * Returns ${upper}_OK, ${upper}_ERROR_CLIP_FULL after ${upper}_CLIP_MOST_PATCHES patches (the clip stays as it is), or another value of enum ${name}_status.
 */
int ${name}_clip_add(${name}_clip_state *clip, const int8_t *input, void *arena);
${addFrame}
/* The scores of the clip so far. Returns 1, or 0 for a clip without a patch${mostFrames === null ? '' : ' or a frame'}, whose scores are 0. */
int ${name}_clip_scores(const ${name}_clip_state *clip, float scores[${upper}_CLASSES]);

/* The features of the clip so far, before they are standardised. Returns as ${name}_clip_scores. */
int ${name}_clip_features(const ${name}_clip_state *clip, float features[${upper}_CLIP_FEATURES]);
`
}

/** The files of a clip head of statistics. */
export function emitHead(library: Library, head: HeadPlan): Readonly<Record<string, string>> {
  const { name } = library
  return {
    [`src/${name}_float.h`]: renamed(library, CHAIN_SOURCES['audio/aed_float.h']!, true),
    [`src/${name}_clip.h`]: emitConfig(library, head),
    [`src/${name}_clip_statistics.h`]: renamed(library, CHAIN_SOURCES['audio/aed_clip_statistics.h']!, true),
    [`src/${name}_clip.c`]: renamed(library, CHAIN_SOURCES['audio/aed_clip_statistics.c']!, true),
    [`src/${name}_clip_tables.c`]: emitTables(library, head),
  }
}

/** Macros that the C of the head is compiled by. */
function emitConfig(library: Library, head: HeadPlan): string {
  const upper = macroName(library)
  const members = stateMembers(head)
  const none = ['SUMS', 'SQUARES', 'STEPS', 'WIDE_MAXIMA', 'MAXIMA'].filter((macro) => !members.some((member) => member.macro === macro))
  const { frames, statistics, linear } = head
  const at = (place: number | null | undefined) => place ?? -1
  return `${banner(library, 'What the clip head is made for.')}#ifndef ${upper}_CLIP_H
#define ${upper}_CLIP_H

#include "${library.name}.h"

#define ${upper}_CLIP_STATISTICS ${statistics.length}
#define ${upper}_CLIP_SOFTMAX ${linear.activation === 'softmax' ? 1 : 0}
${none.map((macro) => `#define ${upper}_CLIP_${macro} 0\n`).join('')}${
    frames
      ? `
/* Where the bands begin; -1: not kept. */
#define ${upper}_CLIP_FRAME_SUMS ${at(frames.sums)}
#define ${upper}_CLIP_FRAME_SQUARES ${at(frames.squares)}
#define ${upper}_CLIP_FRAME_MAXIMA ${at(frames.maxima)}
`
      : `#define ${upper}_CLIP_MOST_FRAMES 0\n`
  }
#endif
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

const ${name}_statistic ${name}_clip_head[${upper}_CLIP_STATISTICS] = {
${statistics.map((statistic) => statisticText(library, head, statistic)).join('')}};
${array('mean', `${upper}_CLIP_FEATURES`, mean)}${array('scale', `${upper}_CLIP_FEATURES`, scale)}${array('weights', `${upper}_CLIP_FEATURES * ${upper}_CLASSES`, byFeature, classes > 10 ? 10 : classes)}${array('bias', `${upper}_CLASSES`, bias)}`
}

const isTap = (of: TapPlan | FramePlan): of is TapPlan => 'tensor' in of

function statisticText(library: Library, { frames }: HeadPlan, { block, kind, slots, of, step, epsilon, root }: StatisticPlan): string {
  const upper = macroName(library)
  const pool = isTap(of) ? of.rowPool : 1
  const zeroPoint = isTap(of) ? pool * of.zeroPoint : `${upper}_INPUT_ZERO_POINT`
  const wide = pool > 1 && kind === 'max'
  const first = { mean: of.sums, std: of.sums, max: of.maxima, delta: frames?.steps === true ? 0 : null }[kind] ?? 0
  const fields = { kind: `${upper}_STATISTIC_${wide ? 'WIDE_' : ''}${kind.toUpperCase()}`, root: root ? 1 : 0, columns: isTap(of) ? of.columns : 0, slots, first, squares: kind === 'std' ? (of.squares ?? 0) : 0, zero: kind === 'max' ? zeroPoint : 0, step: floatText(step), epsilon: floatText(epsilon) }
  return `    /* '${commentText(block.name)}', ${kind}${isTap(of) ? ` of ${commentText(of.tensor)}` : ''} */\n    {${Object.entries(fields).map(([field, value]) => `.${field} = ${value}`).join(', ')}},\n`
}
