import type { LibraryHeader } from './library-files.ts'

/**
 * C that runs one input: `run_input(input)`, its status, around nothing but the network; then `output`, of `sizeof output` bytes, after `take_output()`. With a clip head of
 * statistics the input is a clip of its own, and the output are its features and scores.
 */
export function runText({ name, head }: LibraryHeader): string {
  const upper = name.toUpperCase()
  const arena = `static union {
    int64_t align[2];
    unsigned char bytes[${upper}_ARENA_SIZE];
} arena;
`
  if (!head)
    return `${arena}static int8_t output[${upper}_OUTPUT_SIZE];

static int run_input(const int8_t *input)
{
    return ${name}_run(input, output, &arena);
}

static void start_input(const int8_t *input)
{
    (void)input;
}

static void take_output(void)
{
}
`
  return `${arena}static ${name}_clip_state clip;
static float output[${upper}_CLIP_FEATURES + ${upper}_CLASSES];

static int run_input(const int8_t *input)
{
    return ${name}_clip_add(&clip, input, &arena);
}

static void start_input(const int8_t *input)
{
    (void)${name}_clip_reset(&clip);
#ifdef ${upper}_CLIP_BANDS
    for (int t = 0; t < ${upper}_INPUT_SIZE / ${upper}_CLIP_BANDS; ++t) {
        (void)${name}_clip_add_frame(&clip, input + t, ${upper}_INPUT_SIZE / ${upper}_CLIP_BANDS);
    }
#else
    (void)input;
#endif
}

static void take_output(void)
{
    (void)${name}_clip_features(&clip, output);
    (void)${name}_clip_scores(&clip, output + ${upper}_CLIP_FEATURES);
}
`
}
