import type { Footprint } from '../report.ts'
import { commentText } from './c-text.ts'

/**
 * The files of a library whose header states the stack that a compiler needs for a run: `NAME_STACK_SIZE`, beside the arena's size.
 * @param files as {@link generateC} returns them
 */
export function stateStack(files: Readonly<Record<string, string>>, { compiler, target, stack }: Footprint): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(files).map(([file, text]) => [
      file,
      text.replace(/^(#define (\w+)_ARENA_ALIGN \d+\n)/m, (line, _, upper: string) => `${line}/* Most stack that a run takes, frames along its deepest chain of calls, as compiled by\n * ${commentText(compiler)} for ${target}: with other flags measure again. */\n#define ${upper}_STACK_SIZE ${stack}\n`),
    ]),
  )
}
