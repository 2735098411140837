/**
 * Keeps the last things that were made, by key: a worker is asked for the same network for every clip of a dataset.
 * @param most kept at once
 */
export function keepPrepared<T>(most: number): (key: string, make: () => Promise<T>) => Promise<T> {
  const prepared = new Map<string, Promise<T>>()
  return (key, make) => {
    const known = prepared.get(key)
    if (known) return known
    const made = make()
    prepared.set(key, made)
    if (prepared.size > most) prepared.delete(prepared.keys().next().value!)
    return made
  }
}
