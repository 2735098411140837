/** The part of jsfive 0.4 that is used; it ships no types. */
declare module 'jsfive' {
  class Group {
    readonly keys: readonly string[]
    readonly attrs: Readonly<Record<string, unknown>>
    get(path: string): Group | Dataset | null
  }
  class Dataset {
    readonly shape: readonly number[]
    readonly dtype: unknown
    readonly value: ArrayLike<number>
    readonly attrs: Readonly<Record<string, unknown>>
  }
  class File extends Group {
    constructor(data: ArrayBuffer, name: string)
  }
  export { Dataset, File, Group }
}
