"""Gradients by TensorFlow for the training kernels: of convolutions and max pooling (with ties) alone, and of MiniResNetV2 with a sixteenth of its
filters. Synthetic, seeded input.

usage: make_gradient_goldens.py        (from anywhere; needs numpy, tensorflow-cpu)
"""
import json
import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf

rng = np.random.default_rng(5)


def normal(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def flat(value):
    """Values as the shortest text that gives the same float32."""
    return [float(str(v)) for v in np.asarray(value, np.float32).ravel()]


def conv(x, filter_shape, strides, padding):
    x, w = tf.Variable(normal(*x)), tf.Variable(normal(*filter_shape))
    with tf.GradientTape() as tape:
        y = tf.nn.conv2d(x, w, strides, padding)
    dy = normal(*y.shape)
    dx, dw = tape.gradient(y, [x, w], output_gradients=tf.constant(dy))
    shapes = {"x": x.shape.as_list(), "filter": list(filter_shape), "dy": y.shape.as_list(), "strides": strides, "padding": padding.lower()}
    return {**shapes, "values": {"x": flat(x), "filter": flat(w), "dy": flat(dy), "dx": flat(dx), "dfilter": flat(dw)}}


def pool(x, size, strides, padding):
    x = tf.Variable(np.round(normal(*x)))
    with tf.GradientTape() as tape:
        y = tf.nn.max_pool2d(x, size, strides, padding)
    dy = normal(*y.shape)
    dx = tape.gradient(y, x, output_gradients=tf.constant(dy))
    return {"x": x.shape.as_list(), "dy": y.shape.as_list(), "size": size, "strides": strides, "padding": padding.lower(), "values": {"x": flat(x), "dy": flat(dy), "dx": flat(dx)}}


L = tf.keras.layers
FILTERS, CLASSES, COUNT = 4, 3, 3


def norm(x, name):
    return L.BatchNormalization(epsilon=1.001e-5, name=name)(x)


def block(x, name, last):
    preact = L.ReLU()(norm(x, f"{name}_preact_bn"))
    shortcut = L.MaxPooling2D(1, 2)(x) if last else L.Conv2D(FILTERS, 1, name=f"{name}_0_conv")(preact)
    y = L.Conv2D(FILTERS, 1, use_bias=False, name=f"{name}_1_conv")(preact)
    y = L.ZeroPadding2D(1)(L.ReLU()(norm(y, f"{name}_1_bn")))
    return L.Add()([shortcut, L.Conv2D(FILTERS, 3, strides=2 if last else 1, use_bias=False, name=f"{name}_2_conv")(y)])


def network():
    inputs = L.Input((16, 13, 1))
    x = L.Conv2D(FILTERS, 7, strides=2, name="conv1_conv")(L.ZeroPadding2D(3)(inputs))
    x = L.MaxPooling2D(3, 2)(L.ZeroPadding2D(1)(x))
    x = block(block(x, "conv2_block1", False), "conv2_block2", True)
    x = L.ReLU()(norm(x, "post_bn"))
    model = tf.keras.Model(inputs, L.Dense(CLASSES, name="head")(L.Flatten()(x)))
    named = {f"{layer.name}/{w.name}": w for layer in model.layers for w in layer.weights}
    for key, w in named.items():
        w.assign(rng.uniform(0.5, 2, w.shape) if key.endswith("variance") else w + 0.1 * normal(*w.shape))
    weights = {key: {"shape": w.shape.as_list() if hasattr(w.shape, "as_list") else list(w.shape), "data": flat(w)} for key, w in named.items()}
    x, targets, shares = normal(COUNT, 16, 13, 1), rng.dirichlet(np.ones(CLASSES), COUNT).astype(np.float32), rng.uniform(0.5, 2, COUNT).astype(np.float32)
    trained = {key: w for key, w in named.items() if "moving" not in key}
    found = {}
    for mode in ("batch", "moving"):
        with tf.GradientTape() as tape:
            logits = model(x, training=mode == "batch")
            loss = tf.reduce_mean(shares * tf.nn.softmax_cross_entropy_with_logits(targets, logits))
        gradients = tape.gradient(loss, [w.value for w in trained.values()])
        found[mode] = {"loss": float(loss), "scores": flat(tf.nn.softmax(logits)), "gradients": {key: flat(g) for key, g in zip(trained, gradients)}}
        for key, entry in weights.items():  # training=True has moved the moving statistics
            named[key].assign(np.reshape(np.asarray(entry["data"], np.float32), entry["shape"]))
    return {"filters": FILTERS, "classes": CLASSES, "count": COUNT, "x": flat(x), "targets": flat(targets), "shares": flat(shares), "weights": weights, **found}


golden = {
    "tensorflow": tf.__version__,
    "convolutions": [
        conv((2, 7, 6, 3), (3, 3, 3, 5), [1, 1], "VALID"),
        conv((2, 7, 6, 3), (3, 3, 3, 5), [1, 1], "SAME"),
        conv((2, 7, 6, 3), (3, 3, 3, 5), [2, 2], "SAME"),
        conv((1, 9, 8, 1), (7, 7, 1, 9), [2, 2], "SAME"),
        conv((2, 4, 3, 8), (1, 1, 8, 8), [1, 1], "VALID"),
        conv((1, 5, 5, 2), (1, 1, 2, 3), [2, 2], "VALID"),
    ],
    "pools": [pool((2, 8, 7, 5), [3, 3], [2, 2], "VALID"), pool((2, 8, 7, 5), [2, 3], [2, 1], "SAME"), pool((1, 6, 5, 4), [1, 1], [2, 2], "VALID")],
    "network": network(),
}
TARGET = pathlib.Path(__file__).resolve().parents[2] / "packages/model-miniresnetv2/test/golden/gradients.json"
with open(TARGET, "w") as file:
    json.dump(golden, file, separators=(",", ":"))
    file.write("\n")
