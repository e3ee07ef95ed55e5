'''A net learns five digits; its first layers are then frozen, and the others learn the other five.'''
from __future__ import print_function
import datetime
import numpy as np
np.random.seed(1337)

from keras.datasets import mnist
from keras.models import Sequential
from keras.layers import Dense, Dropout, Activation, Flatten
from keras.layers import Convolution2D, MaxPooling2D
from keras.utils import np_utils
from keras import backend as K

now = datetime.datetime.now
nb_classes = 5
if K.image_dim_ordering() == 'th':
    input_shape = (1, 28, 28)
else:
    input_shape = (28, 28, 1)


def train_model(model, train, test, nb_classes):
    X_train = train[0].reshape((train[0].shape[0],) + input_shape).astype('float32') / 255
    X_test = test[0].reshape((test[0].shape[0],) + input_shape).astype('float32') / 255
    Y_train = np_utils.to_categorical(train[1], nb_classes)
    Y_test = np_utils.to_categorical(test[1], nb_classes)
    model.compile(loss='categorical_crossentropy', optimizer='adadelta', metrics=['accuracy'])
    t = now()
    model.fit(X_train, Y_train, batch_size=20, nb_epoch=5, verbose=0, validation_data=(X_test, Y_test))
    print('Training time: %s' % (now() - t))
    return model.evaluate(X_test, Y_test, verbose=0)


(X_train, y_train), (X_test, y_test) = mnist.load_data()
lt5, lt5_test = y_train < 5, y_test < 5

feature_layers = [
    Convolution2D(8, 3, 3, border_mode='valid', input_shape=input_shape),
    Activation('relu'),
    MaxPooling2D(pool_size=(2, 2)),
    Dropout(0.25),
    Flatten(),
]
classification_layers = [
    Dense(24),
    Activation('relu'),
    Dropout(0.25),
    Dense(nb_classes),
    Activation('softmax'),
]
model = Sequential()
for l in feature_layers + classification_layers:
    model.add(l)

score = train_model(model, (X_train[lt5], y_train[lt5]), (X_test[lt5_test], y_test[lt5_test]), nb_classes)
assert score[1] > 0.8, score
for l in feature_layers:
    l.trainable = False
before = [w.copy() for w in model.get_weights()]
score = train_model(model, (X_train[~lt5], y_train[~lt5] - 5), (X_test[~lt5_test], y_test[~lt5_test] - 5), nb_classes)
after = model.get_weights()
assert score[1] > 0.8, score
assert len(before) == 6 and len(model.trainable_weights) == 4 and len(model.non_trainable_weights) == 2
assert (before[0] == after[0]).all() and (before[1] == after[1]).all()
assert abs(before[2] - after[2]).max() > 1e-3 and abs(before[4] - after[4]).max() > 1e-3
print('ok')
