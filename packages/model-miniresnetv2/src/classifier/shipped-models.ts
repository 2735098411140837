/**
 * The models that come with this package, by name. Each is a file of `models/`, fetched only when it is loaded; the form `new URL(file, import.meta.url)`
 * is what bundlers copy files by, so each stands here written out:
 *
 * `'NAME': () => new URL('../../models/NAME.tflite', import.meta.url)`
 */
export const SHIPPED_MODELS: Readonly<Record<string, () => URL>> = {
  'esc10-1stack': () => new URL('../../models/esc10-1stack.tflite', import.meta.url),
  'esc10-1stack-int8': () => new URL('../../models/esc10-1stack-int8.tflite', import.meta.url),
  'esc10-2stacks': () => new URL('../../models/esc10-2stacks.tflite', import.meta.url),
  'esc10-2stacks-int8': () => new URL('../../models/esc10-2stacks-int8.tflite', import.meta.url),
  'esc10-1stack-fold-1-int8': () => new URL('../../models/esc10-1stack-fold-1-int8.tflite', import.meta.url),
  'esc10-1stack-fold-2-int8': () => new URL('../../models/esc10-1stack-fold-2-int8.tflite', import.meta.url),
  'esc10-1stack-fold-3-int8': () => new URL('../../models/esc10-1stack-fold-3-int8.tflite', import.meta.url),
  'esc10-1stack-fold-4-int8': () => new URL('../../models/esc10-1stack-fold-4-int8.tflite', import.meta.url),
}
