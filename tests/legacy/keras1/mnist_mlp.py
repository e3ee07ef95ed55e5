'''A net of dense layers on digits.'''
from __future__ import print_function
import numpy as np
np.random.seed(1337)

from keras.datasets import mnist
from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation
from keras.optimizers import RMSprop
from keras.utils import np_utils

batch_size = 32
nb_classes = 10
nb_epoch = 4

(X_train, y_train), (X_test, y_test) = mnist.load_data()
X_train = X_train.reshape(len(X_train), 784).astype('float32') / 255
X_test = X_test.reshape(len(X_test), 784).astype('float32') / 255
print(X_train.shape[0], 'train samples')

Y_train = np_utils.to_categorical(y_train, nb_classes)
Y_test = np_utils.to_categorical(y_test, nb_classes)

model = Sequential()
model.add(Dense(64, input_shape=(784,), init='glorot_uniform'))
model.add(Activation('relu'))
model.add(Dropout(0.2))
model.add(Dense(output_dim=64, W_regularizer=None))
model.add(Activation('relu'))
model.add(Dropout(p=0.2))
model.add(Dense(10))
model.add(Activation('softmax'))
model.summary()

model.compile(loss='categorical_crossentropy', optimizer=RMSprop(lr=0.001), metrics=['accuracy'])
history = model.fit(X_train, Y_train, batch_size=batch_size, nb_epoch=nb_epoch, verbose=1,
                    validation_data=(X_test, Y_test))
score = model.evaluate(X_test, Y_test, verbose=0)
print('Test score:', score[0])
print('Test accuracy:', score[1])

assert model.count_params() == 784 * 64 + 64 + 64 * 64 + 64 + 64 * 10 + 10
assert len(history.epoch) == nb_epoch
assert len(history.history['acc']) == len(history.history['val_acc']) == nb_epoch
assert history.history['val_acc'][-1] == score[1] or abs(history.history['val_acc'][-1] - score[1]) < 1e-6
assert score[1] > 0.9, score
classes = model.predict_classes(X_test, verbose=0)
assert classes.shape == (100,) and np.mean(classes == y_test) > 0.9
assert np.allclose(model.predict_proba(X_test, verbose=0).sum(axis=1), 1, atol=1e-5)
print('ok')
