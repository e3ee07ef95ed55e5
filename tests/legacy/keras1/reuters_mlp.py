'''News as counts of words, made into matrices by a Tokenizer.'''
from __future__ import print_function
import numpy as np
np.random.seed(1337)

from keras.datasets import reuters
from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation
from keras.layers.normalization import BatchNormalization
from keras.utils import np_utils
from keras.preprocessing.text import Tokenizer

max_words = 300
batch_size = 32
nb_epoch = 4

(X_train, y_train), (X_test, y_test) = reuters.load_data(nb_words=max_words, test_split=0.2)
print(len(X_train), 'train sequences')
nb_classes = np.max(y_train) + 1
assert nb_classes == 8 and len(X_train) == 320 and len(X_test) == 80

tokenizer = Tokenizer(nb_words=max_words)
X_train = tokenizer.sequences_to_matrix(X_train, mode='binary')
X_test = tokenizer.sequences_to_matrix(X_test, mode='binary')
assert X_train.shape == (320, max_words) and set(np.unique(X_train)) == {0., 1.}
Y_train = np_utils.to_categorical(y_train, nb_classes)
Y_test = np_utils.to_categorical(y_test, nb_classes)

model = Sequential()
model.add(Dense(64, input_shape=(max_words,)))
model.add(BatchNormalization(epsilon=1e-6))
model.add(Activation('relu'))
model.add(Dropout(0.3))
model.add(Dense(nb_classes))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
history = model.fit(X_train, Y_train, nb_epoch=nb_epoch, batch_size=batch_size, verbose=1, validation_split=0.1)
score = model.evaluate(X_test, Y_test, batch_size=batch_size, verbose=1)
print('Test score:', score[0])
assert score[1] > 0.8, score
assert sorted(history.history.keys()) == sorted(history.history) and len(history.history['val_loss']) == nb_epoch

# scaled by how rare a word is
weights = Tokenizer(nb_words=3).sequences_to_matrix([[1, 1, 2]], mode='freq')
assert np.allclose(weights, [[0, 2 / 3., 1 / 3.]])
print('ok')
