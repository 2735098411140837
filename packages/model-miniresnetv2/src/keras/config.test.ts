import { describe, expect, it } from '@jest/globals'
import { isAedError } from '@aed/core'
import { parseKerasConfig } from './config.ts'

const input = { class_name: 'InputLayer', name: 'x', config: { batch_input_shape: [null, 8, 8, 3] }, inbound_nodes: [] }
const relu = { class_name: 'ReLU', name: 'y', config: {}, inbound_nodes: [[['x', 0, 0, {}]]] }

function model(layers: readonly object[], change: object = {}, output = 'y') {
  return { class_name: 'Functional', config: { name: 'm', layers, input_layers: [['x', 0, 0]], output_layers: [[output, 0, 0]], ...change } }
}

const failure = (json: unknown) => {
  try {
    parseKerasConfig(json, 'm.json')
  } catch (error) {
    if (isAedError(error)) return `${error.code} ${error.message}`
    throw error
  }
  return 'none'
}

describe('parseKerasConfig', () => {
  it('reads Keras 2 and Keras 3 calls alike', () => {
    const three = { ...relu, inbound_nodes: [{ args: [{ class_name: '__keras_tensor__', config: { shape: [null, 8, 8, 3], keras_history: ['x', 0, 0] } }], kwargs: {} }] }
    expect(parseKerasConfig(model([input, three]), 'm')).toEqual(parseKerasConfig(model([input, relu]), 'm'))
    expect(parseKerasConfig(model([{ ...input, config: { batch_shape: [null, 8, 8, 3] } }, three], { input_layers: ['x', 0, 0], output_layers: ['y', 0, 0] }), 'm').output).toBe('y')
  })

  it('puts layers into an order of execution', () => {
    const last = { class_name: 'Flatten', name: 'z', config: {}, inbound_nodes: [[['y', 0, 0, {}]]] }
    expect(parseKerasConfig(model([last, relu, input], {}, 'z'), 'm').layers.map(({ name }) => name)).toEqual(['x', 'y', 'z'])
  })

  it.each([
    ['a layer with code', { ...relu, class_name: 'Lambda' }, /^MODEL_UNSUPPORTED .*layer 'y' is of class 'Lambda'/],
    ['a nested model', { ...relu, class_name: 'Functional' }, /^MODEL_UNSUPPORTED .*'Functional'/],
    ['a property of objects as class', { ...relu, class_name: 'constructor' }, /^MODEL_UNSUPPORTED/],
    ['ReLU6', { ...relu, config: { max_value: 6 } }, /^MODEL_UNSUPPORTED .*ReLU 'y': max_value 6/],
    ['channels first', { ...relu, config: { data_format: 'channels_first' } }, /^MODEL_UNSUPPORTED .*data_format/],
    ['another axis', { ...relu, class_name: 'BatchNormalization', config: { axis: [1] } }, /^MODEL_UNSUPPORTED .*axis/],
    ['grouped convolution', { ...relu, class_name: 'Conv2D', config: { groups: 3 } }, /^MODEL_UNSUPPORTED .*groups/],
    ['a shared layer', { ...relu, inbound_nodes: [[['x', 0, 0, {}]], [['x', 0, 0, {}]]] }, /^MODEL_UNSUPPORTED .*called 2 times/],
    ['a name that is no name', { ...relu, name: '__proto__' }, /^MODEL_INVALID .*__proto__/],
    ['an unknown input', { ...relu, inbound_nodes: [[['w', 0, 0, {}]]] }, /^MODEL_INVALID .*'w'/],
    ['a circle', { ...relu, inbound_nodes: [[['y', 0, 0, {}]]] }, /^MODEL_INVALID/],
    ['a dense layer on an image', { ...relu, class_name: 'Dense', config: { units: 3 } }, /^MODEL_INVALID m\.json: Dense 'y' takes a flat input, got \[8, 8, 3\]/],
    ['no filters', { ...relu, class_name: 'Conv2D', config: { filters: 0, kernel_size: [3, 3], padding: 'same' } }, /^MODEL_INVALID .*filters takes a whole number/],
    ['a window larger than its input', { ...relu, class_name: 'MaxPooling2D', config: { pool_size: [9, 9], padding: 'valid' } }, /^MODEL_INVALID .*does not fit into \[8, 8, 3\]/],
  ])('refuses %s', (_what, layer, message) => {
    const { name } = layer
    expect(failure(model([input, layer], {}, name))).toMatch(message)
  })

  it('refuses what is no functional model of one input and one output', () => {
    for (const json of [null, 3, {}, { class_name: 'Functional' }, model([])]) expect(failure(json)).toMatch(/^MODEL_INVALID/)
    expect(failure({ ...model([input, relu]), class_name: 'Sequential' })).toMatch(/^MODEL_UNSUPPORTED .*'Sequential'/)
    expect(failure(model([input, relu], { output_layers: [['x', 0, 0], ['y', 0, 0]] }))).toMatch(/^MODEL_UNSUPPORTED/)
  })
})
