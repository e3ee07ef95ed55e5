"""A variational autoencoder: digits as points in a space of eight dimensions, and new digits from new points.

The data are the 1,797 images of 8 x 8 pixels that come with scikit-learn. The loss is written in `train_step`: how far
the image that comes out is from the one that went in, and how far the points are from a normal distribution. `--eager`
runs the same code line by line.

Source: D. P. Kingma and M. Welling, *Auto-Encoding Variational Bayes*, 2014.
"""

import sys

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

import tsuno
from tsuno import layers, ops

tsuno.utils.set_random_seed(1)
eager = "--eager" in sys.argv
images = load_digits().data.astype("float32") / 16.0
train, test = images[:1500], images[1500:]
LATENT = 8


class Vae(tsuno.Model):
    """Encodes an image as a normal distribution, and decodes a draw from it."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = tsuno.Sequential([layers.Dense(128, activation="relu"), layers.Dense(2 * LATENT)])
        self.decoder = tsuno.Sequential([layers.Dense(128, activation="relu"), layers.Dense(64, activation="sigmoid")])
        self.seeds = tsuno.random.SeedGenerator(1)
        self.trackers = [tsuno.metrics.Mean(name=name) for name in ("loss", "reconstruction", "divergence")]

    @property
    def metrics(self):
        return self.trackers

    def call(self, x, training=False):
        mean, log_variance = ops.split(self.encoder(x), 2, axis=-1)
        noise = tsuno.random.normal(ops.shape(mean), seed=self.seeds) if training else 0.0
        return self.decoder(mean + ops.exp(0.5 * log_variance) * noise), mean, log_variance

    def losses_of(self, x, training):
        y, mean, log_variance = self(x, training=training)
        reconstruction = ops.mean(ops.sum(tsuno.losses.binary_crossentropy(x[..., None], y[..., None]), axis=-1))
        divergence = -0.5 * ops.mean(ops.sum(1 + log_variance - mean**2 - ops.exp(log_variance), axis=-1))
        return reconstruction + divergence, (reconstruction, divergence)

    def track(self, *values):
        for tracker, value in zip(self.trackers, values, strict=True):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.trackers}

    def train_step(self, x):
        (loss, parts), grads = tsuno.value_and_grad(self.losses_of, self, has_aux=True)(x, True)
        self.optimizer.apply(grads, self.trainable_variables)
        return self.track(loss, *parts)

    def test_step(self, x):
        loss, parts = self.losses_of(x, False)
        return self.track(loss, *parts)


vae = Vae()
vae.compile(tsuno.optimizers.Adam(2e-3), run_eagerly=eager)
before = vae.evaluate(test, verbose=0, return_dict=True)
vae.fit(train, batch_size=64, epochs=2 if eager else 150, verbose=2 if eager else 0)
after = vae.evaluate(test, verbose=0, return_dict=True)
print("Test loss: {:.2f} before training, {:.2f} after.".format(before["loss"], after["loss"]))

error = np.mean((vae.predict(test, verbose=0)[0] - test) ** 2)
pca = PCA(LATENT).fit(train)
print(f"Mean squared error of unseen digits from 8 numbers: {error:.4f}; with principal components "
      f"{np.mean((pca.inverse_transform(pca.transform(test)) - test) ** 2):.4f}.")  # fmt: skip
new = np.asarray(vae.decoder(np.random.default_rng(0).normal(size=(8, LATENT))))
for row in np.concatenate(new.reshape(8, 8, 8), axis=1):
    print("".join(" .:-=+*#%@"[int(value * 9.99)] for value in row))
