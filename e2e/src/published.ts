/**
 * What STMicroelectronics' model zoo publishes for the quantized MiniResNetV2 on ESC-10: X-CUBE-AI 10.0.0, B-U585I-IOT02A, Cortex-M33 at
 * 160 MHz. Its accuracies come from a random split by clip, in which recordings stand on both sides: not comparable with official folds.
 */
export interface PublishedFigures {
  readonly stacks: number
  /** Clip-level accuracy, 0 to 1, of the leaky split. */
  readonly clip: { readonly float: number; readonly int8: number }
  /** All in KiB. */
  readonly activations: number
  readonly runtimeRam: number
  readonly weights: number
  readonly code: number
  readonly totalRam: number
  readonly totalFlash: number
  /** Per patch, in ms. */
  readonly time: number
}

export const PUBLISHED: readonly PublishedFigures[] = [
  { stacks: 1, clip: { float: 0.911, int8: 0.911 }, activations: 59.89, runtimeRam: 7.09, weights: 123.98, code: 61.57, totalRam: 66.98, totalFlash: 185.55, time: 188.36 },
  { stacks: 2, clip: { float: 0.924, int8: 0.926 }, activations: 59.89, runtimeRam: 11.28, weights: 431.98, code: 69.86, totalRam: 71.17, totalFlash: 501.84, time: 308.81 },
]
