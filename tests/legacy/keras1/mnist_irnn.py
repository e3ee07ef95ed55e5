'''A recurrent net of rectified units that starts from the identity reads digits row by row.'''
from __future__ import print_function

from keras.datasets import mnist
from keras.models import Sequential
from keras.layers import Dense, Activation
from keras.layers import SimpleRNN
from keras.initializations import normal, identity
from keras.optimizers import RMSprop
from keras.utils import np_utils

nb_classes = 10
hidden_units = 24
learning_rate = 1e-3

(X_train, y_train), (X_test, y_test) = mnist.load_data()
X_train = X_train.astype('float32') / 255
X_test = X_test.astype('float32') / 255
Y_train = np_utils.to_categorical(y_train, nb_classes)
Y_test = np_utils.to_categorical(y_test, nb_classes)

model = Sequential()
model.add(SimpleRNN(output_dim=hidden_units,
                    init=lambda shape, name: normal(shape, scale=0.001, name=name),
                    inner_init=lambda shape, name: identity(shape, scale=1.0, name=name),
                    activation='relu',
                    input_shape=X_train.shape[1:]))
model.add(Dense(nb_classes))
model.add(Activation('softmax'))

first = model.layers[0].get_weights()
assert abs(first[0]).max() < 0.01 and (first[1] == [[i == j for j in range(24)] for i in range(24)]).all()

rmsprop = RMSprop(lr=learning_rate, clipnorm=1.)
model.compile(loss='categorical_crossentropy', optimizer=rmsprop, metrics=['accuracy'])
history = model.fit(X_train, Y_train, batch_size=20, nb_epoch=8, verbose=0, validation_data=(X_test, Y_test))
scores = model.evaluate(X_test, Y_test, verbose=0)
print('IRNN test accuracy:', scores[1])
assert history.history['loss'][-1] < 0.7 * history.history['loss'][0]
assert scores[1] > 0.6, scores
print('ok')
