import type { Argument, Layer, Parameter } from '../network.ts'
import { arrayText, commentText, floatText, stringText } from './c-text.ts'
import { banner } from './emit-header.ts'
import { macroName, tableName, type Library } from './library.ts'

/** `src/NAME.c`: parameters of the layers, and the order of the calls. */
export function emitLibrary(library: Library): string {
  const { name, network, plan, head } = library
  const upper = macroName(library)
  const wide = network.layers.length > 256
  const order = Uint16Array.from(plan.steps, ({ layer }) => layer)
  const includes = network.layers.some(({ tables }) => tables.length > 0) ? `#include "${name}_tables.h"\n` : ''
  return `${banner(library, 'The network: parameters of its layers, and the order of their calls.')}#include "${name}.h"

#include <stddef.h>
#include <stdint.h>

#include "${name}_kernels.h"
${includes}
/* A profiler can define this: it is called before each call of a kernel, with the layer. */
#ifndef ${upper}_ON_CALL
#define ${upper}_ON_CALL(layer) ((void)0)
#endif

${labelsText(library)}${network.layers.map((layer, index) => parametersText(library, layer, index)).join('\n')}
/* The layer of each call: a row is made when the row of a later layer needs it. */
static const ${wide ? 'uint16_t' : 'uint8_t'} schedule[${order.length}] = {
${arrayText(order, 32)}
};

int ${head ? `${name}_clip_add(${name}_clip_state *clip, const int8_t *input, void *arena)` : `${name}_run(const int8_t *input, int8_t *output, void *arena)`}
{
    uint16_t calls[${network.layers.length}] = {0};
${usesArena(library) ? '    int8_t *const base = (int8_t *)arena;\n' : ''}
    if (input == NULL || ${head ? 'clip' : 'output'} == NULL || arena == NULL) {
        return ${upper}_ERROR_NULL;
    }
    if ((uintptr_t)arena % ${upper}_ARENA_ALIGN != 0) {
        return ${upper}_ERROR_ALIGNMENT;
    }
${head ? `    if (clip->patches >= ${upper}_CLIP_MOST_PATCHES) {
        return ${upper}_ERROR_CLIP_FULL;
    }
` : ''}    for (size_t step = 0; step < sizeof schedule / sizeof *schedule; ++step) {
        const int32_t layer = schedule[step];
        const int32_t index = calls[layer]++;

        ${upper}_ON_CALL(layer);
        switch (layer) {
${network.layers.map((layer, index) => caseText(library, layer, index)).join('')}        default:
            break;
        }
    }
${head ? '    ++clip->patches;\n' : ''}    return ${upper}_OK;
}
`
}

function usesArena({ plan }: Library): boolean {
  return plan.buffers.length > 0
}

function labelsText(library: Library): string {
  const { name, classes } = library
  if (!classes) return ''
  const upper = macroName(library)
  return `const char ${name}_labels[${upper}_CLASSES][${upper}_LABEL_SIZE] = {
${classes.map((label) => `    "${stringText(label)}",`).join('\n')}
};

`
}

function parametersText(library: Library, layer: Layer, index: number): string {
  const fields = Object.entries(layer.parameters).map(([field, value]) => `    .${field} = ${parameterText(library, value)},\n`)
  return `/* ${index}: ${layer.op} '${commentText(layer.name)}', ${layer.summary} */
static const ${library.name}_${layer.kernel}_params layer_${index} = {
${fields.join('')}};
`
}

function parameterText(library: Library, value: Parameter): string {
  if (typeof value === 'number') return String(value)
  if (isRing(value)) {
    const { storage, height, width, channels } = value.ring
    return `{${library.plan.slots[storage]!}, ${height}, ${width}, ${channels}}`
  }
  if (isFloat(value)) return floatText(value.float)
  return `{${Object.entries(value)
    .map(([field, inner]) => `.${field} = ${parameterText(library, inner)}`)
    .join(', ')}}`
}

const isRing = (value: Exclude<Parameter, number>): value is Extract<Parameter, { readonly ring: unknown }> => 'ring' in value
const isFloat = (value: Exclude<Parameter, number>): value is { readonly float: number } => 'float' in value

function caseText(library: Library, layer: Layer, index: number): string {
  const given = layer.arguments.map((argument) => argumentText(library, layer, index, argument))
  const at = layer.indexStep === 1 ? 'index' : `index * ${layer.indexStep}`
  return `        case ${index}: /* ${layer.op} '${commentText(layer.name)}' */
            ${library.name}_${layer.kernel}(${[`&layer_${index}`, ...given, at].join(', ')});
            break;
`
}

function argumentText(library: Library, layer: Layer, index: number, argument: Argument): string {
  const { plan } = library
  if ('state' in argument) return argument.at === null ? 'NULL' : `clip->${argument.state} + ${argument.at}`
  if ('table' in argument) return tableName(library, index, layer.tables[argument.table]!.name)
  if ('storage' in argument) {
    const { place } = library.network.storages[plan.roots[argument.storage]!]!
    return place === 'arena' ? `base + ${plan.offsets[plan.ofStorage[argument.storage]!]!}` : place
  }
  const offset = plan.offsets[plan.ofWork[index]!]!
  return argument.work === 'int8_t' ? `base + ${offset}` : `(${argument.work} *)(void *)(base + ${offset})`
}
