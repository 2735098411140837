/** Hands values to a consumer that may throw. */
export interface Delivery<T> {
  readonly give: (value: T, index: number) => void
  /** Throws what the consumer threw first since the last call. */
  readonly settle: () => void
}

/** All values are given, also those after one that the consumer throws at: its error comes when they are, so that a stream loses neither samples nor frames. */
export function createDelivery<T>(consumer: (value: T, index: number) => void): Delivery<T> {
  let failure: { readonly error: unknown } | null = null
  return {
    give: (value, index) => {
      try {
        consumer(value, index)
      } catch (error) {
        failure ??= { error }
      }
    },
    settle: () => {
      const first = failure
      failure = null
      if (first) throw first.error
    },
  }
}
