'''Reviews are read by one LSTM, by one from each end, and by one after a convolution.'''
from __future__ import print_function
import numpy as np
np.random.seed(1337)

from keras.preprocessing import sequence
from keras.models import Sequential, Model
from keras.layers import Dense, Dropout, Activation, Embedding, LSTM, Input, merge
from keras.layers import Convolution1D, MaxPooling1D
from keras.datasets import imdb

max_features = 200
maxlen = 30
batch_size = 20

(X_train, y_train), (X_test, y_test) = imdb.load_data(nb_words=max_features)
X_train = sequence.pad_sequences(X_train, maxlen=maxlen)
X_test = sequence.pad_sequences(X_test, maxlen=maxlen)
assert X_train.shape == (200, maxlen) and X_train.max() < max_features

plain = Sequential()
plain.add(Embedding(max_features, 16, dropout=0.2))
plain.add(LSTM(12, dropout_W=0.1, dropout_U=0.1))
plain.add(Dense(1))
plain.add(Activation('sigmoid'))

seq = Input(shape=(maxlen,), dtype='int32')
embedded = Embedding(max_features, 16, input_length=maxlen)(seq)
forwards = LSTM(8)(embedded)
backwards = LSTM(8, go_backwards=True)(embedded)
merged = merge([forwards, backwards], mode='concat', concat_axis=-1)
after_dp = Dropout(0.2)(merged)
output = Dense(1, activation='sigmoid')(after_dp)
bidirectional = Model(input=seq, output=output)
assert merged._keras_shape == (None, 16)

convolved = Sequential()
convolved.add(Embedding(max_features, 16, input_length=maxlen))
convolved.add(Dropout(0.1))
convolved.add(Convolution1D(nb_filter=12,
                            filter_length=3,
                            border_mode='valid',
                            activation='relu',
                            subsample_length=1))
convolved.add(MaxPooling1D(pool_length=2))
convolved.add(LSTM(8))
convolved.add(Dense(1))
convolved.add(Activation('sigmoid'))
assert convolved.layers[3].output_shape == (None, 14, 12)

for model in (plain, bidirectional, convolved):
    model.compile('adam', 'binary_crossentropy', metrics=['accuracy'])
    model.optimizer.lr.set_value(0.01)
    history = model.fit(X_train, y_train, batch_size=batch_size, nb_epoch=5, verbose=0,
                        validation_data=[X_test, y_test])
    score, acc = model.evaluate(X_test, y_test, batch_size=batch_size, verbose=0)
    print('Test score:', score)
    print('Test accuracy:', acc)
    assert acc > 0.75, (model.name, history.history)
print('ok')
