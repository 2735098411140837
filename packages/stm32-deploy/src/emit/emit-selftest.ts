import { arrayText } from './c-text.ts'
import { banner } from './emit-header.ts'
import { macroName, type Library } from './library.ts'

/** `src/NAME_selftest.c`: one input with the output that it must give. */
export function emitSelftest(library: Library, { input, output }: NonNullable<Library['selftest']>): string {
  const { name } = library
  const upper = macroName(library)
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
