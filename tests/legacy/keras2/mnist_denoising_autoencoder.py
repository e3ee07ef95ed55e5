"""An autoencoder that takes noise away, with shapes read by K.int_shape and a decoder as a model of its own."""
from __future__ import absolute_import
import numpy as np
from PIL import Image
import matplotlib.pyplot as plt
import keras
from keras.layers import Activation, Dense, Input
from keras.layers import Conv2D, Flatten
from keras.layers import Reshape, Conv2DTranspose
from keras.models import Model
from keras import backend as K
from keras.datasets import mnist

np.random.seed(1337)
(x_train, _), (x_test, _) = mnist.load_data()
image_size = x_train.shape[1]
x_train = np.reshape(x_train, [-1, image_size, image_size, 1]).astype('float32') / 255
x_test = np.reshape(x_test, [-1, image_size, image_size, 1]).astype('float32') / 255
x_train_noisy = np.clip(x_train + np.random.normal(loc=0.5, scale=0.5, size=x_train.shape), 0., 1.)
x_test_noisy = np.clip(x_test + np.random.normal(loc=0.5, scale=0.5, size=x_test.shape), 0., 1.)
input_shape = (image_size, image_size, 1)
batch_size, kernel_size, latent_dim, layer_filters = 20, 3, 8, [4, 8]

inputs = Input(shape=input_shape, name='encoder_input')
x = inputs
for filters in layer_filters:
    x = Conv2D(filters=filters, kernel_size=kernel_size, strides=2, activation='relu', padding='same')(x)
shape = K.int_shape(x)
assert shape == (None, 7, 7, 8)
x = Flatten()(x)
latent = Dense(latent_dim, name='latent_vector')(x)
encoder = Model(inputs, latent, name='encoder')
latent_inputs = Input(shape=(latent_dim,), name='decoder_input')
x = Dense(shape[1] * shape[2] * shape[3])(latent_inputs)
x = Reshape((shape[1], shape[2], shape[3]))(x)
for filters in layer_filters[::-1]:
    x = Conv2DTranspose(filters=filters, kernel_size=kernel_size, strides=2, activation='relu', padding='same')(x)
x = Conv2DTranspose(filters=1, kernel_size=kernel_size, padding='same')(x)
outputs = Activation('sigmoid', name='decoder_output')(x)
decoder = Model(latent_inputs, outputs, name='decoder')
autoencoder = Model(inputs, decoder(encoder(inputs)), name='autoencoder')
autoencoder.summary()
autoencoder.compile(loss='mse', optimizer='adam')
K.set_value(autoencoder.optimizer.lr, 0.01)
history = autoencoder.fit(x_train_noisy, x_train, validation_data=(x_test_noisy, x_test), epochs=3,
                          batch_size=batch_size, verbose=0)
x_decoded = autoencoder.predict(x_test_noisy)
assert x_decoded.shape == (100, 28, 28, 1)
assert np.mean((x_decoded - x_test) ** 2) < 0.5 * np.mean((x_test_noisy - x_test) ** 2), history.history
assert np.allclose(decoder.predict(encoder.predict(x_test_noisy)), x_decoded, atol=1e-5)
imgs = np.concatenate([x_test[:4], x_test_noisy[:4], x_decoded[:4]]).reshape((3, 4, image_size, image_size))
imgs = np.vstack([np.hstack(i) for i in imgs])
Image.fromarray((imgs * 255).astype(np.uint8)).save('corrupted_and_denoised.png')
plt.figure()
plt.imshow(imgs, interpolation='none', cmap='gray')
plt.savefig('plot.png')
print('ok')
