import { readFile } from 'node:fs/promises'
import { Option, type Command } from 'commander'
import { parse as parseYaml } from 'yaml'
import { AedError, describeOptions, type OptionDescription } from '@aed/core'
import { fileError } from '@aed/core/node'
import type * as v from 'valibot'

/** Option schemas of a command by the key that they have in the parsed options and in YAML; `''` for those at the top. */
export type Schemas = Readonly<Record<string, v.GenericSchema>>

/** A flag that no schema describes: paths and the like. */
export interface Flag {
  /** As commander writes it: `--out <FILE>`. */
  readonly syntax: string
  readonly description: string
  readonly required?: boolean
}

/** Groups of options that can be keys of their own in YAML, with their headings in the help. */
const GROUPS: Readonly<Record<string, string>> = { audio: 'Feature options:', mel: 'Feature options:', patches: 'Feature options:', training: 'Options of the modes fine-tune and scratch:' }

const camel = (name: string) => name.replaceAll(/-([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())
const kebab = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
/** Key of a flag in the options and in YAML: `--no-patches` is `noPatches`. */
const keyOf = ({ syntax }: Flag) => camel(/--([a-z0-9-]+)/.exec(syntax)![1]!)

/** The value of a flag as commander leaves it; `--no-x` stands there as `x: false`. */
function valueOf(flag: Flag, given: Readonly<Record<string, unknown>>): unknown {
  const negated = /--no-([a-z]+)/.exec(flag.syntax)?.[1]
  return negated === undefined ? given[keyOf(flag)] : given[negated] === false || undefined
}

/** Every option of a command's schemas with the key of its schema. */
function described(schemas: Schemas): (OptionDescription & { readonly group: string })[] {
  return Object.entries(schemas).flatMap(([group, schema]) => describeOptions(schema).map((description) => ({ ...description, group })))
}

/** Declares the flags of a command: its own, then those that its schemas describe. */
export function addOptions(command: Command, schemas: Schemas, flags: readonly Flag[]): void {
  for (const { syntax, description } of flags) command.addOption(new Option(syntax, description))
  for (const { group, name, kind, choices, nullable, default: value, description, unit } of described(schemas)) {
    if (kind === 'list') continue // no flag can hold it: a key of --config
    const flag = kebab(name)
    const standard = value === null ? 'none' : JSON.stringify(value).replaceAll('"', '')
    const values = [...choices, ...(kind === 'choiceOrNumber' ? ['NUMBER'] : []), ...(nullable && choices.length > 0 ? ['none'] : [])]
    const text = `${description}${values.length > 0 ? `: ${values.join(' | ')}` : ''}${unit === undefined ? '' : `, ${unit}`} (${standard}${nullable && values.length === 0 && value !== null ? '; or none' : ''})`
    const add = (syntax: string, about: string) => command.addOption(new Option(syntax, about).helpGroup(GROUPS[group] ?? 'Options:'))
    if (kind === 'boolean') {
      add(`--${flag}`, text)
      add(`--no-${flag}`, value === true ? 'the opposite' : 'the opposite, the default')
      // Commander would give a lone --no-flag the value true; undefined keeps "not given" apart.
      command.setOptionValue(name, undefined)
    } else add(`--${flag} <${placeholder(kind)}>`, text)
  }
}

function placeholder(kind: OptionDescription['kind']): string {
  return { number: 'X', integer: 'N', text: 'TEXT', choice: 'WORD', choiceOrNumber: 'WORD', boolean: '', list: '' }[kind]
}

/** Turns a flag's text into the value that its schema checks. */
function fromText(text: string, { kind, choices, nullable }: OptionDescription): unknown {
  if (nullable && text === 'none') return null
  if (choices.map(String).includes(text)) return choices.find((choice) => String(choice) === text)
  if (kind === 'text') return text
  const value = Number(text)
  return text.trim() !== '' && !Number.isNaN(value) ? value : text // the schema names what is wrong with a text
}

/**
 * The options of a command: YAML of `--config` first, flags over it. Schemas' values are left for the stage to check and complete.
 * @throws AedError `USAGE` for a required flag that is missing, `INVALID_OPTION` for a config file with keys that are no options
 */
export async function readOptions(given: Readonly<Record<string, unknown>>, schemas: Schemas, flags: readonly Flag[], where: string): Promise<Record<string, unknown>> {
  const options: Record<string, unknown> = typeof given['config'] === 'string' ? await readConfig(given['config'], schemas, flags) : {}
  for (const flag of flags) {
    const key = keyOf(flag)
    const value = valueOf(flag, given)
    if (value !== undefined) options[key] = value
    if (flag.required && options[key] === undefined) throw new AedError('USAGE', `${where}: ${flag.syntax} is missing`, { hint: `see ${where} --help` })
  }
  for (const description of described(schemas)) {
    const value = given[description.name]
    if (value === undefined) continue
    const target = description.group === '' ? options : ((options[description.group] ??= {}) as Record<string, unknown>)
    target[description.name] = typeof value === 'string' ? fromText(value, description) : value
  }
  return options
}

async function readConfig(file: string, schemas: Schemas, flags: readonly Flag[]): Promise<Record<string, unknown>> {
  let document: unknown
  try {
    document = parseYaml(await readFile(file, 'utf8')) as unknown
  } catch (error) {
    const failure = fileError(error, file)
    throw failure === error ? new AedError('INVALID_OPTION', `${file}: not valid YAML: ${(error as Error).message}`, { cause: error }) : failure
  }
  document ??= {} // an empty file
  if (typeof document !== 'object' || Array.isArray(document)) throw new AedError('INVALID_OPTION', `${file}: expected keys with values, got a ${Array.isArray(document) ? 'list' : typeof document}`)
  const options: Record<string, unknown> = {}
  const groups = new Map(described(schemas).map(({ name, group }) => [name, group]))
  const own = new Set(flags.map(keyOf))
  for (const [given, value] of Object.entries(document as Record<string, unknown>)) {
    const key = camel(given)
    const group = groups.get(key)
    const negated = `no${key.charAt(0).toUpperCase()}${key.slice(1)}`
    if (typeof value === 'boolean' && own.has(negated)) options[negated] = !value
    else if (group === '' || own.has(key)) options[key] = value
    else if (group !== undefined) options[group] = { ...(options[group] as object | undefined), [key]: value === 'none' ? null : value }
    else if (key in GROUPS && key in schemas) options[key] = { ...(options[key] as object | undefined), ...(value as object) }
    else throw new AedError('INVALID_OPTION', `${file}: '${given}' is not an option`, { hint: `it can be one of ${[...groups.keys(), ...own].join(', ')}` })
  }
  return options
}
