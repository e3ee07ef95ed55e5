'''Sizes of a net are searched for with scikit-learn.'''
from __future__ import print_function
import numpy as np
np.random.seed(1337)

from keras.datasets import mnist
from keras.models import Sequential
from keras.layers import Dense, Dropout, Activation, Flatten
from keras.layers import Convolution2D, MaxPooling2D
from keras.utils import np_utils
from keras.wrappers.scikit_learn import KerasClassifier
from sklearn.model_selection import GridSearchCV

(X_train, y_train), (X_test, y_test) = mnist.load_data()
X_train = X_train[:200].reshape(200, 28, 28, 1).astype('float32') / 255
X_test = X_test.reshape(-1, 28, 28, 1).astype('float32') / 255
y_train = np_utils.to_categorical(y_train[:200], 10)
y_test = np_utils.to_categorical(y_test, 10)


def make_model(dense_layer_sizes, nb_filters, nb_conv, nb_pool):
    model = Sequential()
    model.add(Convolution2D(nb_filters, nb_conv, nb_conv, border_mode='valid', input_shape=(28, 28, 1)))
    model.add(Activation('relu'))
    model.add(MaxPooling2D(pool_size=(nb_pool, nb_pool)))
    model.add(Flatten())
    for layer_size in dense_layer_sizes:
        model.add(Dense(layer_size))
        model.add(Activation('relu'))
    model.add(Dropout(0.05))
    model.add(Dense(10))
    model.add(Activation('softmax'))
    model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
    return model


my_classifier = KerasClassifier(make_model, batch_size=20, verbose=0)
validator = GridSearchCV(my_classifier,
                         param_grid={'dense_layer_sizes': [[], [32]],
                                     'nb_epoch': [10],
                                     'nb_filters': [6],
                                     'nb_conv': [3],
                                     'nb_pool': [4]},
                         cv=2, scoring='neg_log_loss')
validator.fit(X_train, y_train)
print('The parameters of the best model are: ')
print(validator.best_params_)
best_model = validator.best_estimator_.model
metric_names = best_model.metrics_names
metric_values = best_model.evaluate(X_test, y_test, verbose=0)
for metric, value in zip(metric_names, metric_values):
    print(metric, ': ', value)
assert validator.best_params_['nb_epoch'] == 10
assert metric_names[0] == 'loss' and metric_values[1] > 0.7, metric_values
print('ok')
