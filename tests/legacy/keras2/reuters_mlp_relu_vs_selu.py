"""Two nets side by side, built by a function from a dict of arguments; their losses are drawn."""
from __future__ import print_function
import numpy as np
import matplotlib.pyplot as plt
import keras
from keras.datasets import reuters
from keras.models import Sequential
from keras.layers import Dense, Activation, Dropout
from keras.layers.noise import AlphaDropout
from keras.preprocessing.text import Tokenizer

max_words, batch_size, epochs = 300, 16, 6


def create_network(n_dense=4, dense_units=16, activation='selu', dropout=AlphaDropout, dropout_rate=0.1,
                   kernel_initializer='lecun_normal', optimizer='adam', num_classes=1, max_words=max_words):
    model = Sequential()
    model.add(Dense(dense_units, input_shape=(max_words,), kernel_initializer=kernel_initializer))
    model.add(Activation(activation))
    model.add(dropout(dropout_rate))
    for i in range(n_dense - 1):
        model.add(Dense(dense_units, kernel_initializer=kernel_initializer))
        model.add(Activation(activation))
        model.add(dropout(dropout_rate))
    model.add(Dense(num_classes))
    model.add(Activation('softmax'))
    model.compile(loss='categorical_crossentropy', optimizer=optimizer, metrics=['accuracy'])
    return model


network1 = {'n_dense': 3, 'dense_units': 32, 'activation': 'relu', 'dropout': Dropout, 'dropout_rate': 0.2,
            'kernel_initializer': 'glorot_uniform', 'optimizer': 'adam'}
network2 = {'n_dense': 3, 'dense_units': 32, 'activation': 'selu', 'dropout': AlphaDropout, 'dropout_rate': 0.1,
            'kernel_initializer': 'lecun_normal', 'optimizer': 'adam'}
(x_train, y_train), (x_test, y_test) = reuters.load_data(num_words=max_words, test_split=0.2)
num_classes = np.max(y_train) + 1
tokenizer = Tokenizer(num_words=max_words)
x_train = tokenizer.sequences_to_matrix(x_train, mode='binary')
x_test = tokenizer.sequences_to_matrix(x_test, mode='binary')
y_train = keras.utils.to_categorical(y_train, num_classes)
y_test = keras.utils.to_categorical(y_test, num_classes)

histories = []
for network in (network1, network2):
    model = create_network(num_classes=num_classes, **network)
    history = model.fit(x_train, y_train, batch_size=batch_size, epochs=epochs, verbose=0, validation_split=0.1)
    score = model.evaluate(x_test, y_test, batch_size=batch_size, verbose=0)
    assert score[1] > 0.5, score
    histories.append(history)
plt.plot(range(epochs), histories[0].history['val_loss'], 'g-', label='Network 1 Val Loss')
plt.plot(range(epochs), histories[1].history['val_loss'], 'r-', label='Network 2 Val Loss')
plt.legend()
plt.savefig('comparison_of_networks.png')
names = [layer.name for layer in model.layers]
assert len(names) == len(set(names)) == 11
print('ok')
