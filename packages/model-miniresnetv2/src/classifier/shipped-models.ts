/**
 * The models that come with this package, by name. Each is a file of `models/`, fetched only when it is loaded; the form `new URL(file, import.meta.url)`
 * is what bundlers copy files by, so each stands here written out:
 *
 * `'NAME': () => new URL('../../models/NAME.tflite', import.meta.url)`
 */
export const SHIPPED_MODELS: Readonly<Record<string, () => URL>> = {}
