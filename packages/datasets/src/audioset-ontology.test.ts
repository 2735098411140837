import { describe, expect, it } from '@jest/globals'
import { applyAncestors, parseAudioSetOntology } from './audioset-ontology.ts'

const vocabulary = ['Animal', 'Bark', 'Dog', 'Music'].map((name) => ({ name, mid: `/m/${name}` }))
const ontology = parseAudioSetOntology(
  JSON.stringify([
    { id: '/m/Root', child_ids: ['/m/Animal'] },
    { id: '/m/Animal', child_ids: ['/m/Pet'] },
    { id: '/m/Pet', child_ids: ['/m/Dog'] }, // not in the vocabulary
    { id: '/m/Dog', child_ids: ['/m/Bark'] },
    { id: '/m/Bark', child_ids: ['/m/Animal'] }, // a ring
  ]),
)
const clip = (...labels: string[]) => ({ id: 'x', label: labels[0]!, ...(labels.length > 1 && { labels }), source: 'x', fold: null })

describe('applyAncestors', () => {
  it('adds what follows, as far as the vocabulary has it', () => {
    expect(applyAncestors([clip('Dog'), clip('Music')], vocabulary.slice(0, 4), parseAudioSetOntology(JSON.stringify([{ id: '/m/Animal', child_ids: ['/m/Pet'] }, { id: '/m/Pet', child_ids: ['/m/Dog'] }])), 'add')).toEqual([clip('Dog', 'Animal'), clip('Music')])
  })

  it('removes what follows from another class of the clip, also over a class that the vocabulary lacks', () => {
    const tree = parseAudioSetOntology(JSON.stringify([{ id: '/m/Animal', child_ids: ['/m/Pet'] }, { id: '/m/Pet', child_ids: ['/m/Dog'] }, { id: '/m/Dog', child_ids: ['/m/Bark'] }]))
    expect(applyAncestors([clip('Bark', 'Dog', 'Animal', 'Music'), clip('Animal')], vocabulary, tree, 'remove')).toEqual([clip('Bark', 'Music'), clip('Animal')])
  })

  it('keeps clips as they are when told to', () => {
    const clips = [clip('Bark', 'Dog')]
    expect(applyAncestors(clips, vocabulary, ontology, 'keep')).toBe(clips)
  })
})

describe('parseAudioSetOntology', () => {
  it('ends on rings', () => {
    expect([...ontology.ancestorsOf('/m/Bark')].sort()).toEqual(['/m/Animal', '/m/Dog', '/m/Pet', '/m/Root'])
  })

  it('refuses other files', () => {
    expect(() => parseAudioSetOntology('[1]')).toThrow(expect.objectContaining({ code: 'DATASET_INVALID' }))
    expect(() => parseAudioSetOntology('{')).toThrow(expect.objectContaining({ code: 'DATASET_INVALID' }))
  })
})
