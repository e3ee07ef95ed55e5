'''A small convolutional net on digits, in the order of axes that the backend has.'''
from __future__ import print_function
import numpy as np
np.random.seed(1337)

from keras.datasets import mnist
from keras.models import Sequential
from keras.layers import Dense, Dropout, Activation, Flatten
from keras.layers import Convolution2D, MaxPooling2D
from keras.utils import np_utils
from keras import backend as K

nb_filters = 8
pool_size = (2, 2)
kernel_size = (3, 3)
img_rows, img_cols = 28, 28


def run(dim_ordering):
    K.set_image_dim_ordering(dim_ordering)
    (X_train, y_train), (X_test, y_test) = mnist.load_data()
    if K.image_dim_ordering() == 'th':
        X_train = X_train.reshape(X_train.shape[0], 1, img_rows, img_cols)
        X_test = X_test.reshape(X_test.shape[0], 1, img_rows, img_cols)
        input_shape = (1, img_rows, img_cols)
    else:
        X_train = X_train.reshape(X_train.shape[0], img_rows, img_cols, 1)
        X_test = X_test.reshape(X_test.shape[0], img_rows, img_cols, 1)
        input_shape = (img_rows, img_cols, 1)
    X_train = X_train.astype('float32') / 255
    X_test = X_test.astype('float32') / 255
    Y_train = np_utils.to_categorical(y_train, 10)
    Y_test = np_utils.to_categorical(y_test, 10)

    model = Sequential()
    model.add(Convolution2D(nb_filters, kernel_size[0], kernel_size[1], border_mode='valid',
                            input_shape=input_shape))
    model.add(Activation('relu'))
    model.add(Convolution2D(nb_filters, kernel_size[0], kernel_size[1], subsample=(2, 2)))
    model.add(Activation('relu'))
    model.add(MaxPooling2D(pool_size=pool_size))
    model.add(Dropout(0.25))
    model.add(Flatten())
    model.add(Dense(32))
    model.add(Activation('relu'))
    model.add(Dropout(0.5))
    model.add(Dense(10))
    model.add(Activation('softmax'))
    # the rates of Adadelta's own time
    model.compile(loss='categorical_crossentropy', optimizer='adadelta', metrics=['accuracy'])
    model.fit(X_train, Y_train, batch_size=25, nb_epoch=5, verbose=2, validation_data=(X_test, Y_test))
    return model, model.evaluate(X_test, Y_test, verbose=0)


model, score = run('tf')
assert model.layers[0].output_shape == (None, 26, 26, nb_filters)
assert model.layers[2].output_shape == (None, 12, 12, nb_filters)
assert model.layers[0].get_weights()[0].shape == (3, 3, 1, nb_filters)
assert score[1] > 0.8, score
model, other = run('th')
assert model.layers[0].output_shape == (None, nb_filters, 26, 26)
assert other[1] > 0.8, other
print('ok')
