"""A generator and a discriminator that also names the digit; the discriminator is frozen within the combined model."""
from __future__ import print_function

from collections import defaultdict
import pickle

import numpy as np

from keras.datasets import mnist
from keras import layers
from keras.layers import Input, Dense, Reshape, Flatten, Embedding, Dropout
from keras.layers.advanced_activations import LeakyReLU
from keras.layers.convolutional import Conv2DTranspose, Conv2D
from keras.models import Sequential, Model
from keras.optimizers import Adam
from keras.utils.generic_utils import Progbar

np.random.seed(1337)
num_classes = 10
latent_size = 16


def build_generator(latent_size):
    cnn = Sequential()
    cnn.add(Dense(7 * 7 * 8, input_dim=latent_size, activation='relu'))
    cnn.add(Reshape((7, 7, 8)))
    cnn.add(Conv2DTranspose(1, 8, strides=4, padding='same', activation='tanh', kernel_initializer='glorot_normal'))
    latent = Input(shape=(latent_size, ))
    image_class = Input(shape=(1,), dtype='int32')
    cls = Flatten()(Embedding(num_classes, latent_size, embeddings_initializer='glorot_normal')(image_class))
    h = layers.multiply([latent, cls])
    return Model([latent, image_class], cnn(h))


def build_discriminator():
    cnn = Sequential()
    cnn.add(Conv2D(8, 5, padding='same', strides=4, input_shape=(28, 28, 1)))
    cnn.add(LeakyReLU(0.2))
    cnn.add(Dropout(0.3))
    cnn.add(Flatten())
    image = Input(shape=(28, 28, 1))
    features = cnn(image)
    fake = Dense(1, activation='sigmoid', name='generation')(features)
    aux = Dense(num_classes, activation='softmax', name='auxiliary')(features)
    return Model(image, [fake, aux])


batch_size, epochs = 40, 2
adam_lr, adam_beta_1 = 0.002, 0.5
discriminator = build_discriminator()
discriminator.compile(optimizer=Adam(lr=adam_lr, beta_1=adam_beta_1),
                      loss=['binary_crossentropy', 'sparse_categorical_crossentropy'])
discriminator.summary()
generator = build_generator(latent_size)
latent = Input(shape=(latent_size, ))
image_class = Input(shape=(1,), dtype='int32')
fake = generator([latent, image_class])
discriminator.trainable = False
fake, aux = discriminator(fake)
combined = Model([latent, image_class], [fake, aux])
combined.compile(optimizer=Adam(lr=adam_lr, beta_1=adam_beta_1),
                 loss=['binary_crossentropy', 'sparse_categorical_crossentropy'])

(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = np.expand_dims((x_train.astype(np.float32) - 127.5) / 127.5, axis=-1)
train_history = defaultdict(list)
d_start = [w.copy() for w in discriminator.get_weights()]
for epoch in range(1, epochs + 1):
    num_batches = int(np.ceil(x_train.shape[0] / float(batch_size)))
    progress_bar = Progbar(target=num_batches)
    for index in range(num_batches):
        image_batch = x_train[index * batch_size:(index + 1) * batch_size]
        label_batch = y_train[index * batch_size:(index + 1) * batch_size]
        noise = np.random.uniform(-1, 1, (len(image_batch), latent_size))
        sampled_labels = np.random.randint(0, num_classes, len(image_batch))
        generated_images = generator.predict([noise, sampled_labels.reshape((-1, 1))], verbose=0)
        x = np.concatenate((image_batch, generated_images))
        y = np.array([0.95] * len(image_batch) + [0] * len(image_batch))
        aux_y = np.concatenate((label_batch, sampled_labels), axis=0)
        disc_sample_weight = [np.ones(2 * len(image_batch)),
                              np.concatenate((np.ones(len(image_batch)) * 2, np.zeros(len(image_batch))))]
        train_history['discriminator'].append(discriminator.train_on_batch(
            x, [y, aux_y], sample_weight=disc_sample_weight))

        d_before, g_before = discriminator.get_weights(), generator.get_weights()
        noise = np.random.uniform(-1, 1, (2 * len(image_batch), latent_size))
        sampled_labels = np.random.randint(0, num_classes, 2 * len(image_batch))
        trick = np.ones(2 * len(image_batch)) * 0.95
        train_history['generator'].append(combined.train_on_batch(
            [noise, sampled_labels.reshape((-1, 1))], [trick, sampled_labels]))
        progress_bar.update(index + 1)
    # the combined model trains the generator alone, the discriminator's own steps the discriminator
    assert all((a == b).all() for a, b in zip(d_before, discriminator.get_weights()))
    assert all(abs(a - b).max() > 0 for a, b in zip(g_before, generator.get_weights()) if a.ndim > 1)
pickle.dump({'train': train_history}, open('acgan-history.pkl', 'wb'))
generator.save_weights('params_generator_epoch_{0:03d}.hdf5'.format(epoch), True)
discriminator.save_weights('params_discriminator_epoch_{0:03d}.hdf5'.format(epoch), True)

assert all(abs(a - b).max() > 1e-3 for a, b in zip(d_start, discriminator.get_weights())), 'the discriminator must train'
losses = np.array(train_history['discriminator'])
assert losses.shape == (20, 3) and losses[-3:, 0].mean() < 0.6 * losses[0, 0], losses[:, 0]
names = discriminator.metrics_names
assert names[0] == 'loss' and 'generation' in names[1] and 'auxiliary' in names[2], names
print('ok')
