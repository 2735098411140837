import * as v from 'valibot'

/** Options of a stage that has none: a misspelt one is an error all the same. */
export const noOptionsSchema = v.strictObject({})
export type NoOptions = Readonly<Record<string, never>>
