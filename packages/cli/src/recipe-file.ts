import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { LineCounter, parseDocument, type YAMLError } from 'yaml'
import * as v from 'valibot'
import { AedError, isAedError } from '@aed/core'
import { exists, readBytes } from '@aed/core/node'
import { parseRecipe, recipeSchema, type Recipe } from '@aed/e2e'

/** Recipes that come with the command. */
const SHIPPED = fileURLToPath(new URL('../recipes/', import.meta.url))

/**
 * Reads a recipe.
 * @param name a `.yaml` file, or the name of one that comes with the command
 * @throws AedError `FILE_NOT_FOUND`, `INVALID_OPTION` with file and line
 */
export async function readRecipe(name: string): Promise<Recipe> {
  const shipped = path.join(SHIPPED, `${name}.yaml`)
  const file = !/[./\\]/.test(name) && (await exists(shipped)) ? shipped : name
  if (!(await exists(file))) throw new AedError('FILE_NOT_FOUND', `${name}: no such recipe`, { hint: `give a .yaml file, or one of ${(await shippedRecipes()).join(', ')}` })
  const lines = new LineCounter()
  const document = parseDocument(new TextDecoder().decode(await readBytes(file)), { lineCounter: lines })
  const [broken] = document.errors as readonly YAMLError[]
  if (broken) throw new AedError('INVALID_OPTION', `${file}, line ${broken.linePos?.[0].line ?? 1}: not valid YAML: ${broken.message.split('\n')[0]!}`, { cause: broken })
  const value: unknown = document.toJS()
  try {
    return parseRecipe(value, file)
  } catch (error) {
    if (!isAedError(error, 'INVALID_OPTION')) throw error
    const { issues }: v.SafeParseResult<v.GenericSchema> = v.safeParse(recipeSchema, value ?? {})
    const keys = issues?.[0].path?.map((item): unknown => item.key) ?? []
    throw new AedError('INVALID_OPTION', error.message.replace(file, `${file}, line ${lineOf(document, lines, keys)}`), { ...(error.hint !== undefined && { hint: error.hint }), cause: error })
  }
}

/** Line of the innermost key of a path that the document has; an unknown key stands there itself. */
function lineOf(document: ReturnType<typeof parseDocument>, lines: LineCounter, keys: readonly unknown[]): number {
  for (let length = keys.length; length > 0; length--) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(keys.slice(0, length - 1), true)
    const items = (parent as { readonly items?: readonly { readonly key?: { readonly value?: unknown; readonly range?: readonly number[] } }[] } | undefined)?.items
    const start = items?.find(({ key }) => key?.value === keys[length - 1])?.key?.range?.[0]
    if (start !== undefined) return lines.linePos(start).line
  }
  return 1
}

/** Names of the recipes that come with the command. */
export async function shippedRecipes(): Promise<readonly string[]> {
  return (await readdir(SHIPPED)).filter((file) => file.endsWith('.yaml')).map((file) => file.replace(/\.yaml$/, '')).sort()
}
