"""Reviews read from both ends by Bidirectional; with CuDNNLSTM too; saved as JSON, YAML and weights."""
from __future__ import print_function
import numpy as np

from keras.preprocessing import sequence
from keras.models import Sequential, model_from_json, model_from_yaml
from keras.layers import Dense, Dropout, Embedding, LSTM, Bidirectional, CuDNNLSTM, SpatialDropout1D
from keras.datasets import imdb

max_features, maxlen, batch_size = 200, 30, 20
(x_train, y_train), (x_test, y_test) = imdb.load_data(num_words=max_features)
print(len(x_train), 'train sequences')
x_train = sequence.pad_sequences(x_train, maxlen=maxlen)
x_test = sequence.pad_sequences(x_test, maxlen=maxlen)
y_train, y_test = np.array(y_train), np.array(y_test)

for recurrent in (LSTM, CuDNNLSTM):
    model = Sequential()
    model.add(Embedding(max_features, 16, input_length=maxlen))
    model.add(SpatialDropout1D(0.1))
    model.add(Bidirectional(recurrent(8)))
    model.add(Dropout(0.2))
    model.add(Dense(1, activation='sigmoid'))
    assert model.layers[2].output_shape == (None, 16)
    model.compile('adam', 'binary_crossentropy', metrics=['accuracy'])
    model.optimizer.lr = 0.02
    print('Train...')
    history = model.fit(x_train, y_train, batch_size=batch_size, epochs=4, validation_data=[x_test, y_test], verbose=0)
    assert history.history['val_acc'][-1] > 0.75, history.history

expected = model.predict_proba(x_test)
model.save_weights('weights.h5')
for text, read in ((model.to_json(), model_from_json), (model.to_yaml(), model_from_yaml)):
    again = read(text)
    assert abs(again.predict(x_test) - expected).max() > 1e-3
    again.load_weights('weights.h5')
    assert np.allclose(again.predict(x_test), expected, atol=1e-6)
classes = model.predict_classes(x_test)
assert classes.shape == (60, 1) and ((expected > 0.5) == classes).all()
print('ok')
