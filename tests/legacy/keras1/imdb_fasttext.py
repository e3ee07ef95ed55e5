'''The mean of the embeddings of words and of pairs of words.'''
from __future__ import print_function
import numpy as np
np.random.seed(1337)

from keras.preprocessing import sequence
from keras.models import Sequential
from keras.layers import Dense
from keras.layers import Embedding
from keras.layers import GlobalAveragePooling1D
from keras.datasets import imdb


def create_ngram_set(input_list, ngram_value=2):
    return set(zip(*[input_list[i:] for i in range(ngram_value)]))


def add_ngram(sequences, token_indice, ngram_range=2):
    new_sequences = []
    for input_list in sequences:
        new_list = input_list[:]
        for i in range(len(new_list) - ngram_range + 1):
            for ngram_value in range(2, ngram_range + 1):
                ngram = tuple(new_list[i:i + ngram_value])
                if ngram in token_indice:
                    new_list.append(token_indice[ngram])
        new_sequences.append(new_list)
    return new_sequences


max_features = 100
maxlen = 40
(X_train, y_train), (X_test, y_test) = imdb.load_data(nb_words=max_features)
ngram_set = set()
for input_list in X_train:
    ngram_set.update(create_ngram_set(input_list))
token_indice = {v: k + max_features for k, v in enumerate(sorted(ngram_set))}
max_features = max(token_indice.values()) + 1
X_train = sequence.pad_sequences(add_ngram(X_train, token_indice), maxlen=maxlen)
X_test = sequence.pad_sequences(add_ngram(X_test, token_indice), maxlen=maxlen)

model = Sequential()
model.add(Embedding(max_features, 10, input_length=maxlen))
model.add(GlobalAveragePooling1D())
model.add(Dense(1, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
model.optimizer.lr = 0.02
history = model.fit(X_train, y_train, batch_size=20, nb_epoch=5, validation_data=(X_test, y_test), verbose=2)
assert history.history['loss'][-1] < 0.4, history.history
assert history.history['acc'][-1] > 0.9 and history.history['val_acc'][-1] > 0.75, history.history
print('ok')
