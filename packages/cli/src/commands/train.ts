import { audioOptionsSchema, melOptionsSchema, patchOptionsSchema } from '@aed/core'
import { leakMark, networkTrainingSchema, trainClassifier, trainOptionsSchema } from '@aed/e2e'
import { formatEvaluation } from '@aed/eval-cliplevel'
import type { CommandModule } from '../commands.ts'
import { percent } from '../text.ts'
import { drawCurves, epochLine } from '../training-curves.ts'

export const train: CommandModule = {
  args: [],
  schemas: { '': trainOptionsSchema, training: networkTrainingSchema, audio: audioOptionsSchema, mel: melOptionsSchema, patches: patchOptionsSchema },
  flags: [
    { syntax: '--data <DIR>', description: 'folder of clips: ESC-50 layout, labels.csv, or a folder per class', required: true },
    { syntax: '--out <DIR>', description: 'model folder to write', required: true },
  ],
  examples: ['aed train --data ESC-50-master --mode fine-tune --backbone backbones/ --fold 1 --out model', 'aed train --data clips/ --mode scratch --validation 0.15 --out model', 'aed train --data ESC-50-master --backbone backbones/ --out model', 'aed train --head clip --data ESC-50-master --backbone backbones/ --fold 5 --out model', 'aed train --data clips/ --fold 5 --stacks 2 --out model', 'aed train --data ESC-50-master --classes dog,rooster --garbage-class other --out model'],
  async run({ options, output, signal }) {
    const { data, out, audio, mel, patches, training, ...rest } = options as { data: string; out: string; audio?: object; mel?: object; patches?: object; training?: object }
    const given = { data, out, features: { ...(audio && { audio }), ...(mel && { mel }), ...(patches && { patches }) }, options: withoutUndefined(rest), ...(training && { training }) }
    const { card, history, bestEpoch, test, leak } = await trainClassifier(given, { signal, onStep: (event) => output.step(event), onHistory: (epochs) => output.live(epochLine(epochs), drawCurves(epochs)) })
    const kept = history[bestEpoch - 1]
    const figure = (valAccuracy: number | null, accuracy: number | null) => (valAccuracy === null ? `accuracy in training ${percent(accuracy)}` : `validation accuracy ${percent(valAccuracy)}`)
    const how = kept ? `epoch ${bestEpoch} of ${history.length} kept, ${figure(kept.valAccuracy, kept.accuracy)} (patches)` : 'clip head solved in closed form'
    const text = [
      `${card.name}: ${card.classes!.length} classes, ${how}`,
      ...(test ? [formatEvaluation(test)] : []),
      ...(leak ? [leakMark(leak)] : []),
      `model folder: ${out}`,
    ]
    output.result({ model: out, card, bestEpoch, history, test, leaky: leak }, text.join('\n'))
  },
}

/** Commander leaves `undefined` where a yes-or-no flag was not given. */
function withoutUndefined(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
