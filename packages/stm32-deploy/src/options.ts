import { AedError, option, type OptionsOf } from '@aed/core'
import * as v from 'valibot'

/** Options of {@link generateC}. */
export const deployOptionsSchema = v.strictObject({
  name: option.text('net', 'C identifier that files, functions and macros of the library begin with'),
  plan: option.text('low-ram', 'low-ram (least memory), fast (fewest cycles), or a FILE with a plan as report.json has it'),
  ram: option.integerOrNone(null, 'most memory for arena and input, for the fastest plan that fits; none: as the plan favours', { min: 1, unit: 'bytes' }),
  flash: option.integerOrNone(null, 'most flash for weights and tables, with which the fast plan buys speed; none: the least', { min: 1, unit: 'bytes' }),
  logits: option.boolean(false, 'leave the last softmax out: the output is its input'),
  audioBuffer: option.numberOrNone(null, 'sound that may wait while the network runs; none: what its size suggests', { min: 0, max: 60000, unit: 'ms' }),
  clipDuration: option.numberOrNone(null, 'with a clip head of statistics: longest clip of a stream, after which the next begins; none: the longest that the model was trained on', { min: 0, exclusiveMin: true, unit: 's' }),
  target: option.choice(['stm32u585', 'cortex-m4f', 'host'], 'stm32u585', 'what the library is for'),
})

export type DeployOptions = OptionsOf<typeof deployOptionsSchema>

/** Headers of C99 and C++ that `-Iinclude` would hide. */
const STANDARD_HEADERS =
  'assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdarg stdbool stddef stdint stdio stdlib string tgmath time uchar wchar wctype stdalign stdatomic stdnoreturn threads arm_acle'.split(' ')

/** Words that C or C++ keeps for itself. */
const KEYWORDS =
  'auto bool break case catch char class const continue default delete do double else enum explicit extern false float for friend goto if inline int long mutable namespace new operator private protected public register restrict return short signed sizeof static struct switch template this throw true try typedef typename union unsigned using virtual void volatile while'.split(' ')

/** @throws AedError `INVALID_OPTION` for what cannot begin C names and a header's file name */
export function checkName(name: string): void {
  const fail = (what: string) => new AedError('INVALID_OPTION', `generateC: name '${name}' ${what}`, { hint: 'take letters, digits and underscores, such as net or bark_detector' })
  if (!/^[A-Za-z][A-Za-z0-9_]{0,39}$/.test(name)) throw fail('is not a C identifier of at most 40 characters that begins with a letter')
  if (KEYWORDS.includes(name)) throw fail('is a keyword of C or C++')
  if (STANDARD_HEADERS.includes(name.toLowerCase())) throw fail(`would hide the standard header <${name.toLowerCase()}.h>`)
}
