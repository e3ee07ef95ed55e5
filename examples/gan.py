"""Two networks against each other: one draws digits, the other tells drawn ones from real ones.

The data are the 1,797 images of 8 x 8 pixels that come with scikit-learn. The law of training is a `train_step` with
two optimizers, compiled like any other; `--eager` runs it line by line, for prints and breakpoints. At the end a third
network, which has learned to read digits, says how many of the drawn ones it can read.
"""

import sys

import numpy as np
from sklearn.datasets import load_digits

import tsuno
from tsuno import layers, losses, ops

tsuno.utils.set_random_seed(1)
eager = "--eager" in sys.argv
images, labels = load_digits(return_X_y=True)
images = images.astype("float32") / 16.0
NOISE, CLASSES = 16, 10


class Gan(tsuno.Model):
    """Draws images of given classes; judged by a discriminator that sees the class too."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = tsuno.Sequential(
            [
                tsuno.Input((NOISE + CLASSES,)),
                layers.Dense(128, activation="leaky_relu"),
                layers.BatchNormalization(),
                layers.Dense(64, activation="sigmoid"),
            ]
        )
        self.discriminator = tsuno.Sequential(
            [
                tsuno.Input((64 + CLASSES,)),
                layers.Dense(128, activation="leaky_relu"),
                layers.Dropout(0.4),
                layers.Dense(1),
            ]
        )
        self.seeds = tsuno.random.SeedGenerator(1)
        self.loss = losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1)
        self.d_tracker, self.g_tracker = tsuno.metrics.Mean(name="d_loss"), tsuno.metrics.Mean(name="g_loss")

    def compile(self, d_optimizer, g_optimizer, **kwargs):
        super().compile(**kwargs)
        self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer

    @property
    def metrics(self):
        return [self.d_tracker, self.g_tracker]

    def draw(self, classes, training=False):
        noise = tsuno.random.normal((len(classes), NOISE), seed=self.seeds)
        return self.generator(ops.concatenate([noise, classes], axis=-1), training=training)

    def judge(self, images, classes):
        return self.discriminator(ops.concatenate([images, classes], axis=-1), training=True)

    def train_step(self, data):
        real, classes = data
        ones, zeros = ops.ones((len(real), 1)), ops.zeros((len(real), 1))
        drawn = self.draw(classes, training=True)

        def d_loss():
            return self.loss(ones, self.judge(real, classes)) + self.loss(zeros, self.judge(drawn, classes))

        def g_loss():
            return self.loss(ones, self.judge(self.draw(classes, training=True), classes))

        d_value, grads = tsuno.value_and_grad(d_loss, self.discriminator)()
        self.d_optimizer.apply(grads, self.discriminator.trainable_weights)
        g_value, grads = tsuno.value_and_grad(g_loss, self.generator)()
        self.g_optimizer.apply(grads, self.generator.trainable_weights)
        self.d_tracker.update_state(d_value)
        self.g_tracker.update_state(g_value)
        return {metric.name: metric.result() for metric in self.metrics}


gan = Gan()
gan.compile(tsuno.optimizers.Adam(1e-3, beta_1=0.5), tsuno.optimizers.Adam(1e-3, beta_1=0.5), run_eagerly=eager)
one_hot = tsuno.utils.to_categorical(labels, CLASSES)
gan.fit(images, one_hot, batch_size=64, epochs=1 if eager else 200, verbose=2 if eager else 0)

reader = tsuno.Sequential(
    [tsuno.Input((64,)), layers.Dense(64, activation="relu"), layers.Dense(CLASSES, activation="softmax")]
)
reader.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
reader.fit(images, labels, epochs=30, verbose=0)
wanted = np.arange(500) % CLASSES
drawn = np.asarray(gan.draw(tsuno.utils.to_categorical(wanted, CLASSES)))
read = reader.predict(drawn, verbose=0).argmax(-1)
print(f"Of 500 drawn digits {np.mean(read == wanted):.0%} are read as what they were meant to be.")
for row in np.concatenate(drawn[:CLASSES].reshape(CLASSES, 8, 8), axis=1):
    print("".join(" .:-=+*#%@"[int(value * 9.99)] for value in row))
