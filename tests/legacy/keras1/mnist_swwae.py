'''An autoencoder that puts values back where pooling took them from: K.gradients of a maximum, within the graph.'''
from __future__ import print_function
import numpy as np
np.random.seed(1337)

from keras.datasets import mnist
from keras.models import Model
from keras.layers import Activation
from keras.layers import UpSampling2D, Convolution2D, MaxPooling2D
from keras.layers import Input, BatchNormalization
import keras.backend as K
from keras import layers


def convresblock(x, nfeats=4, ksize=3, elu=True):
    y = BatchNormalization(mode=0, axis=-1)(x)
    y = Activation('elu' if elu else 'relu')(y)
    y = Convolution2D(nfeats, ksize, ksize, border_mode='same')(y)
    if x._keras_shape[-1] != nfeats:
        x = Convolution2D(nfeats, 1, 1, border_mode='same')(x)
    return layers.merge([x, y], mode='sum')


def getwhere(x):
    '''Ones where a pooled value came from.'''
    y_prepool, y_postpool = x
    return K.gradients(K.sum(y_postpool), y_prepool)


(X_train, _), (X_test, _) = mnist.load_data()
X_train = X_train[:200, :, :, np.newaxis].astype('float32') / 255
X_test = X_test[:40, :, :, np.newaxis].astype('float32') / 255

input_shape = (28, 28, 1)
nfeats = [1, 4, 6]
pool_sizes = [2, 2]
nlayers = 2

img_input = Input(shape=input_shape)
y = img_input
wheres = [None] * nlayers
for i in range(nlayers):
    y_prepool = convresblock(y, nfeats=nfeats[i + 1])
    y = MaxPooling2D(pool_size=(pool_sizes[i], pool_sizes[i]))(y_prepool)
    wheres[i] = layers.merge([y_prepool, y], mode=getwhere, output_shape=lambda x: x[0])
for i in range(nlayers):
    ind = nlayers - 1 - i
    y = UpSampling2D(size=(pool_sizes[ind], pool_sizes[ind]))(y)
    y = layers.merge([y, wheres[ind]], mode='mul')
    y = convresblock(y, nfeats=nfeats[ind])
y = Activation('hard_sigmoid')(y)

model = Model(img_input, y)
assert model.output_shape == (None, 28, 28, 1)
model.compile('adam', 'mse')
history = model.fit(X_train, X_train, validation_data=(X_test, X_test), batch_size=20, nb_epoch=4, verbose=2)
where = K.function([img_input, K.learning_phase()], [wheres[0]])([X_test, 0])[0]
blocks = where.reshape(40, 14, 2, 14, 2, 4).sum(axis=(2, 4))
assert where.shape == (40, 28, 28, 4) and np.allclose(blocks, 1), blocks.min()
assert history.history['loss'][-1] < 0.8 * history.history['loss'][0], history.history
print('ok')
