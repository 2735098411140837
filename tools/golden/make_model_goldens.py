"""Golden files of @aed/model-miniresnetv2: python tools/golden/make_model_goldens.py (numpy, h5py, scikit-learn).

tiny.h5       a Keras functional model with every supported kind of layer, in the layout that Keras 2 saves
tiny.json     patches and the scores that numpy computes in float64 from the definitions of the layers
softmax.json  a small classification problem and the weights of scikit-learn's LogisticRegression with an L2 penalty
"""
import json
import os

import h5py
import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../packages/model-miniresnetv2/test/golden')
rng = np.random.default_rng(7)


def weights(*shape):
    return rng.normal(0, 0.4, shape).astype(np.float32)


W = {
    'stem': {'kernel': weights(3, 2, 2, 4), 'bias': weights(4)},
    'bn': {'gamma': weights(4), 'beta': weights(4), 'moving_mean': weights(4), 'moving_variance': np.abs(weights(4)) + 0.1},
    'branch': {'kernel': weights(3, 3, 4, 4)},
    'wide': {'kernel': weights(16, 3)},
    'head': {'kernel': weights(4, 3), 'bias': weights(3)},
}


def windows(x, kh, kw, stride, same):
    """Windows [oh, ow, kh, kw, c] of x [h, w, c], padded as TensorFlow does; NaN marks the padding."""
    h, w, _ = x.shape
    oh, ow = (-(-h // stride), -(-w // stride)) if same else ((h - kh) // stride + 1, (w - kw) // stride + 1)
    if same:
        ph, pw = max(0, (oh - 1) * stride + kh - h), max(0, (ow - 1) * stride + kw - w)
        x = np.pad(x, ((ph // 2, ph - ph // 2), (pw // 2, pw - pw // 2), (0, 0)), constant_values=np.nan)
    return np.stack([[x[i * stride:i * stride + kh, j * stride:j * stride + kw] for j in range(ow)] for i in range(oh)])


def conv(x, kernel, stride):
    return np.einsum('ijklc,klcf->ijf', np.nan_to_num(windows(x, *kernel.shape[:2], stride, True)), kernel)


def run(x):
    f = {layer: {name: value.astype(np.float64) for name, value in values.items()} for layer, values in W.items()}
    x = np.pad(x.astype(np.float64), ((1, 0), (2, 1), (0, 0)))
    x = np.maximum(conv(x, f['stem']['kernel'], 1) + f['stem']['bias'], 0)
    x = np.maximum((x - f['bn']['moving_mean']) / np.sqrt(f['bn']['moving_variance'] + 1e-3) * f['bn']['gamma'] + f['bn']['beta'], 0)
    x = np.nanmax(windows(x, 2, 2, 2, True), axis=(2, 3)) + conv(x, f['branch']['kernel'], 2)
    pooled = np.maximum(x.mean((0, 1)) + x.max((0, 1)), 0)
    small = windows(np.nanmean(windows(x, 3, 3, 1, True), axis=(2, 3)), 2, 2, 2, False).mean((2, 3))
    z = pooled @ f['head']['kernel'] + f['head']['bias'] + np.maximum(small.reshape(-1) @ f['wide']['kernel'], 0)
    e = np.exp(z - z.max())
    return e / e.sum()


def layer(kind, name, inputs=(), **config):
    return {'class_name': kind, 'name': name, 'config': {'name': name, 'trainable': True, 'dtype': 'float32', **config},
            'inbound_nodes': [[[i, 0, 0, {}] for i in inputs]] if inputs else []}


def conv_layer(name, source, kernel, stride, **config):
    return layer('Conv2D', name, [source], filters=kernel.shape[3], kernel_size=list(kernel.shape[:2]), strides=[stride, stride], padding='same',
                 data_format='channels_last', dilation_rate=[1, 1], groups=1, **config)


def pool_layer(kind, name, source, size, stride, padding):
    return layer(kind, name, [source], pool_size=[size, size], strides=[stride, stride], padding=padding, data_format='channels_last')


LAYERS = [
    layer('InputLayer', 'patch', batch_input_shape=[None, 6, 5, 2]),
    layer('ZeroPadding2D', 'pad', ['patch'], padding=[[1, 0], [2, 1]], data_format='channels_last'),
    conv_layer('stem', 'pad', W['stem']['kernel'], 1, use_bias=True, activation='relu'),
    layer('BatchNormalization', 'bn', ['stem'], axis=[3], momentum=0.99, epsilon=0.001, center=True, scale=True),
    layer('ReLU', 're_lu', ['bn'], max_value=None, negative_slope=0.0, threshold=0.0),
    pool_layer('MaxPooling2D', 'shortcut', 're_lu', 2, 2, 'same'),
    conv_layer('branch', 're_lu', W['branch']['kernel'], 2, use_bias=False, activation='linear'),
    layer('Add', 'sum', ['shortcut', 'branch']),
    layer('GlobalAveragePooling2D', 'average', ['sum'], data_format='channels_last', keepdims=False),
    layer('GlobalMaxPooling2D', 'maximum', ['sum'], data_format='channels_last', keepdims=False),
    layer('Add', 'pooled', ['average', 'maximum']),
    layer('Activation', 'pooled_relu', ['pooled'], activation='relu'),
    layer('Dropout', 'dropout', ['pooled_relu'], rate=0.5),
    layer('Dense', 'head', ['dropout'], units=3, use_bias=True, activation='linear'),
    pool_layer('AveragePooling2D', 'smooth', 'sum', 3, 1, 'same'),
    pool_layer('AveragePooling2D', 'small', 'smooth', 2, 2, 'valid'),
    layer('Flatten', 'flatten', ['small'], data_format='channels_last'),
    layer('Dense', 'wide', ['flatten'], units=3, use_bias=False, activation='relu'),
    layer('Add', 'logits', ['head', 'wide']),
    layer('Activation', 'scores', ['logits'], activation='softmax'),
]


def write_h5(path):
    config = {'class_name': 'Functional', 'config': {'name': 'tiny', 'layers': LAYERS, 'input_layers': [['patch', 0, 0]], 'output_layers': [['scores', 0, 0]]}}
    with h5py.File(path, 'w') as file:
        file.attrs['model_config'] = json.dumps(config)
        file.attrs['keras_version'], file.attrs['backend'] = '2.9.0', 'tensorflow'
        root = file.create_group('model_weights')
        root.attrs['layer_names'] = [item['name'] for item in LAYERS]
        for item in LAYERS:
            group = root.create_group(item['name'])
            values = W.get(item['name'], {})
            group.attrs['weight_names'] = [f'{item["name"]}/{name}:0' for name in values]
            for name, value in values.items():
                group.create_dataset(f'{item["name"]}/{name}:0', data=value)


def write_json(name, value):
    with open(os.path.join(OUT, name), 'w') as file:
        json.dump(value, file)
        file.write('\n')


os.makedirs(OUT, exist_ok=True)
write_h5(os.path.join(OUT, 'tiny.h5'))
patches = rng.normal(0, 1, (4, 6, 5, 2)).astype(np.float32)
write_json('tiny.json', {'madeBy': 'tools/golden/make_model_goldens.py', 'numpy': np.__version__, 'shape': patches.shape,
                         'patches': patches.reshape(-1).tolist(), 'scores': np.stack([run(p) for p in patches]).reshape(-1).tolist()})

centres = rng.normal(0, 1, (3, 5))
y = np.arange(60) % 3
x = (centres[y] + rng.normal(0, 1.2, (60, 5))).astype(np.float32)
L2 = 0.05
# scikit-learn minimises sum(loss) · C + |w|² / 2; ours is mean(loss) + l2 · |w|² / 2.
fit = LogisticRegression(C=1 / (L2 * len(y)), tol=1e-10, max_iter=10000).fit(x.astype(np.float64), y)
write_json('softmax.json', {'madeBy': 'tools/golden/make_model_goldens.py', 'sklearn': sklearn.__version__, 'l2': L2, 'shape': x.shape, 'embeddings': x.reshape(-1).tolist(),
                            'labels': y.tolist(), 'weights': fit.coef_.reshape(-1).tolist(), 'probabilities': fit.predict_proba(x.astype(np.float64)).reshape(-1).tolist()})
