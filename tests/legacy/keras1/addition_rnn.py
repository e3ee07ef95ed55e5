'''Sums of numbers as sequences of letters: an encoder, RepeatVector, a decoder, TimeDistributedDense.'''
from __future__ import print_function
from keras.models import Sequential
from keras.engine.training import slice_X
from keras.layers import Activation, TimeDistributed, Dense, RepeatVector, recurrent
from keras.layers.core import TimeDistributedDense
import numpy as np


class CharacterTable(object):
    def __init__(self, chars, maxlen):
        self.chars = sorted(set(chars))
        self.char_indices = dict((c, i) for i, c in enumerate(self.chars))
        self.indices_char = dict((i, c) for i, c in enumerate(self.chars))
        self.maxlen = maxlen

    def encode(self, C, maxlen=None):
        X = np.zeros((maxlen or self.maxlen, len(self.chars)))
        for i, c in enumerate(C):
            X[i, self.char_indices[c]] = 1
        return X

    def decode(self, X, calc_argmax=True):
        if calc_argmax:
            X = X.argmax(axis=-1)
        return ''.join(self.indices_char[x] for x in X)


MAXLEN = 3
RNN = recurrent.GRU
HIDDEN_SIZE = 32
chars = '0123456789+ '
ctable = CharacterTable(chars, MAXLEN)
X = np.zeros((100, MAXLEN, len(chars)), dtype=bool)
y = np.zeros((100, 2, len(chars)), dtype=bool)
for i in range(100):
    X[i] = ctable.encode('%d+%d' % (i // 10, i % 10))
    y[i] = ctable.encode('%2d' % (i // 10 + i % 10), maxlen=2)
(X_train, X_val) = (slice_X(X, 0, 90), slice_X(X, 90))
(y_train, y_val) = (y[:90], y[90:])
assert X_train.shape == (90, 3, 12) and len(X_val) == 10
assert [part.shape for part in slice_X([X, y], 0, 4)] == [(4, 3, 12), (4, 2, 12)]


def net(last):
    model = Sequential()
    model.add(RNN(HIDDEN_SIZE, input_shape=(MAXLEN, len(chars))))
    model.add(RepeatVector(2))
    model.add(RNN(HIDDEN_SIZE, return_sequences=True))
    model.add(last)
    model.add(Activation('softmax'))
    model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
    return model


model = net(TimeDistributed(Dense(len(chars))))
other = net(TimeDistributedDense(len(chars)))
assert other.output_shape == model.output_shape == (None, 2, 12)
other.set_weights(model.get_weights())
assert np.allclose(model.predict(X_val), other.predict(X_val), atol=1e-6)
model.optimizer.lr.set_value(0.01)
for iteration in range(3):
    history = model.fit(X_train, y_train, batch_size=10, nb_epoch=5, verbose=0, validation_data=(X_val, y_val))
preds = model.predict_classes(X_train[:5], verbose=0)
for i in range(3):
    print('Q', ctable.decode(X_train[i]), 'T', ctable.decode(y_train[i]), 'A', ctable.decode(preds[i], calc_argmax=False))
assert preds.shape == (5, 2)
assert history.history['loss'][-1] < 1.0 and history.history['acc'][-1] > 0.6, history.history
print('ok')
