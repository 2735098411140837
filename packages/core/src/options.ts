import * as v from 'valibot'
import { AedError } from './errors.ts'

/** What the docs and the command line say of an option beside its type. */
export type OptionMeta = {
  /** One phrase. */
  readonly description: string
  /** `Hz`, `s`, `samples`, `dB`, … */
  readonly unit?: string
}

/** An options schema: an object of named fields, each with a default and {@link OptionMeta}. */
export type OptionsSchema = v.StrictObjectSchema<v.ObjectEntries, undefined>

/** The complete options that a schema yields. */
export type OptionsOf<S extends v.GenericSchema> = v.InferOutput<S>
/** What a caller may hand in: every field with a default can be left out. */
export type OptionsInput<S extends v.GenericSchema> = v.InferInput<S>

const meta = <T>(description: string, unit?: string) => v.metadata<T, OptionMeta>({ description, ...(unit !== undefined && { unit }) })

/** Bounds of a numeric option; both ends included unless `exclusiveMin`. */
export interface Bounds {
  readonly min?: number
  readonly max?: number
  readonly unit?: string
  /** True: the minimum itself is out of range. */
  readonly exclusiveMin?: boolean
}

const bounded = ({ min = -Number.MAX_VALUE, max = Number.MAX_VALUE, exclusiveMin = false }: Bounds) =>
  [v.finite<number>(), exclusiveMin ? v.gtValue<number, number>(min) : v.minValue<number, number>(min), v.maxValue<number, number>(max)] as const

/** Field builders of options schemas: type, range, default, unit and description in one place. */
export const option = {
  /** A finite number. */
  number: (value: number, description: string, bounds: Bounds = {}) =>
    v.optional(v.pipe(v.number(), ...bounded(bounds), meta(description, bounds.unit)), value),
  /** A whole number. */
  integer: (value: number, description: string, bounds: Bounds = {}) =>
    v.optional(v.pipe(v.number(), v.integer(), ...bounded(bounds), meta(description, bounds.unit)), value),
  /** A finite number, or `null`, which the command line and the docs write `none`. */
  numberOrNone: (value: number | null, description: string, bounds: Bounds = {}) =>
    v.optional(v.nullable(v.pipe(v.number(), ...bounded(bounds), meta(description, bounds.unit))), value),
  /** A whole number, or `null` (`none`). */
  integerOrNone: (value: number | null, description: string, bounds: Bounds = {}) =>
    v.optional(v.nullable(v.pipe(v.number(), v.integer(), ...bounded(bounds), meta(description, bounds.unit))), value),
  /** Yes or no. */
  boolean: (value: boolean, description: string) => v.optional(v.pipe(v.boolean(), meta(description)), value),
  /** One of some words. */
  choice: <const T extends readonly string[]>(choices: T, value: T[number], description: string) =>
    v.optional(v.pipe(v.picklist(choices), meta(description)), value),
  /** One of some words, or `null` (`none`). */
  choiceOrNone: <const T extends readonly string[]>(choices: T, value: T[number] | null, description: string) =>
    v.optional(v.nullable(v.pipe(v.picklist(choices), meta(description))), value),
  /** One of some numbers. */
  numberChoice: <const T extends readonly number[]>(choices: T, value: T[number], description: string) =>
    v.optional(v.pipe(v.picklist(choices), meta(description)), value),
  /** One of some words, a number, or `null` (`none`). */
  choiceOrNumber: <const T extends readonly string[]>(choices: T, value: T[number] | number | null, description: string, bounds: Bounds = {}) =>
    v.optional(v.nullable(v.pipe(v.union([v.picklist(choices), v.pipe(v.number(), ...bounded(bounds))]), meta(description, bounds.unit))), value),
  /** A text. */
  text: (value: string, description: string) => v.optional(v.pipe(v.string(), meta(description)), value),
  /** A text, or `null` (`none`). */
  textOrNone: (value: string | null, description: string) => v.optional(v.nullable(v.pipe(v.string(), meta(description))), value),
}

