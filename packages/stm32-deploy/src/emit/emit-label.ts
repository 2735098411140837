import { arrayText } from './c-text.ts'
import { banner } from './emit-header.ts'
import { macroName, type Library } from './library.ts'

/** `NAME_label` in `NAME.h`, or nothing for a network whose outputs are no classes. */
export function labelDeclaration(library: Library): string {
  if (!decides(library)) return ''
  const { name, thresholds } = library
  const upper = macroName(library)
  return `
/* What ${name}_label says where it knows no class. */
#define ${upper}_UNKNOWN (-1)

/*
 * The class that scores are of: that of the highest one, the first of equal ones${thresholds ? `; ${upper}_UNKNOWN where it lies below the\n * lowest score with which the model accepts that class: ${lowestText(thresholds)}.` : ': the model accepts a class with any score.'}
 * ${upper}_UNKNOWN where scores is NULL. Lies in a file of its own, which a linker leaves out when it is not called.
 */
int32_t ${name}_label(const float scores[${upper}_CLASSES]);
`
}

/** `src/NAME_label.c`, or nothing. */
export function emitLabel(library: Library): Readonly<Record<string, string>> {
  if (!decides(library)) return {}
  const { name, thresholds } = library
  const upper = macroName(library)
  const least = thresholds && Float32Array.from(thresholds, leastFloat32)
  const table = least ? `/* The lowest score with which each class is accepted. */\nstatic const float lowest[${upper}_CLASSES] = {\n${arrayText(least, 8)}\n};\n\n` : ''
  return {
    [`src/${name}_label.c`]: `${banner(library, 'The class that scores are of.')}#include "${name}.h"

${table}int32_t ${name}_label(const float scores[${upper}_CLASSES])
{
    int32_t best = 0;

    if (scores == NULL) {
        return ${upper}_UNKNOWN;
    }
    for (int32_t c = 1; c < ${upper}_CLASSES; ++c) {
        if (scores[c] > scores[best]) {
            best = c;
        }
    }
    return ${least ? `scores[best] < lowest[best] ? ${upper}_UNKNOWN : best` : 'best'};
}
`,
  }
}

/** Where the header states a number of classes. */
function decides({ classes, audio }: Library): boolean {
  return classes !== null || audio !== null
}

/** Thresholds in words. */
export function lowestText(thresholds: readonly number[]): string {
  const real = thresholds.filter((threshold) => threshold <= 1)
  const never = thresholds.length - real.length
  const [least, most] = [Math.min(...real), Math.max(...real)]
  const range = least === most ? [String(least)] : real.length > 0 ? [`${least} to ${most}, one a class`] : []
  return [...range, ...(never === 0 ? [] : [`${never === 1 ? 'one class is' : `${never} classes are`} never the answer`])].join('; ')
}

/**
 * The smallest float32 that is no smaller than a threshold of 0 or more: every float32 lies below it exactly where it lies below the threshold.
 * One beyond all of them gives the largest, which no score reaches.
 */
export function leastFloat32(threshold: number): number {
  const bits = Float32Array.of(threshold)
  if (bits[0]! < threshold) new Uint32Array(bits.buffer)[0]!++
  return Math.min(bits[0]!, LARGEST_FLOAT32)
}

const LARGEST_FLOAT32 = 3.4028234663852886e38
