"""A variational autoencoder whose loss is added to the model as a tensor, and one with a layer that adds it."""
from keras.layers import Lambda, Input, Dense, Layer
from keras.models import Model
from keras.datasets import mnist
from keras.losses import mse, binary_crossentropy
from keras import backend as K
from keras import metrics
import numpy as np


def sampling(args):
    z_mean, z_log_var = args
    batch = K.shape(z_mean)[0]
    dim = K.int_shape(z_mean)[1]
    epsilon = K.random_normal(shape=(batch, dim))
    return z_mean + K.exp(0.5 * z_log_var) * epsilon


(x_train, y_train), (x_test, y_test) = mnist.load_data()
original_dim = 28 * 28
x_train = np.reshape(x_train, [-1, original_dim]).astype('float32') / 255
x_test = np.reshape(x_test, [-1, original_dim]).astype('float32') / 255
intermediate_dim, batch_size, latent_dim, epochs = 32, 40, 2, 5

# the loss as a tensor
inputs = Input(shape=(original_dim, ), name='encoder_input')
x = Dense(intermediate_dim, activation='relu')(inputs)
z_mean = Dense(latent_dim, name='z_mean')(x)
z_log_var = Dense(latent_dim, name='z_log_var')(x)
z = Lambda(sampling, output_shape=(latent_dim,), name='z')([z_mean, z_log_var])
encoder = Model(inputs, [z_mean, z_log_var, z], name='encoder')
latent_inputs = Input(shape=(latent_dim,), name='z_sampling')
x = Dense(intermediate_dim, activation='relu')(latent_inputs)
outputs = Dense(original_dim, activation='sigmoid')(x)
decoder = Model(latent_inputs, outputs, name='decoder')
outputs = decoder(encoder(inputs)[2])
vae = Model(inputs, outputs, name='vae_mlp')
reconstruction_loss = binary_crossentropy(inputs, outputs)
reconstruction_loss *= original_dim
kl_loss = 1 + z_log_var - K.square(z_mean) - K.exp(z_log_var)
kl_loss = K.sum(kl_loss, axis=-1)
kl_loss *= -0.5
vae_loss = K.mean(reconstruction_loss + kl_loss)
vae.add_loss(vae_loss)
vae.compile(optimizer='adam')
vae.summary()
K.set_value(vae.optimizer.lr, 0.005)
history = vae.fit(x_train, epochs=epochs, batch_size=batch_size, validation_data=(x_test, None), verbose=0)
losses = history.history['loss']
assert 100 < losses[-1] < losses[0] - 20 and len(history.history['val_loss']) == epochs, history.history
vae.save_weights('vae_mlp_mnist.h5')
z_mean_value, _, _ = encoder.predict(x_test, batch_size=batch_size)
assert z_mean_value.shape == (100, 2)
# what was added is what it says: both parts from their formulas
evaluated = vae.evaluate(x_test, batch_size=100, verbose=0)
mean_, log_var_, z_ = encoder.predict(x_test, batch_size=100)
decoded = np.clip(decoder.predict(z_), 1e-7, 1 - 1e-7)
cross = -(x_test * np.log(decoded) + (1 - x_test) * np.log(1 - decoded)).sum(axis=1)
divergence = -0.5 * (1 + log_var_ - mean_ ** 2 - np.exp(log_var_)).sum(axis=1)
assert abs(np.mean(cross + divergence) - evaluated) < 0.05 * evaluated, (np.mean(cross + divergence), evaluated)


class CustomVariationalLayer(Layer):
    """Adds the loss and hands the picture on."""

    def __init__(self, **kwargs):
        self.is_placeholder = True
        super(CustomVariationalLayer, self).__init__(**kwargs)

    def vae_loss(self, x, x_decoded_mean, z_mean, z_log_var):
        xent_loss = original_dim * metrics.binary_crossentropy(x, x_decoded_mean)
        kl_loss = - 0.5 * K.sum(1 + z_log_var - K.square(z_mean) - K.exp(z_log_var), axis=-1)
        return K.mean(xent_loss + kl_loss)

    def call(self, inputs):
        loss = self.vae_loss(*inputs)
        self.add_loss(loss, inputs=inputs)
        return inputs[0]


x = Input(shape=(original_dim,))
h = Dense(intermediate_dim, activation='relu')(x)
z_mean = Dense(latent_dim)(h)
z_log_var = Dense(latent_dim)(h)
z = Lambda(sampling, output_shape=(latent_dim,))([z_mean, z_log_var])
x_decoded_mean = Dense(original_dim, activation='sigmoid')(Dense(intermediate_dim, activation='relu')(z))
y = CustomVariationalLayer()([x, x_decoded_mean, z_mean, z_log_var])
vae = Model(x, y)
vae.compile(optimizer='rmsprop', loss=None)
K.set_value(vae.optimizer.lr, 0.003)
history = vae.fit(x_train, shuffle=True, epochs=epochs, batch_size=batch_size, validation_data=(x_test, None), verbose=0)
assert 100 < history.history['loss'][-1] < history.history['loss'][0] - 20, history.history
print('ok')
