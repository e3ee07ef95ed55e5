'''Reviews under one convolution and a maximum over time, written as a Lambda layer.'''
from __future__ import print_function
from keras.preprocessing import sequence
from keras.models import Sequential
from keras.layers import Dense, Dropout, Activation, Lambda
from keras.layers import Embedding
from keras.layers import Convolution1D
from keras.datasets import imdb
from keras import backend as K

max_features = 200
maxlen = 30
nb_filter = 16
filter_length = 3

(X_train, y_train), (X_test, y_test) = imdb.load_data(nb_words=max_features)
X_train = sequence.pad_sequences(X_train, maxlen=maxlen)
X_test = sequence.pad_sequences(X_test, maxlen=maxlen)


def max_1d(X):
    return K.max(X, axis=1)


model = Sequential()
model.add(Embedding(max_features, 16, input_length=maxlen, dropout=0.1))
model.add(Convolution1D(nb_filter=nb_filter, filter_length=filter_length, border_mode='valid',
                        activation='relu', subsample_length=1))
model.add(Lambda(max_1d, output_shape=(nb_filter,)))
model.add(Dense(16))
model.add(Dropout(0.2))
model.add(Activation('relu'))
model.add(Dense(1))
model.add(Activation('sigmoid'))
assert model.layers[1].output_shape == (None, maxlen - 2, nb_filter)
assert model.layers[2].output_shape == (None, nb_filter)

model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
history = model.fit(X_train, y_train, batch_size=10, nb_epoch=6, validation_data=(X_test, y_test), verbose=0)
assert history.history['val_acc'][-1] > 0.85, history.history

# the convolution as it was computed
embed, conv = model.layers[0].get_weights()[0], model.layers[1].get_weights()
conv_out = K.function([model.layers[0].input, K.learning_phase()], [model.layers[1].output])([X_test[:3], 0])[0]
x = embed[X_test[:3]]
kernel = conv[0].reshape(filter_length, 16, nb_filter)
expected = sum(x[:, i:maxlen - 2 + i] @ kernel[i] for i in range(3)) + conv[1]
assert abs(conv_out - expected.clip(min=0)).max() < 1e-4
print('ok')
