/** A share from 0 to 1 as `84.3 %`; a dash where there is none. */
export const percent = (value: number | null): string => (value === null ? '–' : `${(100 * value).toFixed(1)} %`)

/** Bytes as KiB with two digits; a dash where they are not known. */
export const kib = (bytes: number | null): string => (bytes === null ? '–' : (bytes / 1024).toFixed(2))
