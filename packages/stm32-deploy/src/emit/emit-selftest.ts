import { arrayText } from './c-text.ts'
import { banner } from './emit-header.ts'
import { macroName, type Library } from './library.ts'

/** `src/NAME_selftest.c`: one input with the output that it must give. */
export function emitSelftest(library: Library, { input, output }: NonNullable<Library['selftest']>): string {
  const { name, head } = library
  const upper = macroName(library)
  if (head) return emitClipSelftest(library, input, output)
  return `${banner(library, 'Self-test: one input with the output that it must give.')}#include <string.h>

#include "${name}.h"

static const int8_t test_input[${upper}_INPUT_SIZE] = {
${arrayText(input)}
};

static const int8_t expected[${upper}_OUTPUT_SIZE] = {
${arrayText(output)}
};

int ${name}_selftest(void *arena)
{
    int8_t output[${upper}_OUTPUT_SIZE];
    const int status = ${name}_run(test_input, output, arena);

    if (status != ${upper}_OK) {
        return status;
    }
    return memcmp(output, expected, sizeof output) == 0 ? ${upper}_OK : ${upper}_ERROR_SELFTEST;
}
`
}

/** The same of a clip head: the scores of a clip of one patch. */
function emitClipSelftest(library: Library, input: Int8Array, output: Int8Array | Float32Array): string {
  const { name, head } = library
  const upper = macroName(library)
  const frames = head!.bands !== null ? `    for (int32_t t = 0; t < ${upper}_INPUT_SIZE / ${upper}_CLIP_BANDS; ++t) {\n        (void)${name}_clip_add_frame(clip, test_input + t, ${upper}_INPUT_SIZE / ${upper}_CLIP_BANDS);\n    }\n` : ''
  return `${banner(library, 'Self-test: a clip of one patch with the scores that it must give.')}#include "${name}.h"

static const int8_t test_input[${upper}_INPUT_SIZE] = {
${arrayText(input)}
};

static const float expected[${upper}_CLASSES] = {
${arrayText(output, 5)}
};

int ${name}_selftest(void *arena, ${name}_clip_state *clip)
{
    float scores[${upper}_CLASSES];
    int status = ${name}_clip_reset(clip);

    if (status != ${upper}_OK) {
        return status;
    }
${frames}    status = ${name}_clip_add(clip, test_input, arena);
    if (status != ${upper}_OK) {
        return status;
    }
    (void)${name}_clip_scores(clip, scores);
    for (int32_t c = 0; c < ${upper}_CLASSES; ++c) {
        if (!(scores[c] >= expected[c] && scores[c] <= expected[c])) {
            return ${upper}_ERROR_SELFTEST;
        }
    }
    return ${upper}_OK;
}
`
}
