import { AedError, sha256, type Tensor } from '@aed/core'
import { readBytes } from '@aed/core/node'
import type { Procedure } from '@aed/eval-cliplevel'
import { tapGraph, type TrainedClipHead } from '@aed/model-miniresnetv2'
import { distinctCopies, otherGains, placeOfCopy, trainingCopies, type ClipCopy } from './clip-copies.ts'
import { blockKeys, fitHeads, headOf, scoreRows, variantOf, type FittedHead } from './clip-head-fit.ts'
import { measureClips, type ClipMeasures, type StatisticsNetwork } from './clip-measures.ts'
import type { ClipCard } from './device-clip.ts'
import { quantizeTaps } from './int8-fold.ts'
import { clipBlock } from './recipe.ts'
import { shareRight, type RecipeInput, type RecipeProcedures, type RecipeScore } from './recipe-procedure.ts'
import { requireDevice } from './require-device.ts'
import type { RunContext } from './run-context.ts'
import { runAll, type Steps } from './steps.ts'
import { version } from './version.ts'

/** A head with the clips that it was trained on: what the network may be calibrated with. */
type FoldModel = FittedHead & { readonly train: readonly number[] }

/** A fold's model as it is deployed. */
interface Int8Model {
  readonly card: ClipCard
  /** With the card in its file, so that its key stands for both. */
  readonly taps: StatisticsNetwork
}

/**
 * Statistics of all clips, then linear heads on them, fold by fold.
 * @throws AedError `USAGE` for taps without a backbone and for `device` where a device cannot compute the head, `MODEL_MISMATCH` for taps that do not exist
 */
