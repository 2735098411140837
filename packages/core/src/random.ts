import { cosPi, log } from './math.ts'

/** Seeded random numbers; equal sequences in every runtime. */
export interface Random {
  /** Uniform 32-bit unsigned integer. */
  uint32(): number
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number
  /** Uniform in [low, high). */
  between(low: number, high: number): number
  /** Uniform integer in [0, n), n ≤ 2³². */
  integer(n: number): number
  /** Standard normal. */
  normal(): number
  /** Shuffles in place (Fisher–Yates) and returns its argument. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T
  /** An independent generator named by a label; does not advance this one. */
  fork(label: string | number): Random
}

/** 32-bit FNV-1a of a text with a final avalanche (murmur3's). */
function hashText(text: string, seed: number): number {
  let h = (0x811c9dc5 ^ seed) >>> 0
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/**
 * The project's one generator: xoshiro128** (Blackman and Vigna, 2018), seeded by hashing the seed's text.
 * @param seed any number or text; equal seeds give equal sequences
 */
export function createRandom(seed: number | string): Random {
  const key = String(seed)
  const s = Uint32Array.from([1, 2, 3, 4], (lane) => hashText(key, Math.imul(lane, 0x9e3779b9)))
  s[0]! |= 1 // the state must not be all zero

  const uint32 = () => {
    const s1 = s[1]!
    const x = Math.imul(s1, 5)
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0
    s[2]! ^= s[0]!
    s[3]! ^= s1
    s[1]! ^= s[2]!
    s[0]! ^= s[3]!
    s[2]! ^= s1 << 9
    s[3] = (s[3]! << 11) | (s[3]! >>> 21)
    return result
  }
  const uniform = () => ((uint32() >>> 5) * 67108864 + (uint32() >>> 6)) / 9007199254740992
  const integer = (n: number) => {
    // Rejection keeps every value equally likely.
    const limit = 4294967296 - (4294967296 % n)
    for (;;) {
      const x = uint32()
      if (x < limit) return x % n
    }
  }
  return {
    uint32,
    uniform,
    integer,
    between: (low, high) => low + (high - low) * uniform(),
    normal: () => Math.sqrt(-2 * log(1 - uniform())) * cosPi(2 * uniform()), // Box and Muller, one value a call
    shuffle(items) {
      for (let i = items.length - 1; i > 0; i--) {
        const j = integer(i + 1)
        const kept = items[i]
        items[i] = items[j]
        items[j] = kept
      }
      return items
    },
    fork: (label) => createRandom(`${key}/${label}`),
  }
}
