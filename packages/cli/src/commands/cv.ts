import path from 'node:path'
import * as v from 'valibot'
import { AedError, audioOptionsSchema, featureConfig, melOptionsSchema, option, parseOptions, patchOptionsSchema } from '@aed/core'
import { requireWritable, writeAtomic } from '@aed/core/node'
import { readDataset } from '@aed/datasets'
import { createSteps, crossValidateRecipe, loadPatches, readBackbone, requireSingleLabels, STEPS_PER_RECIPE, withRunContext, type PooledFigure, type RecipeInput, type RecipeResult } from '@aed/e2e'
import { formatCrossValidation } from '@aed/eval-cliplevel'
import type { CommandModule } from '../commands.ts'
import { provenanceOf, type Provenance } from '../provenance.ts'
import { readRecipe } from '../recipe-file.ts'
import { percent, skippedText, table } from '../text.ts'

const cvSchema = v.strictObject({
  nested: option.boolean(false, 'choose among the recipe’s variants by inner folds, and report the outer score of the whole procedure'),
  splits: option.integer(0, 'random five-fold splits grouped by recording beside the official folds', { min: 0, max: 100 }),
  int8: option.boolean(true, 'also the int8 network, quantized on the training clips of each fold'),
  device: option.boolean(false, 'also what a microcontroller says of the test clips: 16-bit samples, front end in float32, int8 network, statistics in integers; clip heads that a stream can have'),
  seed: option.integer(0, 'seed of everything random', { min: 0, max: 2 ** 31 }),
  jobs: option.integer(0, 'worker threads; 0: one per core', { min: 0, max: 256 }),
  cache: option.textOrNone(null, 'folder of intermediate results; none: AED_CACHE_DIR or the user’s cache'),
})

export const cv: CommandModule = {
  args: [{ syntax: '<RECIPE...>', description: 'recipes: .yaml files, or names of those that come with aed (r, published, streaming, …)' }],
  schemas: { '': cvSchema, audio: audioOptionsSchema, mel: melOptionsSchema, patches: patchOptionsSchema },
  flags: [
    { syntax: '--data <DIR>', description: 'folder of clips with folds: ESC-50 layout or labels.csv', required: true },
    { syntax: '--backbone <DIR>', description: 'Keras .h5 file, folder of the published ones, or name of one (aed backbone get); none only for recipes without a network' },
    { syntax: '--skip-bad', description: 'leave out clips that cannot be read, and name them' },
    { syntax: '--out <DIR>', description: 'folder for NAME.json of each recipe' },
  ],
  examples: ['aed cv r --data ESC-50-master --backbone backbones/', 'aed cv r --nested --splits 6 --data ESC-50-master --backbone backbones/', 'aed cv live --device --data ESC-50-master --backbone backbones/', 'aed cv my-recipe.yaml published --data clips/ --backbone backbones/ --db-ref running --out out/cv'],
  async run({ args, options, output, signal }) {
    const { data, backbone, out, skipBad = false, audio, mel, patches, ...given } = options as { data: string; backbone?: string; skipBad?: boolean; out?: string; audio?: object; mel?: object; patches?: object }
    const { jobs, cache, ...judge } = parseOptions(cvSchema, withoutUndefined(given), 'aed cv')
    // Recipes are read, and files looked for, before anything is decoded.
    const recipes: Pick<RecipeInput, 'recipe' | 'backbone'>[] = []
    for (const name of args) {
      const recipe = await readRecipe(name)
      const features = { audio: { ...recipe.features.audio, ...audio }, mel: { ...recipe.features.mel, ...mel }, patches: { ...recipe.features.patches, ...patches } }
      const { nMels } = features.mel
      recipes.push({ recipe: { ...recipe, features }, backbone: backbone === undefined || recipe.mode === 'scratch' ? null : await readBackbone(backbone, recipe.stacks, [nMels, features.patches.patchLength, 1]) })
    }
    if (out !== undefined) await requireWritable(out)
    const found = await readDataset(data)
    requireSingleLabels(found)
    if (found.clips.some(({ fold }) => fold === null)) throw new AedError('SPLIT_INVALID', `${data}: has no folds`, { hint: 'deal some with aed data split' })
    const results: (RecipeResult & { readonly provenance: Provenance })[] = []
    await withRunContext({ cache, jobs, signal }, async (context) => {
      // Which clips can be read shows only when they are, whatever is made of them then.
      const { clips, skipped } = skipBad ? await loadPatches(found, featureConfig(), context, (progress) => output.progress(progress), { skipBad }) : { clips: found.clips, skipped: [] }
      for (const { id, message } of skipped) output.say(`skipped: ${id}: ${message}`)
      const dataset = { ...found, clips }
      for (const input of recipes) {
        const steps = createSteps(STEPS_PER_RECIPE, (event) => output.step({ ...event, step: `${input.recipe.name}: ${event.step}` }), signal)
        const start = performance.now()
        const found = await crossValidateRecipe({ ...input, dataset, skipped, options: judge }, context, steps)
        const seconds = (performance.now() - start) / 1000
        const result = { ...found, provenance: await provenanceOf(judge.seed, seconds, jobs) }
        results.push(result)
        if (out !== undefined) await writeAtomic(path.join(out, `${input.recipe.name.replaceAll(/[^a-z0-9]+/gi, '-')}.json`), `${JSON.stringify(result, null, 2)}\n`)
        if (!output.json) output.result(null, `${format(result)}in ${seconds.toFixed(1)} s\n`)
      }
    })
    if (output.json) output.result(results.length === 1 ? results[0] : results, '')
    else if (results.length > 1) output.result(null, overview(results))
  },
}