/**
 * Checks options against their schema and fills in the defaults.
 * @param where how errors call the options: `mel`, `aed features`
 * @throws AedError `INVALID_OPTION` that names the field, what it takes and what it got; unknown fields included
 */
export function parseOptions<S extends v.GenericSchema>(schema: S, input: unknown, where: string): v.InferOutput<S> {
  const result = v.safeParse(schema, input ?? {}, { abortPipeEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  const path = (issue.path ?? []).map((item) => String(item.key)).join('.')
  const name = path ? `${where}: ${path}` : where
  const { requirement } = issue
  const bound = typeof requirement === 'number' || typeof requirement === 'string' ? ` ${requirement}` : ''
  const expected = issue.expected === 'never' ? 'is not an option' : `takes ${expectation(issue.type, bound, issue.expected)}, got ${issue.received}`
  throw new AedError('INVALID_OPTION', `${name} ${expected}`.replaceAll(/\s+/g, ' ')) // one line, whatever the values hold
}

/** Names of types as people say them. */
const TYPE_NAMES: Readonly<Record<string, string>> = { number: 'a number', string: 'a text', boolean: 'true or false', Object: 'an object', Array: 'a list' }

function expectation(type: string, bound: string, expected: string | null): string {
  switch (type) {
    case 'min_value':
      return `at least${bound}`
    case 'gt_value':
      return `more than${bound}`
    case 'max_value':
      return `at most${bound}`
    case 'min_length':
      return `at least${bound} of them`
    case 'integer':
      return 'a whole number'
    case 'finite':
      return 'a finite number'
    default:
      return (expected ?? type)
        .replaceAll(/[()]/g, '')
        .split(' | ')
        .map((part) => TYPE_NAMES[part] ?? part)
        .join(' or ')
  }
}

/** One option as the command line and the documentation need it. */
export interface OptionDescription {
  /** In camelCase, as in the schema. */
  readonly name: string
  /** `list`: several values, which only a file of options can hold. */
  readonly kind: 'number' | 'integer' | 'boolean' | 'text' | 'choice' | 'choiceOrNumber' | 'list'
  /** Words or numbers to choose from, empty unless `kind` is a choice. */
  readonly choices: readonly (string | number)[]
  /** True when `none` (null) is a value. */
  readonly nullable: boolean
  readonly default: unknown
  readonly description: string
  readonly unit: string | undefined
}

interface AnySchema {
  readonly type: string
  readonly wrapped?: AnySchema
  readonly default?: unknown
  readonly options?: readonly unknown[]
  readonly pipe?: readonly AnySchema[]
  readonly metadata?: OptionMeta
  readonly entries?: Readonly<Record<string, AnySchema>>
}

/** The fields of a schema in order: where flags, YAML keys and the tables of the docs come from. */
export function describeOptions(schema: v.GenericSchema): readonly OptionDescription[] {
  return Object.entries((schema as unknown as AnySchema).entries ?? {}).map(([name, field]) => {
    let inner = field
    let nullable = false
    while (inner.wrapped) {
      nullable ||= inner.type === 'nullable'
      inner = inner.wrapped
    }
    const parts = inner.pipe ?? [inner]
    const base = parts[0]!
    const metadata = parts.find((part) => part.type === 'metadata')?.metadata
    const picks = base.type === 'union' ? (base.options?.[0] as AnySchema) : base
    const choices = (picks.options ?? []) as readonly (string | number)[]
    const kind =
      base.type === 'union'
        ? 'choiceOrNumber'
        : base.type === 'picklist'
          ? 'choice'
          : base.type === 'number'
            ? parts.some((part) => part.type === 'integer')
              ? 'integer'
              : 'number'
            : base.type === 'boolean'
              ? 'boolean'
              : base.type === 'array'
                ? 'list'
                : 'text'
    return { name, kind, choices, nullable, default: field.default, description: metadata?.description ?? '', unit: metadata?.unit }
  })
}
