import { describe, expect, it } from '@jest/globals'
import { blocksOf, clipBlock, parseRecipe } from './recipe.ts'

describe('parseRecipe', () => {
  it('fills in what is left out', () => {
    const recipe = parseRecipe({ name: 'mine', blocks: { 'post_relu/mean': 1, mel: 2 } }, 'mine.yaml')
    expect(recipe).toMatchObject({ stacks: 1, head: 'clip', patchStep: 25, speeds: [1], testSpeeds: [1], gains: [0], testGains: [], sqrt: true, training: { solver: 'ridge', penalty: 0.03 }, looked: 1 })
    expect(recipe.features.mel.nMels).toBe(64)
  })

  for (const [what, change, message] of [
    ['an unknown key', { speed: [1] }, 'mine.yaml: speed is not an option'],
    ['a block that is none', { blocks: { mels: 1 } }, "mine.yaml: 'mels' is no block"],
    ['a statistic that is none', { blocks: { 'post_relu/median': 1 } }, "mine.yaml: 'post_relu/median' is no block"],
    ['a variant with such a block', { variants: { a: { blocks: { env5: 1 } } } }, "mine.yaml: 'env5' is no block"],
    ['no block', { blocks: {} }, 'mine.yaml: blocks takes at least one block for a clip head'],
    ['a gain beyond all', { gains: [0, 61] }, 'mine.yaml: gains.1 takes at most 60, got 61'],
    ['a gain of a dense head', { head: 'dense', testGains: [10] }, 'mine.yaml: gains and testGains are of a clip head'],
    ['no copy', { speeds: [] }, 'mine.yaml: speeds takes at least 1 of them, got 0'],
    ['a penalty of 0', { training: { penalty: 0 } }, 'mine.yaml: training.penalty takes more than 0, got 0'],
  ] as const)
    it(`refuses ${what}`, () => {
      expect(() => parseRecipe({ name: 'mine', blocks: { mel: 1 }, ...change }, 'mine.yaml')).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message }))
    })
})

describe('blocks by name', () => {
  it('are statistics of the sound, or of a tap whose rows can be averaged', () => {
    expect(clipBlock('conv2_block2_preact_relu@2/std', false, '')).toEqual({ kind: 'tap', name: 'conv2_block2_preact_relu@2/std', tensor: 'conv2_block2_preact_relu', rowPool: 2, statistics: ['std'], epsilon: 1e-4, sqrt: false })
    expect(clipBlock('modst', true, '').kind).toBe('logMelModulation')
    expect(clipBlock('env4', true, '').kind).toBe('bandEnvelopes')
    expect(clipBlock('levels', true, '').kind).toBe('logMelLevels')
    expect(clipBlock('envelopes', true, '').kind).toBe('envelopeLevels')
  })

  it('stand in a list with the gains that were found best, a tensor alone for its three statistics', () => {
    expect(blocksOf('post_relu, mel,modst,x@2/max', 'flag')).toEqual({ 'post_relu/mean': 1, 'post_relu/std': 1, 'post_relu/max': 1, mel: 2, modst: 4, 'x@2/max': 1 })
  })
})
