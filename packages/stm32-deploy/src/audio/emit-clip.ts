import { macroName, type Library } from '../emit/library.ts'
import { renamed } from '../emit/emit-kernels.ts'
import { CHAIN_SOURCES } from './chain-sources.ts'

/** The declarations of the head of mean scores in `NAME.h`, or nothing. */
export function clipDeclarations(library: Library): string {
  const { name } = library
  if (!hasClipHead(library)) return ''
  const upper = macroName(library)
  return `
/* The scores of a clip: the mean of those of its patches, exact until the last step. */
typedef struct {
    int32_t sums[${upper}_CLASSES];
    int32_t patches;
} ${name}_clip_state;

/* Starts a clip. */
int ${name}_clip_reset(${name}_clip_state *clip);

/* Adds a patch: its output as ${name}_run gives it${library.audio ? `, or ${name}_audio_output` : ''}. */
int ${name}_clip_add(${name}_clip_state *clip, const int8_t *output);

/* Returns 1, or 0 for a clip without a patch, whose scores are 0. */
int ${name}_clip_scores(const ${name}_clip_state *clip, float scores[${upper}_CLASSES]);
`
}

/** `src/NAME_clip.c`, or nothing. */
export function emitClip(library: Library): Readonly<Record<string, string>> {
  return hasClipHead(library) ? { [`src/${library.name}_clip.c`]: renamed(library, CHAIN_SOURCES['audio/aed_clip.c']!, true) } : {}
}

/** Mean scores of clips make sense of classes alone, and where the head takes no statistics. */
function hasClipHead({ classes, head }: Library): boolean {
  return classes !== null && head === null
}
