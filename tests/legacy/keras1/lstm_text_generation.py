'''A net writes on, letter by letter.'''
from __future__ import print_function
from keras.models import Sequential
from keras.layers import Dense, Activation
from keras.layers import LSTM
from keras.optimizers import RMSprop
import numpy as np
import random
import sys

text = 'the quick brown fox jumps over the lazy dog. ' * 12
chars = sorted(list(set(text)))
char_indices = dict((c, i) for i, c in enumerate(chars))
indices_char = dict((i, c) for i, c in enumerate(chars))

maxlen = 12
step = 2
sentences, next_chars = [], []
for i in range(0, len(text) - maxlen, step):
    sentences.append(text[i: i + maxlen])
    next_chars.append(text[i + maxlen])
X = np.zeros((len(sentences), maxlen, len(chars)), dtype=bool)
y = np.zeros((len(sentences), len(chars)), dtype=bool)
for i, sentence in enumerate(sentences):
    for t, char in enumerate(sentence):
        X[i, t, char_indices[char]] = 1
    y[i, char_indices[next_chars[i]]] = 1

model = Sequential()
model.add(LSTM(32, input_shape=(maxlen, len(chars))))
model.add(Dense(len(chars)))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer=RMSprop(lr=0.02))


def sample(preds, temperature=1.0):
    preds = np.asarray(preds).astype('float64')
    exp_preds = np.exp(np.log(preds + 1e-12) / temperature)
    return np.argmax(np.random.multinomial(1, exp_preds / np.sum(exp_preds) * (1 - 1e-9), 1))


losses = []
for iteration in range(1, 9):
    history = model.fit(X, y, batch_size=32, nb_epoch=1, verbose=0)
    losses += history.history['loss']

start_index = random.randint(0, len(text) - maxlen - 60)
generated = sentence = text[start_index: start_index + maxlen]
for i in range(40):
    x = np.zeros((1, maxlen, len(chars)))
    for t, char in enumerate(sentence):
        x[0, t, char_indices[char]] = 1.
    next_char = indices_char[sample(model.predict(x, verbose=0)[0], 0.2)]
    generated += next_char
    sentence = sentence[1:] + next_char
    sys.stdout.write(next_char)
print()
assert losses[-1] < 0.5 < losses[0], losses
assert 'fox' in generated or 'lazy' in generated or 'over' in generated, generated
print('ok')
