/** A share from 0 to 1 as `84.3 %`; a dash where there is none. */
export const percent = (value: number | null): string => (value === null ? '–' : `${(100 * value).toFixed(1)} %`)

/** Bytes as KiB with two digits; a dash where they are not known. */
export const kib = (bytes: number | null): string => (bytes === null ? '–' : (bytes / 1024).toFixed(2))

/** Thresholds of classes as text; those above 1, which no score reaches, are left out. */
export function thresholdRange(thresholds: readonly number[]): string {
  const real = thresholds.filter((threshold) => threshold <= 1)
  const [low, high] = [Math.min(...real), Math.max(...real)]
  return real.length === 0 ? 'any score' : low === high ? low.toFixed(3) : `${low.toFixed(3)} to ${high.toFixed(3)}, by class`
}