function format({ recipe, data, result, pooled, random, cost, backbone }: RecipeResult): string {
  const lines = [`${recipe.name}: ${recipe.about}`, `backbone ${backbone?.file ?? 'none'}`, '', formatCrossValidation(result).trimEnd()]
  const line = (name: string, figure: PooledFigure | null) => (figure ? [`all test clips, ${name}: ${percent(figure.accuracy)}${figure.interval ? ` [${percent(figure.interval[0])}, ${percent(figure.interval[1])}] (95 % interval by recording)` : ''}`] : [])
  for (const { gainDb, float, int8, device } of [{ gainDb: 0, ...pooled }, ...pooled.atGains]) {
    const heard = gainDb === 0 ? '' : `, ${Math.abs(gainDb)} dB ${gainDb > 0 ? 'louder' : 'quieter'}`
    lines.push(...line(`float${heard}`, float), ...line(`int8${heard}`, int8), ...line(`device${heard}`, device))
  }
  if (random) lines.push(`${random.means.length} random splits grouped by recording: ${percent(random.summary.mean)} (${random.means.map(percent).join(', ')})`)
  if (data.skipped.length > 0) lines.push(skippedText(data.skipped))
  if (cost) lines.push(`${cost.features} statistics, ${cost.headParameters} parameters in the head, ${cost.passes} pass${cost.passes > 1 ? 'es' : ''} a clip`)
  return `${lines.join('\n')}\n`
}

function overview(results: readonly RecipeResult[]): string {
  const figure = ({ result: { summary } }: RecipeResult, name: string) => (summary[name] ? percent(summary[name].mean) : '–')
  const spread = ({ result: { summary } }: RecipeResult) => (summary['clip']?.std == null ? '–' : percent(summary['clip'].std))
  return table(
    ['recipe', 'patch', 'clip', '± std', 'int8', 'device', 'random', 'variants'],
    results.map((result) => [
      `${result.recipe.name}${result.result.leaky ? ' (LEAKY)' : ''}`, figure(result, 'patch'), figure(result, 'clip'), spread(result), figure(result, 'clipInt8'), figure(result, 'clipDevice'), result.random ? percent(result.random.summary.mean) : '–', String(result.result.variants),
    ]), // prettier-ignore
  )
}

function withoutUndefined(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
