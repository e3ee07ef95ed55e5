'''Rows are read by one LSTM, their codes by another: an LSTM within TimeDistributed.'''
from keras.datasets import mnist
from keras.models import Model
from keras.layers import Input, Dense, TimeDistributed
from keras.layers import LSTM
from keras.optimizers import RMSprop
from keras.utils import np_utils

row_hidden = 12
col_hidden = 16

(X_train, y_train), (X_test, y_test) = mnist.load_data()
X_train = X_train[:, ::4].reshape(-1, 7, 28, 1).astype('float32') / 255
X_test = X_test[:, ::4].reshape(-1, 7, 28, 1).astype('float32') / 255
Y_train = np_utils.to_categorical(y_train, 10)
Y_test = np_utils.to_categorical(y_test, 10)

row, col, pixel = X_train.shape[1:]
x = Input(shape=(row, col, pixel))
encoded_rows = TimeDistributed(LSTM(output_dim=row_hidden))(x)
encoded_columns = LSTM(col_hidden)(encoded_rows)
prediction = Dense(10, activation='softmax')(encoded_columns)
model = Model(input=x, output=prediction)
assert model.layers[1].output_shape == (None, 7, row_hidden)

model.compile(loss='categorical_crossentropy', optimizer=RMSprop(lr=0.01), metrics=['accuracy'])
history = model.fit(X_train, Y_train, batch_size=20, nb_epoch=6, verbose=0, validation_data=(X_test, Y_test))
scores = model.evaluate(X_test, Y_test, verbose=0)
print('Test loss:', scores[0])
assert history.history['loss'][-1] < history.history['loss'][0] - 0.3, history.history
assert len(model.metrics_names) == len(scores) == 2 and scores[1] > 0.3, scores
print('ok')
