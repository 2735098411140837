"""An epoch of fine-tuning MiniResNetV2, 1 stack, by TensorFlow on one thread, for bench/index.mjs: a line on stdin asks for an epoch, the
answer is its milliseconds, elapsed and of the processor."""
import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
L = tf.keras.layers
PATCHES, BATCH, CLASSES = 2000, 32, 10


def norm(x):
    return L.ReLU()(L.BatchNormalization(epsilon=1.001e-5)(x))


def block(x, filters, last):
    preact = norm(x)
    shortcut = L.MaxPooling2D(1, 2)(x) if last else L.Conv2D(filters, 1)(preact)
    y = L.ZeroPadding2D(1)(norm(L.Conv2D(filters, 1, use_bias=False)(preact)))
    return L.Add()([shortcut, L.Conv2D(filters, 3, strides=2 if last else 1, use_bias=False)(y)])


inputs = L.Input((64, 50, 1))
x = L.Conv2D(64, 7, strides=2)(L.ZeroPadding2D(3)(inputs))
x = L.MaxPooling2D(3, 2)(L.ZeroPadding2D(1)(x))
x = norm(block(block(x, 64, False), 64, True))
model = tf.keras.Model(inputs, L.Dense(CLASSES)(L.Flatten()(x)))
assert model.count_params() == 126410
optimizer = tf.keras.optimizers.Adam(1e-3)


@tf.function(reduce_retracing=True)
def step(x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(y, model(x, training=True)))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss


rng = np.random.default_rng(0)
patches = rng.standard_normal((PATCHES, 64, 50, 1), dtype=np.float32)
targets = np.eye(CLASSES, dtype=np.float32)[rng.integers(0, CLASSES, PATCHES)]


def epoch():
    for at in range(0, PATCHES, BATCH):
        loss = step(tf.constant(patches[at : at + BATCH]), tf.constant(targets[at : at + BATCH]))
    return float(loss)


for at in (0, PATCHES - PATCHES % BATCH):  # compiles both sizes of a batch
    step(tf.constant(patches[at : at + BATCH]), tf.constant(targets[at : at + BATCH]))
print(tf.__version__, flush=True)
for _ in sys.stdin:
    wall, cpu = time.perf_counter(), time.process_time()
    epoch()
    print(1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - cpu), flush=True)
