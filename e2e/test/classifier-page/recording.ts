/** Three quarters of a second of a chirp in noise, three times, at 44.1 kHz; of integers alone, so that every runtime makes the same. */
export function recording(): Float32Array {
  const samples = new Float32Array(100_000)
  let state = 12345
  for (let i = 0; i < samples.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const triangle = Math.abs(((i * (3 + ((i >> 12) & 15))) % 512) - 256) / 256 - 0.5
    samples[i] = 0.6 * triangle + 0.1 * (state / 2 ** 32 - 0.5)
  }
  return samples
}
export const SAMPLE_RATE = 44_100