export async function createClipProcedure({ recipe, dataset, backbone, options }: RecipeInput, context: RunContext, steps: Steps): Promise<RecipeProcedures> {
  const { classes, clips } = dataset
  const keys = blockKeys(recipe)
  const blocks = keys.map((key) => clipBlock(key, recipe.sqrt, recipe.name))
  const taps = [...new Set(blocks.flatMap((block) => (block.kind === 'tap' ? [block.tensor] : [])))]
  const network: StatisticsNetwork | null = taps.length > 0 && backbone ? { graph: backbone.graph, key: backbone.sha256 } : null
  const labels = Int32Array.from(clips, ({ label }) => classes.indexOf(label))
  const training = trainingCopies(recipe.speeds, recipe.gains)
  /** Copies whose scores are averaged where the clip is heard so much louder; as recorded comes first. */
  const heard = [0, ...otherGains(recipe.testGains)].map((gainDb) => ({ gainDb, copies: recipe.testSpeeds.map((speed) => ({ speed, gainDb })) }))
  const testing = heard.flatMap(({ copies }) => copies)
  const copies = distinctCopies([...training, ...testing])
  if (taps.length > 0 && !network) throw new AedError('USAGE', `${recipe.name}: the blocks ${keys.filter((key) => key.includes('/')).join(', ')} need --backbone`, { hint: 'give the folder of the published backbones' })
  const names = Object.keys(recipe.variants).length > 0 ? Object.keys(recipe.variants) : ['']
  if (options.device) {
    const used = (options.nested ? ['', ...names] : ['']).map((variant) => variantOf(recipe, variant, keys).gains)
    requireDevice(recipe, blocks.filter((_block, b) => used.some((gains) => gains[b]! > 0)))
  }
  if (network) tapGraph(network.graph, taps) // a tap that is not there is told before anything is decoded
  const { features, patchStep } = recipe
  const measures = await steps.run('statistics', (report) => measureClips({ clips, blocks, features, patchStep, copies, perPatch: true, network }, context, report))
  const statistics = await sha256(JSON.stringify(await Promise.all(measures.clips.map(({ data }) => sha256(data)))))
  /** Heads of all variants by fold: trained together. */
  const fitted = new Map<string, Promise<readonly TrainedClipHead[]>>()

  /** @param together variants whose heads are trained with this one */
  const make = (name: string, together: readonly string[]): Procedure<FoldModel, RecipeScore> => {
    const { gains } = variantOf(recipe, name, keys)
    return {
      key: { version, recipe: { ...recipe, name: '', about: '', looked: 0 }, variant: name, statistics, int8: options.int8, ...(options.device && { device: 1 }) },
      fit: async (train, { fold, signal }) => {
        const id = `${together.join('/')}/${fold}/${await sha256(JSON.stringify(train))}`
        const heads = fitted.get(id) ?? fitHeads(measures, labels, classes.length, train, training.length, together.map((variant) => variantOf(recipe, variant, keys)), context.pool, signal)
        fitted.set(id, heads)
        return { blocks, trained: (await heads)[together.indexOf(name)]!, classes: classes.length, train }
      },
      score: async (head, test, { fold }) => {
        const truth = test.map((clip) => labels[clip]!)
        const float = heard.map((at) => scoreClips(head, measures, test, placesOf(copies, at.copies)))
        const patches = test.flatMap((clip) => scoreRows(head, measures.patches[clip]!))
        const patchTruth = test.flatMap((clip) => new Array<number>(measures.patches[clip]!.shape[0]!).fill(labels[clip]!))
        const outer = !fold.includes('/') && network && (options.int8 || options.device) ? await quantizeFor(head, gains) : null
        const int8 = outer && options.int8 ? await scoreInt8Clips(head, outer.taps, test) : null
        const device = outer && options.device ? await scoreOnDevice(outer, test) : null
        const flat = (rows: readonly Float32Array[]) => rows.flatMap((row) => [...row])
        const [recorded, ...atGains] = heard.map(({ gainDb }, i) => ({ gainDb, float: flat(float[i]!), int8: int8 && flat(int8[i]!), device: device && flat(device[i]!) }))
        const figures: Record<string, number> = { clip: shareRight(float[0]!, truth), patch: shareRight(patches, patchTruth), ...(int8 && { clipInt8: shareRight(int8[0]!, truth) }), ...(device && { clipDevice: shareRight(device[0]!, truth) }) }
        for (const [i, { gainDb }] of heard.entries()) {
          if (gainDb === 0) continue
          const name = `${gainDb > 0 ? '+' : ''}${gainDb} dB`
          figures[name] = shareRight(float[i]!, truth)
          if (int8) figures[`int8 ${name}`] = shareRight(int8[i]!, truth)
          if (device) figures[`device ${name}`] = shareRight(device[i]!, truth)
        }
        return { figures, clips: test, ...recorded!, atGains }
      },
    }

    /** The deployed model: the network int8 on calibration of this fold's training clips, the head in float32. */
    async function quantizeFor(head: FoldModel, used: readonly number[]): Promise<Int8Model> {
      const card: ClipCard = {
        schema: 'aed-model/1', name: recipe.name, classes: [...classes], features, head: headOf(head, measures.lengths, used, patchStep), provenance: { backbone: network!.key }, licence: dataset.licence,
      } // prettier-ignore
      return { card, taps: await quantizeTaps(tapGraph(network!.graph, taps), network!.key, card, dataset, head.train, context) }
    }
  }

  /** Of each gain heard, on the features of the float front end. */
  async function scoreInt8Clips(head: FoldModel, int8: StatisticsNetwork, test: readonly number[]): Promise<readonly (readonly Float32Array[])[]> {
    const some = test.map((clip) => clips[clip]!)
    const measured = await measureClips({ clips: some, blocks, features, patchStep, copies: testing, perPatch: false, network: int8 }, context, () => undefined)
    return heard.map((at) => scoreClips(head, measured, [...some.keys()], placesOf(testing, at.copies)))
  }

  /** Of each gain heard, on the arithmetic of a device. */
  async function scoreOnDevice({ card, taps: { graph, key } }: Int8Model, test: readonly number[]): Promise<readonly (readonly Float32Array[])[]> {
    const gainsDb = heard.map(({ gainDb }) => gainDb)
    const rows = await runAll(
      test.map((clip) => async () => {
        const { path, segment } = clips[clip]!
        return context.pool.stages.scoreDeviceClip({ file: { bytes: await readBytes(path), name: path, segment }, model: { key, graph, card } }, { gainsDb }, { signal: context.signal })
      }),
      'clips',
      () => undefined,
      context.pool.size * 2,
    )
    return gainsDb.map((_gain, i) => rows.map(({ data, shape }) => data.slice(i * shape[1]!, (i + 1) * shape[1]!)))
  }

  const { gains } = variantOf(recipe, '', keys)
  const used = gains.reduce((sum, gain, b) => sum + (gain > 0 ? measures.lengths[b]! : 0), 0)
  const passes = recipe.testSpeeds.length
  return {
    procedure: make('', ['']) as Procedure<unknown, RecipeScore>,
    variants: Object.fromEntries(names.map((name) => [name || recipe.name, make(name, names) as Procedure<unknown, RecipeScore>])),
    cost: { passes, features: used, headParameters: classes.length * (used + 1) },
  }
}

const placesOf = (copies: readonly ClipCopy[], some: readonly ClipCopy[]) => some.map((copy) => placeOfCopy(copies, copy))

/** Mean scores of the test copies of some clips. */
function scoreClips(head: FittedHead, measures: ClipMeasures, test: readonly number[], copies: readonly number[]): Float32Array[] {
  return test.map((clip) => {
    const { data, shape } = measures.clips[clip]!
    const width = shape[1]!
    const rows: Tensor<'float32'> = { dtype: 'float32', shape: [copies.length, width], data: new Float32Array(copies.length * width) }
    copies.forEach((copy, i) => rows.data.set(data.subarray(copy * width, (copy + 1) * width), i * width))
    const scores = scoreRows(head, rows)
    return scores[0]!.map((_, c) => scores.reduce((sum, row) => sum + row[c]!, 0) / scores.length)
  })
}
