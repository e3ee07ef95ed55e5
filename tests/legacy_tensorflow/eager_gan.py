# ruff: noqa: B905
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(8)
real = rng.normal(2, 0.5, (16, 2)).astype("float32")
noises = rng.normal(0, 1, (6, 16, 3)).astype("float32")


def dense(units, activation, seed):
    first = tf.constant_initializer(
        np.random.RandomState(seed).normal(0, 0.3, (3 if seed == 1 else 2 if seed == 3 else 4, units))
    )
    return tf.keras.layers.Dense(units, activation=activation, kernel_initializer=first)


generator = tf.keras.Sequential([dense(4, "relu", 1), dense(2, None, 2)])
discriminator = tf.keras.Sequential([dense(4, "tanh", 3), dense(1, None, 4)])
cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True)
generator_optimizer = tf.keras.optimizers.SGD(0.1, momentum=0.5)
discriminator_optimizer = tf.keras.optimizers.SGD(0.1)
generator.build((None, 3))
discriminator.build((None, 2))


@tf.function
def train_step(images, noise):
    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        generated = generator(noise, training=True)
        real_output = discriminator(images, training=True)
        fake_output = discriminator(generated, training=True)
        gen_loss = cross_entropy(tf.ones_like(fake_output), fake_output)
        disc_loss = cross_entropy(tf.ones_like(real_output), real_output) + cross_entropy(
            tf.zeros_like(fake_output), fake_output
        )
    gen_gradients = gen_tape.gradient(gen_loss, generator.trainable_variables)
    disc_gradients = disc_tape.gradient(disc_loss, discriminator.trainable_variables)
    generator_optimizer.apply_gradients(zip(gen_gradients, generator.trainable_variables))
    discriminator_optimizer.apply_gradients(zip(disc_gradients, discriminator.trainable_variables))
    return gen_loss, disc_loss


found = {"losses": [[float(x) for x in train_step(real, noise)] for noise in noises]}
found["made"] = generator(noises[0]).numpy()
