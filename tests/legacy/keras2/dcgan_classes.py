"""A plain GAN as a class: compile the discriminator, freeze it, compile both; once trained before it is frozen."""
from __future__ import print_function, division

from keras.datasets import mnist
from keras.layers import Input, Dense, Reshape, Flatten, BatchNormalization
from keras.layers.advanced_activations import LeakyReLU
from keras.models import Sequential, Model
from keras.optimizers import Adam

import numpy as np


class GAN():
    def __init__(self):
        self.img_shape = (28, 28, 1)
        self.latent_dim = 10
        optimizer = Adam(0.0002, 0.5)
        self.discriminator = self.build_discriminator()
        self.discriminator.compile(loss='binary_crossentropy', optimizer=Adam(0.002, 0.5), metrics=['accuracy'])
        # some steps before it is frozen
        self.discriminator.train_on_batch(np.zeros((4,) + self.img_shape), np.ones((4, 1)))
        self.generator = self.build_generator()
        z = Input(shape=(self.latent_dim,))
        img = self.generator(z)
        self.discriminator.trainable = False
        validity = self.discriminator(img)
        self.combined = Model(z, validity)
        self.combined.compile(loss='binary_crossentropy', optimizer=optimizer)

    def build_generator(self):
        model = Sequential()
        model.add(Dense(16, input_dim=self.latent_dim))
        model.add(LeakyReLU(alpha=0.2))
        model.add(BatchNormalization(momentum=0.8))
        model.add(Dense(np.prod(self.img_shape), activation='tanh'))
        model.add(Reshape(self.img_shape))
        model.summary()
        noise = Input(shape=(self.latent_dim,))
        img = model(noise)
        return Model(noise, img)

    def build_discriminator(self):
        model = Sequential()
        model.add(Flatten(input_shape=self.img_shape))
        model.add(Dense(16))
        model.add(LeakyReLU(alpha=0.2))
        model.add(Dense(1, activation='sigmoid'))
        img = Input(shape=self.img_shape)
        validity = model(img)
        return Model(img, validity)

    def train(self, epochs, batch_size=20):
        (X_train, _), (_, _) = mnist.load_data()
        X_train = np.expand_dims(X_train / 127.5 - 1., axis=3)
        valid, fake = np.ones((batch_size, 1)), np.zeros((batch_size, 1))
        history = []
        for epoch in range(epochs):
            imgs = X_train[np.random.randint(0, X_train.shape[0], batch_size)]
            gen_imgs = self.generator.predict(np.random.normal(0, 1, (batch_size, self.latent_dim)), verbose=0)
            d_loss_real = self.discriminator.train_on_batch(imgs, valid)
            d_loss_fake = self.discriminator.train_on_batch(gen_imgs, fake)
            d_loss = 0.5 * np.add(d_loss_real, d_loss_fake)
            g_loss = self.combined.train_on_batch(np.random.normal(0, 1, (batch_size, self.latent_dim)), valid)
            print('%d [D loss: %f, acc.: %.2f%%] [G loss: %f]' % (epoch, d_loss[0], 100 * d_loss[1], g_loss))
            history.append((d_loss[0], d_loss[1], g_loss))
        return np.array(history)


gan = GAN()
before = gan.discriminator.get_weights()
moving = gan.generator.get_weights()
history = gan.train(epochs=15)
assert abs(gan.discriminator.get_weights()[0] - before[0]).max() > 1e-3
assert any(abs(a - b).max() > 1e-4 for a, b in zip(gan.generator.get_weights(), moving))
assert history[-1, 0] < 0.5 * history[0, 0] and history[-1, 1] > history[0, 1] + 0.3, history
frozen = gan.discriminator.get_weights()
gan.combined.train_on_batch(np.zeros((20, 10)), np.ones((20, 1)))
assert all((a == b).all() for a, b in zip(frozen, gan.discriminator.get_weights()))
print('ok')
