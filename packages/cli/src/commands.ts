import type { Flag, Schemas } from './flags.ts'
import type { Output } from './output.ts'

/** One subcommand: what it takes, and what it does with it. */
export interface CommandModule {
  readonly args: readonly { readonly syntax: string; readonly description: string }[]
  readonly schemas: Schemas
  readonly flags: readonly Flag[]
  /** Command lines that work. */
  readonly examples: readonly string[]
  readonly run: (call: CommandCall) => Promise<void>
}

/** A call of a subcommand. */
export interface CommandCall {
  readonly args: readonly string[]
  readonly options: Readonly<Record<string, unknown>>
  readonly output: Output
  /** Fires on Ctrl-C. */
  readonly signal: AbortSignal
}

/** A subcommand in a list, loaded only when it is called. */
export interface CommandEntry {
  readonly summary: string
  readonly load: () => Promise<CommandModule>
}

/** Subcommands under one name. */
export interface CommandGroup {
  readonly summary: string
  readonly commands: Readonly<Record<string, CommandEntry>>
}

/** Every subcommand. */
export const COMMANDS: Readonly<Record<string, CommandEntry | CommandGroup>> = {
  features: { summary: 'log-mel features of recordings or waveforms, as .npy', load: () => import('./commands/features.ts').then((m) => m.features) },
  train: { summary: 'train a classifier on a folder of clips', load: () => import('./commands/train.ts').then((m) => m.train) },
  quantize: { summary: 'turn a float model into an int8 .tflite', load: () => import('./commands/quantize.ts').then((m) => m.quantize) },
  infer: { summary: 'run a model on a .npy of patches', load: () => import('./commands/infer.ts').then((m) => m.infer) },
  classify: { summary: 'labels of recordings, with scores', load: () => import('./commands/classify.ts').then((m) => m.classify) },
  eval: { summary: 'patch- and clip-level accuracy of a model or of a table of scores', load: () => import('./commands/eval.ts').then((m) => m.evaluate) },
  cv: { summary: 'judge recipes by cross-validation', load: () => import('./commands/cv.ts').then((m) => m.cv) },
  tune: { summary: 'choose smoothing, thresholds and refractory time for detection', load: () => import('./commands/tune.ts').then((m) => m.tune) },
  detect: { summary: 'sounds in long recordings, with their times', load: () => import('./commands/detect.ts').then((m) => m.detect) },
  deploy: { summary: 'write the C library of an int8 .tflite', load: () => import('./commands/deploy.ts').then((m) => m.deploy) },
  data: {
    summary: 'get datasets, look at them, split them, make them',
    commands: {
      get: { summary: 'download a published dataset: ESC-50', load: () => import('./commands/data-get.ts').then((m) => m.get) },
      inspect: { summary: 'what is in a dataset: counts, sound, damage, duplicates', load: () => import('./commands/data-inspect.ts').then((m) => m.inspect) },
      split: { summary: 'deal a dataset into folds, recordings whole, leaks refused', load: () => import('./commands/data-split.ts').then((m) => m.split) },
      convert: { summary: 'turn the tables of FSD50K into one that every command reads', load: () => import('./commands/data-convert.ts').then((m) => m.convert) },
      synth: { summary: 'write a synthetic dataset', load: () => import('./commands/data-synth.ts').then((m) => m.synth) },
    },
  },
  backbone: {
    summary: 'get pretrained backbones',
    commands: {
      get: { summary: 'download a published backbone: MiniResNetV2 by STMicroelectronics', load: () => import('./commands/backbone-get.ts').then((m) => m.get) },
    },
  },
  esc10: { summary: 'the whole ESC-10 pipeline', load: () => import('./commands/esc10.ts').then((m) => m.esc10) },
  doctor: { summary: 'what of the tools and data is there', load: () => import('./commands/doctor.ts').then((m) => m.doctor) },
}
