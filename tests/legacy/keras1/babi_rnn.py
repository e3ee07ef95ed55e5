'''A story and a question are read by two nets, whose results are merged: the functional form, with masks.'''
from __future__ import print_function
from functools import reduce
import numpy as np
np.random.seed(1337)

from keras.layers.embeddings import Embedding
from keras.layers import Dense, Merge, Dropout, RepeatVector
from keras.layers import recurrent
from keras.models import Sequential
from keras.preprocessing.sequence import pad_sequences

RNN = recurrent.LSTM
EMBED_HIDDEN_SIZE = 12
vocab_size = 12
X, Xq, Y = [], [], []
for i in range(240):
    story = list(np.random.randint(1, 10, np.random.randint(3, 8)))
    ask = np.random.randint(10, 12)
    X.append(story)
    Xq.append([ask])
    Y.append(np.eye(vocab_size)[story[-1] if ask == 10 else 0])
story_maxlen, query_maxlen = max(map(len, X)), 2
X, Xq, Y = pad_sequences(X, maxlen=story_maxlen), pad_sequences(Xq, maxlen=query_maxlen), np.array(Y)
assert X.shape == (240, story_maxlen) and Xq.shape == (240, 2)

sentrnn = Sequential()
sentrnn.add(Embedding(vocab_size, EMBED_HIDDEN_SIZE, input_length=story_maxlen, mask_zero=True))
sentrnn.add(Dropout(0.1))
qrnn = Sequential()
qrnn.add(Embedding(vocab_size, EMBED_HIDDEN_SIZE, input_length=query_maxlen))
qrnn.add(Dropout(0.1))
qrnn.add(RNN(EMBED_HIDDEN_SIZE, return_sequences=False))
qrnn.add(RepeatVector(story_maxlen))
model = Sequential()
model.add(Merge([sentrnn, qrnn], mode='sum'))
model.add(RNN(EMBED_HIDDEN_SIZE, return_sequences=False))
model.add(Dropout(0.1))
model.add(Dense(vocab_size, activation='softmax'))
model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
model.optimizer.lr.set_value(0.02)
history = model.fit([X, Xq], Y, batch_size=24, nb_epoch=8, validation_split=0.05, verbose=0)
loss, acc = model.evaluate([X, Xq], Y, batch_size=24, verbose=0)
print('Test loss / test accuracy = {:.4f} / {:.4f}'.format(loss, acc))
assert acc > 0.6, history.history
print('ok')
